"""No credential reaches the disk that nobody told us about, whatever its kind and wherever it crossed."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from probe.record.integrity import body_bytes
from tests.e2e.test_secrets import AGENT, spellings
from tests.support.captures import Ended, Machine, read_records
from tests.support.client import ask
from tests.support.echo import CLOSE, echo_running
from tests.support.planted import Mint
from tests.support.provider import provider_running
from tests.support.upstream import Handler, upstream_running

pytestmark = pytest.mark.slow

PLACES = [
    "a JSON body", "JSON in JSON", "JSON in JSON in JSON", "a text", "a compressed body", "binary bytes", "a form",
    "a parameter of a URL", "a header of any name", "a header of the answer", "an answer", "an answer that fails",
    "an error of the connection", "the deltas of a stream", "the arguments in the deltas of a stream",
    "a WebSocket message", "the deltas of a WebSocket", "binary bytes in a WebSocket",
    "the prompt", "an argument", "what a model says",
]  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """Credentials of every kind for one place: no other one has the same, so that none gives another away."""

    tokens: dict[str, str]
    """Known by how they look."""
    named: dict[str, str]
    """Known by what stands around them; the text holds `$`."""

    @classmethod
    def of(cls, place: str) -> Planted:
        """Make those of a place."""
        mint = Mint(1000 + PLACES.index(place))
        opaque = mint.opaque()
        named = {
            "AWS_SECRET_ACCESS_KEY=$": opaque["AWS secret access key"],
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=$": opaque["Azure storage key"],
            "curl -H 'x-api-key: $' https://example.test": opaque["a key in hex"],
            '{"refresh_token": "$"}': opaque["an opaque token"],
            "Cookie: theme=dark; session=$": mint.some(40),
            "https://b.s3.example.test/k?X-Amz-Signature=$&a=b": mint.some(64, "0123456789abcdef"),
            "postgres://me:$@db.example.test/app": mint.password(),
            '{"user": "me", "password": "$"}': mint.password(),
            "Authorization: Basic $": base64.b64encode(f"me:{mint.password()}".encode()).decode(),
            "$": mint.private_key().strip(),
        }
        return cls(mint.tokens(), named)

    @property
    def all(self) -> dict[str, str]:
        """Return every secret under a name of its own."""
        return self.tokens | self.named

    @property
    def line(self) -> str:
        """Return the tokens in one line."""
        return "My keys: " + ", ".join(self.tokens.values())

    @property
    def fields(self) -> dict[str, str]:
        """Return them as the fields of a form."""
        opaque = list(self.named.values())
        named = zip(("client_secret", "api_key", "x-functions-key", "refresh_token"), opaque, strict=False)
        return {f"x{number}_token": token for number, token in enumerate(self.tokens.values())} | dict(named)

    @property
    def text(self) -> str:
        """Return them all."""
        named = "\n".join(around.replace("$", secret) for around, secret in self.named.items())
        return f"{self.line}\n{named}\nThat is all."


SECRETS = {place: Planted.of(place) for place in PLACES}
LINES = {"a parameter of a URL", "a header of any name", "a header of the answer", "an error of the connection"}
"""Places that hold one line only."""


def secrets_of(place: str) -> dict[str, str]:
    """Return what crosses at a place."""
    planted = SECRETS[place]
    if place == "an error of the connection":
        # A header's name ends at a colon.
        return {kind: token for kind, token in planted.tokens.items() if ":" not in token}
    return planted.fields if place == "a form" else planted.tokens if place in LINES else planted.all


# -- what crosses the wire --------------------------------------------------------------------------------------


def _deltas(text: str, key: str = "delta") -> list[str]:
    """Cut a text as a model says it: a few characters at a time."""
    parts, position = [], 0
    while position < len(text):
        parts.append(text[position : position + 4 + position % 7])
        position += len(parts[-1])
    return [json.dumps({"type": "response.output_text.delta", "item_id": "msg_1", key: part}) for part in parts]


def _stream(deltas: list[str]) -> Callable[[Handler], None]:
    def script(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.stream()
        for delta in deltas:
            handler.chunk(f"event: response.output_text.delta\ndata: {delta}\n\n".encode())
        handler.chunk(b"")

    return script


def _answers(handler: Handler) -> None:
    header = ("X-Request-Note", SECRETS["a header of the answer"].line)
    value = {"output": [{"type": "text", "text": SECRETS["an answer"].text}]}
    handler.whole(json.dumps(value).encode(), ("Content-Type", "application/json"), header)


def _refuses(handler: Handler) -> None:
    handler.rfile.read(int(handler.headers["content-length"]))
    message = f"Incorrect API key provided: {SECRETS['an answer that fails'].text}"
    data = json.dumps({"error": {"message": message, "code": "invalid_api_key"}}).encode()
    handler.head(401, ("Content-Type", "application/json"), ("Content-Length", str(len(data))))
    handler.wfile.write(data)


def _breaks(handler: Handler) -> None:
    """Send a header that is none: the proxy's error tells its name."""
    handler.rfile.read(int(handler.headers["content-length"]))
    name = SECRETS["an error of the connection"].line.replace(":", "")
    handler.wfile.write(f"HTTP/1.1 200 OK\r\n{name}: 1\r\n\r\n".encode())
    handler.close_connection = True


