"""Files that the tools themselves wrote of a real call become runs with that call in it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import claude_tap
from probe.verify.__main__ import main as verify
from tests.exports.test_har_readers import chromium, node
from tests.imports.importing import Imported, imported

HERE = Path(__file__).parent
STREAM = 'event: ping\ndata: {"type":"ping"}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'


class _Api(BaseHTTPRequestHandler):
    """Answers each call with a stream, and a page with a text."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("text/html", "<p>start</p>")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer("text/event-stream", STREAM)

    def _answer(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Return the URL of an API on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/messages"
    server.shutdown()
    server.server_close()


def holds_the_call(run: Imported, url: str) -> None:
    """Check that a run has the call, whole."""
    calls = [one for one in run.exchanges if one.request.method == "POST"]
    assert [(one.request.url, one.request.body) for one in calls] == [(url, {"model": "m"})]
    assert [one.response.body for one in calls if one.response] == [STREAM]
    assert (run.code, run.problems) == (0, [])
    assert verify(["--run", str(run.folder)]) == 0


@pytest.mark.browsers
def test_a_har_that_playwright_recorded(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "recorded.har"
    ended = node(HERE / "record_with_playwright.mjs", chromium(), url, str(file))
    assert ended.returncode == 0, ended.stderr
    run = imported(file, capsys, target="anthropic-compatible")
    holds_the_call(run, url)
    assert run.manifest.facts.imported
    assert "chromium" in (run.manifest.facts.imported.by or "")


@pytest.mark.browsers
def test_a_log_of_claude_trace(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = node(HERE / "record_with_claude_trace.mjs", url, str(tmp_path / "log"))
    assert ended.returncode == 0, ended.stderr
    holds_the_call(imported(tmp_path / "log" / "recorded.jsonl", capsys, target="anthropic-compatible"), url)


_TAP = """
import json, sys
from claude_tap.proxy import _build_record
from claude_tap.sse import SSEReassembler
events = SSEReassembler()
events.feed_bytes(sys.argv[2].encode())
base, _, path = sys.argv[1].rpartition("/v1")
headers = {"content-type": "application/json"}
answer = {"content-type": "text/event-stream"}
record = _build_record("req_1", 1, 25, "POST", "/v1" + path, headers, {"model": "m"}, 200, answer,
                       events.reconstruct(), sse_events=events.events, upstream_base_url=base)
print(json.dumps(record))
"""


@pytest.mark.slow
def test_a_record_that_claude_tap_built(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [str(claude_tap.installed()), "-c", _TAP, url, STREAM]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    file = tmp_path / "trace.jsonl"
    file.write_text(ended.stdout, encoding="utf-8")
    holds_the_call(imported(file, capsys, target="anthropic-compatible"), url)
