"""A gateway or a local model that the user has set is what the agent's traffic and keys go to, and nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from probe.places import PROJECT
from probe.targets.finding import load_target
from probe.wire.ports import free_ports
from tests.conftest import require_agent
from tests.support import agents, raw
from tests.support.agents import Agent
from tests.support.captures import Machine
from tests.support.echo import echo_running
from tests.support.provider import provider_running
from tests.support.running import Running
from tests.support.upstream import Handler, Upstream, upstream_running

pytestmark = pytest.mark.slow

TARGET = """\
description: An agent of two vendors
agent: thing
listeners:
  openai: {{port: {port}, upstream: "{openai}"}}
  claude: {{port: {other}, upstream: "{claude}"}}
env: {{OPENAI_BASE_URL: "{{openai.url}}/v1", ANTHROPIC_BASE_URL: "{{claude.url}}"}}
keys: {{openai: [OPENAI_API_KEY, OPENAI_KEY], claude: [ANTHROPIC_API_KEY]}}
"""
# An agent that asks both vendors, each with what it takes for that vendor's key, and shows what it was told.
AGENT = """
import json, os, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
opener = urllib.request.build_opener(Stay)
asked = [(os.environ["OPENAI_BASE_URL"] + "/responses?a=b", os.environ.get("OPENAI_API_KEY"))]
asked += [(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", os.environ.get("ANTHROPIC_API_KEY"))]
for url, key in asked:
    headers = {"content-type": "application/json"} | ({"authorization": "Bearer " + key} if key else {})
    try:
        answer = opener.open(urllib.request.Request(url, b'{"model": "m"}', headers), timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    print(json.dumps([answer.status, url, key, dict(answer.headers).get("Location")]), flush=True)
print(json.dumps({name: value for name, value in os.environ.items() if name.endswith(("_KEY", "_TOKEN"))}))
"""
OPENAI_KEY, ANTHROPIC_KEY = "sk-planted-of-the-gateway-0123", "sk-ant-planted-of-the-other-0123"


def ok(handler: Handler) -> None:
    """Answer any call."""
    handler.whole(b'{"id": "1"}', ("Content-Type", "application/json"))


PATHS = dict.fromkeys(
    ("/v1/responses", "/openai/responses", "/openai/v1/responses", "/v1/messages", "/claude/v1/messages"), ok
)


class World:
    """The hosts that the target's file names, one that the user names, and the user's own target."""

    def __init__(self, folder: Path, openai: Upstream, claude: Upstream, gateway: Upstream) -> None:
        self.openai, self.claude, self.gateway = openai, claude, gateway
        self._folder = folder
        self.ports = free_ports(2)
        self.target = folder / "targets" / "thing.yaml"
        self.target.parent.mkdir()
        port, other = self.ports
        self.target.write_text(TARGET.format(port=port, other=other, openai=openai.url, claude=claude.url))

    def running(self, script: str, *arguments: str, env: Mapping[str, str], folder: str = "here") -> Running:
        """Run a script with the target."""
        own = self._folder / folder
        own.mkdir(exist_ok=True)
        more = {"PROBE_TARGETS": str(self.target.parent), **env}
        return Running(own, f"probe.{script}", "--target", "thing", *arguments, env=more)

    def capture(self, *options: str, env: Mapping[str, str], folder: str = "here") -> Running:
        """Capture the agent."""
        return self.running("capture", *options, "--", sys.executable, "-c", AGENT, env=env, folder=folder)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with upstream_running(PATHS) as openai, upstream_running(PATHS) as claude, upstream_running(PATHS) as gateway:
        yield World(tmp_path, openai, claude, gateway)


def seen(upstream: Upstream) -> list[tuple[str, str | None]]:
    """Return the path and the key of each request that came to a host."""
    found = []
    for _, path, headers in upstream.seen:
        keys = [value for name, value in headers if name.lower() == "authorization"]
        found.append((path, keys[0].removeprefix("Bearer ") if keys else None))
    return found


BOTH = {"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_API_KEY": ANTHROPIC_KEY}


@pytest.mark.parametrize(
    ("path", "arrived"), [("/openai", "/openai/responses?a=b"), ("/openai/v1/", "/openai/v1/responses?a=b")]
)
def test_the_users_gateway_gets_its_own_key_and_the_other_vendor_its_own(world: World, path: str, arrived: str) -> None:
    url = world.gateway.url + path
    with world.capture(env={"OPENAI_BASE_URL": url, **BOTH}) as running:
        assert running.wait() == 0, running.stderr
        upstream = url.rstrip("/").removesuffix("/v1")
        assert f"openai -> {upstream} (from OPENAI_BASE_URL)\n" in running.stderr
        first, second = (json.loads(line) for line in running.stdout.splitlines()[:2])
        manifest, records = running.manifest(), running.records()
    assert seen(world.gateway) == [(arrived, OPENAI_KEY)]
    assert seen(world.claude) == [("/v1/messages", ANTHROPIC_KEY)]
    assert seen(world.openai) == []
    # The agent is configured as always.
    assert (first[0], first[1].endswith("/v1/responses?a=b"), second[0]) == (200, True, 200)
    assert world.gateway.url not in first[1]
    assert [record["request"]["url"] for record in records] == [
        world.gateway.url + arrived,
        world.claude.url + "/v1/messages",
    ]
    assert manifest["settings"]["upstream.openai"] == {"value": upstream, "source": "environment OPENAI_BASE_URL"}
    assert manifest["listeners"]["openai"]["upstream"] == upstream
    told = " ".join(change["what"] for change in manifest["observer_changes"])
    assert ("/v1 at the start of a path becomes /openai (listener openai)" in told) == (path == "/openai")


def test_a_url_for_the_agent_on_the_command_line_does_not_lead_around_us(world: World) -> None:
    options = ["--env", f"ANTHROPIC_BASE_URL={world.gateway.url}/claude/"]
    with world.capture(*options, env=BOTH) as running:
        assert running.wait() == 0, running.stderr
        assert f"claude -> {world.gateway.url}/claude (from --env ANTHROPIC_BASE_URL)\n" in running.stderr
        assert len(running.records()) == 2
    assert seen(world.gateway) == [("/claude/v1/messages", ANTHROPIC_KEY)]
    assert seen(world.openai) == [("/v1/responses?a=b", OPENAI_KEY)]


def test_a_key_is_handed_on_within_one_vendor_only(world: World) -> None:
    with world.capture(env={"OPENAI_KEY": OPENAI_KEY}) as running:
        assert running.wait() == 0, running.stderr
    assert (seen(world.openai), seen(world.claude)) == ([("/v1/responses?a=b", OPENAI_KEY)], [("/v1/messages", None)])


def test_another_vendors_key_alone_is_handed_to_nobody_else(world: World) -> None:
    with world.capture(env={"ANTHROPIC_API_KEY": ANTHROPIC_KEY}) as running:
        assert running.wait() == 0, running.stderr
    assert (seen(world.openai), seen(world.claude)) == (
        [("/v1/responses?a=b", None)],
        [("/v1/messages", ANTHROPIC_KEY)],
    )


def test_no_key_is_on_the_disk(world: World, tmp_path: Path) -> None:
    with world.capture(env={"OPENAI_BASE_URL": world.gateway.url + "/v1", **BOTH}) as running:
        assert running.wait() == 0, running.stderr
        # What the agent itself prints is its own affair.
        kept = [path.read_bytes() for path in running.data.rglob("*") if path.is_file()]
    assert kept
    assert not [text for text in kept if OPENAI_KEY.encode() in text or ANTHROPIC_KEY.encode() in text]


def test_a_redirect_is_passed_to_the_agent_and_not_followed(world: World) -> None:
    def away(handler: Handler) -> None:
        handler.whole(b"", ("X-Was", "here"))

    def moved(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers.get("content-length", "0")))
        handler.head(307, ("Location", world.claude.url + "/elsewhere"), ("Content-Length", "0"))

    world.gateway.scripts = {"/responses": moved, "/v1/responses": moved}
    world.claude.scripts = {**PATHS, "/elsewhere": away}
    with world.capture(env={"OPENAI_BASE_URL": world.gateway.url, **BOTH}) as running:
        assert running.wait() == 0, running.stderr
        first = json.loads(running.stdout.splitlines()[0])
        statuses = [record["response"]["status_code"] for record in running.records()]
    assert (first[0], first[3]) == (307, world.claude.url + "/elsewhere")
    assert statuses == [307, 200]
    assert seen(world.claude) == [("/v1/messages", ANTHROPIC_KEY)]


def test_in_a_replay_nothing_goes_to_the_users_gateway_and_no_key_leaves(world: World) -> None:
    replay = str(PROJECT / "data" / "codex" / "sample")
    given = ["--replay", replay, "--env", f"ANTHROPIC_BASE_URL={world.gateway.url}"]
    others = {"OPENAI_KEY": OPENAI_KEY, "ANTHROPIC_AUTH_TOKEN": ANTHROPIC_KEY, "MY_TOKEN": "of something else"}
    with world.capture(*given, env={"OPENAI_BASE_URL": world.gateway.url, **BOTH, **others}) as running:
        running.wait()
        assert "note: --env ANTHROPIC_BASE_URL is not used: a recorded run answers" in running.stderr
        lines = [json.loads(line) for line in running.stdout.splitlines()[:3]]
        told = {change["what"]: change["why"] for change in running.manifest()["observer_changes"]}
    assert [line[2] for line in lines[:2]] == ["placeholder-key-of-a-replay"] * 2
    placeholders = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), "placeholder-key-of-a-replay")
    assert lines[2] == placeholders | {"MY_TOKEN": "of something else"}
    assert "the real one must not be at risk" in told["ANTHROPIC_AUTH_TOKEN: removed"]
    assert [one.connections for one in (world.gateway, world.openai, world.claude)] == [0, 0, 0]


def test_a_password_in_the_url_is_refused_and_kept_nowhere(world: World, tmp_path: Path) -> None:
    secret = "correct-horse"
    env = {"OPENAI_BASE_URL": world.gateway.url.replace("//", f"//bob:{secret}@"), **BOTH}
    for script in ("capture", "proxies", "doctor", "pipeline"):
        words = ["--", sys.executable, "-c", AGENT] if script in ("capture", "pipeline") else []
        with world.running(script, *words, env=env) as running:
            assert running.wait() == 2
            assert "environment OPENAI_BASE_URL has credentials in its URL" in running.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert world.gateway.connections == 0


def test_a_model_on_this_machine_is_reached_over_ipv6(world: World) -> None:
    def serve(wire: raw.Wire) -> None:
        while True:
            raw.body(wire, raw.head(wire))
            wire.send(raw.answer(b"{}", "Content-Type: application/json"))

    with raw.serving(serve, "::1") as server:
        with world.capture(env={"OPENAI_BASE_URL": server.url + "/v1", **BOTH}) as running:
            assert running.wait() == 0, running.stderr
            assert running.records()[0]["request"]["url"] == server.url + "/v1/responses?a=b"
        assert b"POST /v1/responses?a=b " in server.wires[0].received


# -- our own listeners as an upstream -----------------------------------------------------------------------------


def test_what_proxies_prints_is_refused_while_it_runs_and_afterwards(world: World) -> None:
    with world.running("proxies", env=BOTH, folder="other") as proxies:
        proxies.until_said("Ctrl-C ends it.")
        (printed,) = [line for line in proxies.stdout.splitlines() if line.startswith("export OPENAI_BASE_URL=")]
        variables = {"OPENAI_BASE_URL": printed.partition("=")[2], **BOTH}
        with world.capture(env=variables) as running:
            assert running.wait() == 2
            assert "is a listener of agent-probe (pid " in running.stderr
            assert "unset OPENAI_BASE_URL" in running.stderr
        # The other's port is no port of this run.
        words = ["--upstream", f"openai=http://localhost:{world.ports[0]}", "--port", f"openai={free_ports(1)[0]}"]
        with world.capture(*words, env=BOTH) as running:
            assert running.wait() == 2
            assert "(command line) is a listener of agent-probe (pid " in running.stderr
        proxies.process.terminate()
        proxies.wait()
        proxies.until_nothing_runs()
    for script in ("capture", "proxies"):
        words = ["--", sys.executable, "-c", AGENT] if script == "capture" else []
        with world.running(script, *words, env=variables) as running:
            assert running.wait() == 2
            assert "nobody listens there; it looks like the address that `invoke proxies` printed" in running.stderr
            assert "hint: unset OPENAI_BASE_URL" in running.stderr
            # A run that never began leaves no folder behind.
            assert not [path for path in running.data.glob("*/*") if path.parent.name[0] != "."]


def test_the_listener_of_another_capture_is_refused(world: World, tmp_path: Path) -> None:
    waiting = [
        sys.executable,
        "-c",
        "import os, time; print(os.environ['OPENAI_BASE_URL'], flush=True); time.sleep(60)",
    ]
    with world.running("capture", "--", *waiting, env=BOTH, folder="other") as other:
        other.until_said("/v1\n")
        url = other.stdout.split()[0].replace("127.0.0.1", "localhost")
        with world.capture(env={"OPENAI_BASE_URL": url, **BOTH}) as running:
            assert running.wait() == 2
            assert "is a listener of agent-probe (pid " in running.stderr


def test_a_model_on_a_port_of_a_targets_file_is_no_listener_of_ours(world: World) -> None:
    # Some local servers have the very ports by default that targets have.
    gateway = world.gateway.server_address[1]
    world.target.write_text(world.target.read_text().replace(f"port: {world.ports[0]}", f"port: {gateway}"))
    with world.capture(env={"OPENAI_BASE_URL": f"{world.gateway.url}/v1", **BOTH}) as running:
        assert running.wait() == 0, running.stderr
    assert seen(world.gateway) == [("/v1/responses?a=b", OPENAI_KEY)]
    with world.running("proxies", env={"OPENAI_BASE_URL": f"{world.gateway.url}/v1"}) as running:
        assert running.wait() == 2
        assert f"port {gateway} of listener 'openai' is taken by" in running.stderr


def test_a_gateway_that_is_not_there_is_the_agents_to_see(world: World) -> None:
    (port,) = free_ports(1)
    with world.capture(env={"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", **BOTH}) as running:
        assert running.wait() == 1
        assert json.loads(running.stdout.splitlines()[0])[0] == 502
        assert "1 of 2 exchanges got no answer" in running.stderr


def test_a_replay_that_is_served_by_hand_is_an_upstream_like_any(world: World, tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    with world.capture(env={"OPENAI_BASE_URL": world.gateway.url + "/v1", **BOTH}, folder="recorded") as running:
        assert running.wait() == 0, running.stderr
        recorded = str(running.run_folder())
    with Running(tmp_path / "served", "probe.replay", "--run", recorded, "--target", "codex") as served:
        served.until_said("serving")
        url = served.stdout.split()[0] + "/v1"
        with world.capture(env={"OPENAI_BASE_URL": url, **BOTH}) as running:
            assert running.wait() == 0, running.stderr
            assert json.loads(running.stdout.splitlines()[0])[0] == 200


def test_pipeline_says_it_once(world: World) -> None:
    env = {"OPENAI_BASE_URL": world.gateway.url + "/v1", **BOTH}
    with world.running("pipeline", "--", sys.executable, "-c", AGENT, env=env) as running:
        assert running.wait() == 0, running.stderr
        assert running.stderr.count("(from OPENAI_BASE_URL)") == 1


def test_a_websocket_goes_to_the_users_path_too(tmp_path: Path) -> None:
    with echo_running() as echo:
        machine = Machine(tmp_path)
        with machine.listening(env={"OPENAI_BASE_URL": f"{echo.url}/openai", "OPENAI_API_KEY": OPENAI_KEY}) as live:
            asyncio.run(_converse(f"{live.url}/v1/responses?a=b"))
        (exchange,) = machine.records
    assert exchange.request.url == f"{echo.url}/openai/responses?a=b"
    assert exchange.websocket is not None
    assert [one.content for one in exchange.websocket.messages] == ["hello", "hello"]


async def _converse(url: str) -> None:
    """Send one message over a WebSocket and return the echo."""
    async with asyncio.timeout(20), aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"


# -- real agents --------------------------------------------------------------------------------------------------

OWN_URLS: dict[str, tuple[Agent, str, str, str]] = {
    "codex 0.98.0": (agents.CODEX_OLD, "codex", "model", "OPENAI"),
    "codex 0.169.0": (agents.CODEX, "codex", "model", "OPENAI"),
    "opencode": (agents.OPENCODE, "opencode", "openai", "OPENAI"),
    "qwen-code": (agents.QWEN_CODE, "qwen-code", "model", "OPENAI"),
    "claude-code": (agents.CLAUDE_CODE, "claude-code", "model", "ANTHROPIC"),
}


@pytest.mark.agents
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("agent", "target", "listener", "vendor"), OWN_URLS.values(), ids=OWN_URLS.keys())
def test_a_real_agent_follows_the_users_own_url_by_way_of_the_listener(
    tmp_path: Path, agent: Agent, target: str, listener: str, vendor: str
) -> None:
    program = require_agent(agent)
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}", f"{vendor}_API_KEY": OPENAI_KEY}
    (tmp_path / "work").mkdir()
    with provider_running() as provider:
        env[f"{vendor}_BASE_URL"] = provider.url + ("/v1" if vendor == "OPENAI" else "")
        # What other listeners there are lead nowhere.
        others = [name for name in load_target(target)[0].listeners if name != listener]
        words = [f"--upstream={name}=http://127.0.0.1:9" for name in others]
        words += [f"--target={target}", f"--cwd={tmp_path / 'work'}", "--prompt", "List the files"]
        with Running(tmp_path, "probe.capture", *words, env=env) as running:
            assert running.wait() == 0, running.stdout + running.stderr
            running.until_nothing_runs()
            assert f"{listener} -> {provider.url} (from {vendor}_BASE_URL)" in running.stderr
            recorded = [record for record in running.records() if record["listener"] == listener]
        asked = provider.log.requests
    assert len(recorded) >= len(asked) > 0
    assert OPENAI_KEY in str([one.headers for one in asked])