SCRIPTS: dict[str, Callable[[Handler], None]] = {
    "/v1/plain": _answers,
    "/v1/refused": _refuses,
    "/v1/broken": _breaks,
    "/v1/responses": _stream(_deltas(SECRETS["the deltas of a stream"].text)),
    "/v1/arguments": _stream(
        _deltas(json.dumps({"command": SECRETS["the arguments in the deltas of a stream"].text}), "arguments")
    ),
}


def _ask_all(url: str) -> None:
    nested = json.dumps({"output": json.dumps({"text": SECRETS["JSON in JSON in JSON"].text})})
    form = urlencode({"grant_type": "refresh_token", **SECRETS["a form"].fields})
    bodies: dict[str, bytes] = {
        "application/json": json.dumps({"input": SECRETS["a JSON body"].text, "n": 1}).encode(),
        "application/json; charset=utf-8": json.dumps(
            {"arguments": json.dumps({"x": SECRETS["JSON in JSON"].text})}
        ).encode(),
        "application/vnd.test+json": json.dumps({"arguments": nested}, indent=2).encode(),
        "text/plain": SECRETS["a text"].text.encode(),
        "application/x-www-form-urlencoded": form.encode(),
        "application/octet-stream": b"\xff\x00\xfe" + SECRETS["binary bytes"].text.encode() + b"\x00\xff",
    }
    headers = {"X-Note": SECRETS["a header of any name"].line}
    parameter = quote(SECRETS["a parameter of a URL"].line)
    for kind, body in bodies.items():
        address = f"{url}/v1/plain?alt=sse&note={parameter}"
        assert ask(address, body, headers={"Content-Type": kind, **headers}).status == 200
    packed = gzip.compress(json.dumps({"text": SECRETS["a compressed body"].text}).encode())
    assert ask(f"{url}/v1/plain", packed, headers={"Content-Encoding": "gzip"}).status == 200
    assert ask(f"{url}/v1/refused", b"{}").status == 401
    assert ask(f"{url}/v1/broken", b"{}").status == 502
    for path in ("/v1/responses", "/v1/arguments"):
        assert ask(url + path, b"{}").status == 200


async def _converse(url: str) -> None:
    """Send secrets over a WebSocket that echoes them."""
    said = [
        json.dumps({"type": "response.create", "input": SECRETS["a WebSocket message"].text}),
        *_deltas(SECRETS["the deltas of a WebSocket"].text),
    ]
    async with asyncio.timeout(30), aiohttp.ClientSession() as session, session.ws_connect(url + "/ws") as ws:
        for message in said:
            await ws.send_str(message)
            await ws.receive()
        await ws.send_bytes(b"\xff\x00" + SECRETS["binary bytes in a WebSocket"].text.encode())
        await ws.receive()
        await ws.send_str(CLOSE.decode())
        await ws.receive()


def _by_hand(machine: Machine, *options: str) -> Ended:
    with upstream_running(SCRIPTS) as upstream, echo_running() as echo:
        upstreams = [f"--upstream=model={upstream.url}", f"--upstream=backend={echo.url}"]
        with machine.listening(*upstreams, *options) as live:
            _ask_all(live.url)
            asyncio.run(_converse(live.urls["backend"]))
            return live.end()


