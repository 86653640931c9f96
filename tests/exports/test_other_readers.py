"""The tools themselves read what is exported for them: mitmweb, mitmdump, claude-trace, claude-tap."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from bench import claude_tap
from probe.exports.bodies import stored_chunks
from probe.exports.formats import exporter
from probe.places import PROJECT
from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.record.runs import TRAFFIC, Run
from probe.wire.ports import free_ports
from tests.exports.round_trip import run_of
from tests.exports.test_har_readers import chromium, node, text_of
from tests.support import browsers
from tests.support.bundled import BUNDLED

WEBSOCKET, HTTP = BUNDLED["codex/tool-loop-websocket"], BUNDLED["codex/tool-loop"]
SAID = "There are three."
"""By the model, in the run of Anthropic's API."""
_SECONDS = 40.0


def exchanges_of(run: Run) -> list[Exchange]:
    return list(read_exchanges(run.traffic, lambda line, why: pytest.fail(why)))


def exported(run: Run, format: str, folder: Path) -> Path:
    """Return a run's file in a format."""
    file = folder / f"{format}.jsonl"
    exporter(format)(run, None, file)
    return file


@pytest.fixture
def anthropic(tmp_path: Path) -> Run:
    """Return a run of Anthropic's API, which claude-trace and claude-tap are for."""
    golden = PROJECT / "tests" / "golden" / "anthropic_messages" / "streamed-tool-loop.jsonl"
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / TRAFFIC).write_bytes(golden.read_bytes())
    return run_of(folder, "claude-code")


@contextmanager
def mitmproxy(tool: str, port: int, *arguments: str) -> Iterator[None]:
    """Run one of mitmproxy's programs until its port is open."""
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name(tool)), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + _SECONDS
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
                break
            except OSError:
                assert process.poll() is None, process.stdout.read() if process.stdout else ""
                assert time.monotonic() < until, f"{tool} does not open its port"
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


def asked(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, bytes]:
    """Return the answer to a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.slow
def test_mitmweb_shows_the_flows(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    arguments = ("--no-web-open-browser", "-n", "--web-host", "127.0.0.1", "--web-port", str(port))
    file = exported(WEBSOCKET, "flows", tmp_path)
    file.write_bytes(file.read_bytes() + exported(HTTP, "flows", tmp_path).read_bytes())
    login = {"Authorization": "Bearer a-word"}
    with mitmproxy("mitmweb", port, *arguments, "--set", "web_password=a-word", "-r", str(file)):
        shown = {one["id"]: one for one in json.loads(asked(port, "GET", "/flows", headers=login)[1])}
        (conversation,), calls = exchanges_of(WEBSOCKET), exchanges_of(HTTP)
        assert shown.keys() == {one.id for one in (conversation, *calls)}
        flow = shown[str(conversation.id)]
        assert conversation.websocket
        assert flow["error"]["msg"] == conversation.error
        assert flow["websocket"]["messages_meta"]["count"] == len(conversation.websocket.messages)
        for exchange in calls:
            _, content = asked(port, "GET", f"/flows/{exchange.id}/response/content.data", headers=login)
            assert content.decode() == text_of(exchange, HTTP)


@pytest.mark.slow
def test_mitmdump_answers_from_the_flows(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    file = exported(HTTP, "flows", tmp_path)
    arguments = ("-p", str(port), "--listen-host", "127.0.0.1", "--server-replay", str(file))
    with mitmproxy("mitmdump", port, *arguments, "--set", "server_replay_extra=kill"):
        for exchange in exchanges_of(HTTP):
            body = b"".join(stored_chunks(exchange.request, HTTP.traffic))
            assert asked(port, "POST", exchange.request.url, body) == (200, text_of(exchange, HTTP).encode())


@pytest.mark.browsers
def test_claude_trace_makes_its_page(anthropic: Run, tmp_path: Path) -> None:
    program = chromium()
    assert program
    page = tmp_path / "page.html"
    file = exported(anthropic, "claude-trace", tmp_path)
    ended = node(Path(__file__).with_name("make_claude_trace_page.mjs"), str(file), str(page))
    assert ended.returncode == 0, ended.stderr
    with browsers.running("chrome") as browser:
        tab = browser.open(page.as_uri())
        tab.wait("document.body.innerText.includes('claude')")
        tab.wait(f"document.body.innerText.includes({json.dumps(SAID)})")


@pytest.mark.slow
@pytest.mark.parametrize("format", ["html", "markdown", "json"])
def test_claude_tap_exports_its_formats(anthropic: Run, format: str, tmp_path: Path) -> None:
    file = exported(anthropic, "claude-tap", tmp_path)
    out = tmp_path / f"out.{format}"
    command = [str(claude_tap.installed()), "-m", "claude_tap", "export", str(file), "--format", format, "-o", str(out)]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, env={"HOME": str(tmp_path)}
    )
    count = len(exchanges_of(anthropic))
    assert (ended.returncode, f"Exported {count} turns" in ended.stdout) == (0, True), ended.stderr
    assert SAID in out.read_text(encoding="utf-8")
