"""No credential reaches the disk, wherever it crossed; unless the user says so."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from tests.support.captures import Ended, Machine
from tests.support.client import ask, begin, connect, read_until
from tests.support.echo import CLOSE, echo_running
from tests.support.forward_proxy import proxy_running
from tests.support.provider import provider_running
from tests.support.upstream import STEP_SECONDS, Handler, upstream_running

SECRETS = {
    "authorization": "sk-header-Aa0123456789/planted+1",
    "x-api-key": "xkey-Bb0123456789-planted",
    "cookie": "cookie-Cc0123456789-planted",
    "set-cookie": "setcookie-Dd0123456789-planted",
    "URL parameter": "urlparam-Ee0123456789-planted",
    "URL path": "urlpath-Vv0123456789-planted",
    "header whose name ends like a key": "acme-Ff0123456789-planted",
    "password of the upstream proxy": "proxypass-Gg0123456789@planted",
    "request body": "reqbody-Hh0123456789-planted",
    "request body, in JSON inside JSON": 'quoted"Ii\\0123456789/ü-planted',
    "request body, compressed": "gzipped-Jj0123456789-planted",
    "binary request body": "binary-Kk0123456789-planted",
    "response body": "resbody-Ll0123456789-planted",
    "event stream, across two pieces": "stream-Mm0123456789-planted",
    "header that stands elsewhere too": "echoed-Nn0123456789-planted",
    "WebSocket message": "wstext-Oo0123456789-planted",
    "binary WebSocket message": "wsbinary-Pp0123456789-planted",
    "the agent's key": "sk-agent-Qq0123456789-planted",
    "password in a URL of the environment": "dbpass-Rr0123456789-planted",
    "prompt": "prompt-Ss0123456789-planted",
    "value of --env": "option-Tt0123456789-planted",
    "said by the model, piece by piece": "said-Uu0123456789-planted",
    "reason phrase": "sk-reason-Ww0123456789-planted",
    "reason phrase of an interim answer": "sk-interim-Xx0123456789-planted",
    "environment, a path by its look": "/slash-Yy0123456789-planted",
    "request body, its dashes escaped": "sk-escaped-Zz0123456789-planted",
}
NOT_RECORDED = {"password of the upstream proxy"}
"""What no record holds even with --keep-secrets."""

ENVIRONMENT = {
    "CODEX_API_KEY": SECRETS["the agent's key"],
    "GITHUB_TOKEN": SECRETS["request body"],
    "DB_PASSWORD": SECRETS["request body, in JSON inside JSON"],
    "NPM_TOKEN": SECRETS["request body, compressed"],
    "SIGNING_KEY": SECRETS["binary request body"],
    "SLACK_TOKEN": SECRETS["response body"],
    "AWS_SECRET_ACCESS_KEY": SECRETS["event stream, across two pieces"],
    "WS_TOKEN": SECRETS["WebSocket message"],
    "WS_BINARY_TOKEN": SECRETS["binary WebSocket message"],
    "DATABASE_URL": f"postgres://me:{SECRETS['password in a URL of the environment']}@db.example.test/x",
    "BOT_TOKEN": SECRETS["URL path"],
    "PROMPT_TOKEN": SECRETS["prompt"],
    "SLASHED_SECRET_ACCESS_KEY": SECRETS["environment, a path by its look"],
    "SPEAKING_TOKEN": SECRETS["said by the model, piece by piece"],
}
OPTION = f"--env=DEPLOY_TOKEN={SECRETS['value of --env']}"


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A data folder of two runs, in which every secret crossed the wire."""

    machine: Machine
    said: list[str]
    """All that the scripts printed."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Record and analyse with every secret planted."""
    return _plant(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Do the same with --keep-secrets."""
    return _plant(tmp_path_factory.mktemp("kept"), "--keep-secrets")


def _plant(root: Path, *options: str) -> Planted:
    machine = Machine(root)
    ended = [_by_hand(machine, *options), _by_an_agent(machine, *options)]
    for run in ("run", "agent"):
        ended.append(machine.run("analyze", f"--run={machine.data / 'codex' / run}"))
        assert ended[-1].code == 0, ended[-1]
    return Planted(machine=machine, said=[text for one in ended for text in (one.stdout, one.stderr)])


# -- what crosses the wire --------------------------------------------------------------------------------------


class Talk:
    """An upstream that sends secrets back."""

    def __init__(self) -> None:
        self.got_first = threading.Event()

    def echo(self, handler: Handler) -> None:
        """Send a cookie, a secret of the environment, and a header of the request."""
        value = {"own": SECRETS["response body"], "yours": handler.headers.get("x-acme-api-key")}
        cookie = ("Set-Cookie", f"session={SECRETS['set-cookie']}; Path=/; HttpOnly")
        back = ("X-Echo", SECRETS["header that stands elsewhere too"])
        handler.whole(json.dumps(value).encode(), ("Content-Type", "application/json"), cookie, back)

    def refuse(self, handler: Handler) -> None:
        """Name keys in the reason phrases of an answer and of the one before it."""
        handler.rfile.read(int(handler.headers["content-length"]))
        interim, final = SECRETS["reason phrase of an interim answer"], SECRETS["reason phrase"]
        handler.wfile.write(f"HTTP/1.1 100 known is {interim}\r\n\r\n".encode())
        handler.wfile.write(f"HTTP/1.1 401 bad key {final}\r\nContent-Length: 0\r\n\r\n".encode())

    def stream(self, handler: Handler) -> None:
        """Send one secret in two pieces, the second when the first has arrived."""
        secret = SECRETS["event stream, across two pieces"]
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.stream()
        handler.chunk(f'data: {{"text":"{secret[:9]}'.encode())
        assert self.got_first.wait(STEP_SECONDS)
        handler.chunk(f'{secret[9:]}"}}\n\n'.encode())
        handler.chunk(b"")


def _by_hand(machine: Machine, *options: str) -> Ended:
    """Send every secret that has a place of its own, through an upstream proxy that asks for a password."""
    talk = Talk()
    password = SECRETS["password of the upstream proxy"]
    path = f"/v1/bot{SECRETS['URL path']}/echo"
    with (
        upstream_running({path: talk.echo, "/v1/refuse": talk.refuse, "/v1/responses": talk.stream}) as upstream,
        echo_running() as echo,
        proxy_running(credentials=f"me:{password}") as forward,
    ):
        proxy = f"--upstream-proxy=http://me:{quote(password, safe='')}@127.0.0.1:{forward.port}"
        upstreams = [f"--upstream=model={upstream.url}", f"--upstream=backend={echo.url}"]
        with machine.listening(*upstreams, proxy, *options, env=ENVIRONMENT) as live:
            _ask(live.url + path)
            escaped = SECRETS["request body, its dashes escaped"].replace("-", "\\u002d")
            slashed = SECRETS["environment, a path by its look"]
            body = f'{{"key":"{escaped}","arguments":"{slashed}"}}'.encode()
            assert ask(live.url + "/v1/refuse", body, headers={"Content-Type": "application/json"}).status == 401
            _read_stream(live.url + "/v1/responses", talk)
            asyncio.run(_converse(live.urls["backend"]))
            ended = live.end()
        assert {seen.status for seen in forward.seen} == {200}
    return ended


def _ask(url: str) -> None:
    """Post bodies of every kind, with credentials in every place of the head."""
    headers = {
        "Authorization": f"Bearer {SECRETS['authorization']}",
        "X-Api-Key": SECRETS["x-api-key"],
        "X-Acme-Api-Key": SECRETS["header whose name ends like a key"],
        "X-Trace": SECRETS["header that stands elsewhere too"],
        "Private-Token": SECRETS["header that stands elsewhere too"],
        "Cookie": f"theme=dark; session={SECRETS['cookie']}",
    }
    inner = json.dumps({"password": SECRETS["request body, in JSON inside JSON"]})
    value = {"token": SECRETS["request body"], "arguments": inner}
    url += f"?alt=sse&api_key={SECRETS['URL parameter']}"
    assert ask(url, json.dumps(value).encode(), headers={**headers, "Content-Type": "application/json"}).status == 200
    packed = gzip.compress(SECRETS["request body, compressed"].encode() * 3)
    assert ask(url, packed, headers={"Content-Encoding": "gzip"}).status == 200
    binary = b"\xff\x00" + SECRETS["binary request body"].encode() + b"\x00\xff"
    assert ask(url, binary, headers={"Content-Type": "application/octet-stream"}).status == 200


def _read_stream(url: str, talk: Talk) -> None:
    with closing(connect(url)) as connection:
        response = begin(connection, url, b"{}")
        read_until(response, SECRETS["event stream, across two pieces"][:9].encode())
        talk.got_first.set()
        read_until(response, b"\n\n")


async def _converse(url: str) -> None:
    """Send secrets over a WebSocket that sends them back."""
    async with asyncio.timeout(20), aiohttp.ClientSession() as session, session.ws_connect(url + "/ws") as ws:
        await ws.send_str(json.dumps({"output": SECRETS["WebSocket message"]}))
        await ws.receive()
        await ws.send_bytes(b"\xff" + SECRETS["binary WebSocket message"].encode())
        await ws.receive()
        await ws.send_str(CLOSE.decode())
        await ws.receive()


# An agent that tells its model all that it knows: its arguments and its environment.
AGENT = """#!{python}
import json, os, sys, urllib.request
if "--version" in sys.argv:
    raise SystemExit(print("codex-cli 0.0.0"))
body = {{"model": "m", "input": " ".join(sys.argv) + "\\n".join(os.environ.values())}}
request = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/responses",
    json.dumps(body).encode(),
    {{"Authorization": "Bearer " + os.environ["CODEX_API_KEY"], "Content-Type": "application/json"}},
)
urllib.request.urlopen(request, timeout=15).read()
"""


def _by_an_agent(machine: Machine, *options: str) -> Ended:
    """Run an agent by a prompt that holds a secret; its model says another one."""
    agent = machine.home / "bin" / "codex"
    agent.parent.mkdir()
    agent.write_text(AGENT.format(python=sys.executable))
    agent.chmod(0o700)
    env = {**ENVIRONMENT, "PATH": f"{agent.parent}:{machine.environment({})['PATH']}"}
    own = {"--data-dir": machine.data, "--output-dir": machine.data / "codex" / "agent", "--cwd": machine.workspace}
    prompt = f"Deploy with {SECRETS['prompt']}, please"
    with provider_running(text=f"It is {SECRETS['said by the model, piece by piece']}, I think.") as provider:
        words = ["--target=codex", *(f"{name}={path}" for name, path in own.items()), OPTION, f"--prompt={prompt}"]
        ended = machine.run("capture", *words, f"--upstream=model={provider.url}", *options, env=env)
    assert ended.code == 0, ended
    return ended


# -- what is on the disk ----------------------------------------------------------------------------------------


def spellings(secret: str) -> Iterator[bytes]:
    """Yield the forms in which a secret may stand in a file."""
    raw = secret.encode()
    yield from {raw, quote(secret, safe="").encode()}
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield from {once.encode(), json.dumps(once, ensure_ascii=ascii_only)[1:-1].encode()}
    for before in range(3):
        # Base64 of a secret depends on what stands before it; its first and last characters on its neighbours.
        encoded = base64.b64encode(b"x" * before + raw)
        yield encoded[4 if before else 0 : -4]


def holders(folder: Path, secret: str) -> set[str]:
    """Return the files below a folder that hold a secret, in their text or in their name."""
    forms = set(spellings(secret))
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found = {str(path) for path, data in files.items() if any(form in data for form in forms)}
    return found | {str(path) for path in folder.rglob("*") if any(form in str(path).encode() for form in forms)}


@pytest.mark.parametrize("name", SECRETS)
def test_no_file_holds_the_secret(planted: Planted, name: str) -> None:
    assert holders(planted.machine.data, SECRETS[name]) == set()
    assert holders(planted.machine.temporary, SECRETS[name]) == set()
    assert not any(SECRETS[name] in text for text in planted.said)


def test_each_record_shows_that_there_were_secrets(planted: Planted) -> None:
    traffic = [(planted.machine.data / "codex" / run / "traffic.jsonl").read_text() for run in ("run", "agent")]
    assert all("[REDACTED:" in text for text in traffic)
    assert "[REDACTED" in (planted.machine.run_folder / "report.md").read_text()


@pytest.mark.parametrize("name", [name for name in SECRETS if name not in NOT_RECORDED])
def test_keep_secrets_keeps_the_secret(kept: Planted, name: str) -> None:
    assert any("traffic.jsonl" in path for path in holders(kept.machine.data, SECRETS[name]))


def test_keep_secrets_says_so_loudly(kept: Planted, planted: Planted) -> None:
    warning = "WARNING: credentials are written to the disk as they are (--keep-secrets)"
    assert sum(warning in text for text in kept.said) == 2
    assert not any(warning in text for text in planted.said)


@pytest.mark.agents
def test_what_a_tool_of_the_real_codex_echoes_is_not_written_down(tmp_path: Path, codex_binary: Path) -> None:
    machine = Machine(tmp_path)
    env = {**ENVIRONMENT, "PATH": f"{codex_binary.parent}:{machine.environment({})['PATH']}"}
    with provider_running(command="env") as provider:
        upstreams = [f"--upstream={name}={provider.url}" for name in ("model", "backend")]
        ended = machine.capture(*upstreams, OPTION, "--prompt=Show the environment", env=env)
        assert ended.code == 0, ended
        provider.log.wait_settled()
        bodies = [one.body for one in provider.log.requests] + [one.body for one in provider.log.messages]
        crossed = b"".join(bodies)
    # The tool really ran and sent a secret to the model: else this would prove nothing.
    assert SECRETS["password in a URL of the environment"].encode() in crossed
    assert machine.run("analyze", f"--run={machine.run_folder}").code == 0
    assert {name: found for name, secret in SECRETS.items() if (found := holders(machine.data, secret))} == {}