def _by_an_agent(machine: Machine, *options: str) -> Ended:
    """Run an agent whose command line holds secrets; its model says others."""
    agent = machine.home / "bin" / "codex"
    agent.parent.mkdir()
    agent.write_text(AGENT.format(python=sys.executable))
    agent.chmod(0o700)
    env = {"CODEX_API_KEY": "a-key-of-no-account", "PATH": f"{agent.parent}:{machine.environment({})['PATH']}"}
    own = {"--data-dir": machine.data, "--output-dir": machine.data / "codex" / "agent", "--cwd": machine.workspace}
    words = ["--target=codex", *(f"{name}={path}" for name, path in own.items())]
    with provider_running(text=SECRETS["what a model says"].text) as provider:
        upstream = f"--upstream=model={provider.url}"
        command = ["codex", "exec", "--note", SECRETS["an argument"].text, SECRETS["the prompt"].text]
        ended = machine.run("capture", *words, upstream, *options, "--", *command, env=env)
    assert ended.code == 0, ended
    return ended


# -- what is on the disk ----------------------------------------------------------------------------------------


class Disk:
    """All that can be read out of two runs: their files, their bodies rebuilt, and what was said piece by piece."""

    def __init__(self, root: Path, *options: str) -> None:
        self.machine = Machine(root)
        self.said = [text for one in self._recorded(*options) for text in (one.stdout, one.stderr)]

    def _recorded(self, *options: str) -> Iterator[Ended]:
        yield _by_hand(self.machine, *options)
        yield _by_an_agent(self.machine, *options)
        for run in ("run", "agent"):
            ended = self.machine.run("analyze", f"--run={self.machine.data / 'codex' / run}")
            assert ended.code == 0, ended
            yield ended

    @cached_property
    def views(self) -> dict[str, bytes]:
        """Return every file, body and spoken text."""
        folders = (self.machine.data, self.machine.temporary, self.machine.workspace)
        views = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
        views |= {f"name of {path}": str(path).encode() for folder in folders for path in folder.rglob("*")}
        for run in ("run", "agent"):
            for exchange in read_records(self.machine.data / "codex" / run):
                for name, payload in (("request", exchange.request), ("response", exchange.response)):
                    if payload:
                        body = body_bytes(payload)
                        views |= {
                            f"{run} {exchange.seq} {name}": body,
                            f"{run} {exchange.seq} {name} said": _said(body),
                        }
                for side in ("client", "server"):
                    messages = exchange.websocket.messages if exchange.websocket else []
                    contents = [one.content.encode() for one in messages if one.direction == side]
                    views[f"{run} {exchange.seq} {side}"] = b"\n".join(map(_plain, contents))
                    views[f"{run} {exchange.seq} {side} said"] = _said(b"\n".join(contents))
        return views

    def holders(self, secret: str) -> set[str]:
        """Return the views that hold a secret in any spelling."""
        forms = set(spellings(secret))
        return {name for name, data in self.views.items() if any(form in data for form in forms)}


def _said(data: bytes) -> bytes:
    """Put together what deltas say."""
    parts = re.findall(rb'"(?:delta|arguments)": ?("(?:[^"\\]|\\.)*")', data)
    return "".join(json.loads(part) for part in parts).encode()


def _plain(content: bytes) -> bytes:
    """Return a message as it was: a binary one is base64."""
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return content


@pytest.fixture(scope="module")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """Record and analyse with every secret planted."""
    return Disk(tmp_path_factory.mktemp("redacted"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """Do the same with --keep-secrets."""
    return Disk(tmp_path_factory.mktemp("kept"), "--keep-secrets")


@pytest.mark.parametrize("place", PLACES)
def test_nothing_on_the_disk_holds_the_secret(redacted: Disk, place: str) -> None:
    assert {kind: held for kind, secret in secrets_of(place).items() if (held := redacted.holders(secret))} == {}
    assert not any(secret in text for secret in secrets_of(place).values() for text in redacted.said)


@pytest.mark.parametrize("place", PLACES)
def test_keep_secrets_keeps_the_secret(kept: Disk, place: str) -> None:
    assert {kind for kind, secret in secrets_of(place).items() if not kept.holders(secret)} == set()


@pytest.mark.parametrize("run", ["run", "agent"])
def test_verify_finds_nothing_left(redacted: Disk, run: str) -> None:
    ended = redacted.machine.run("verify", f"--run={redacted.machine.data / 'codex' / run}", "--json")
    told = json.loads(ended.stdout)
    assert told["problems"]["secrets"] == []
    assert told["problems"]["bodies"] == []


@pytest.mark.parametrize("run", ["run", "agent"])
def test_verify_tells_what_was_kept_on_request(kept: Disk, run: str) -> None:
    ended = kept.machine.run("verify", f"--run={kept.machine.data / 'codex' / run}")
    assert "KEPT credentials are in it on request (--keep-secrets)" in ended.stdout
