"""Those for whom a HAR is written read it: har-schema, Chrome's DevTools, Playwright, mitmproxy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from probe.exports.bodies import stored_chunks, stream_events, times_of
from probe.exports.formats import exporter
from probe.exports.har import export
from probe.imports.har import read
from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.record.runs import Run
from tests.exports.test_round_trips import GOLDEN, golden_runs
from tests.support import browsers, page_tools
from tests.support.bundled import BUNDLED

TOOLS = Path(page_tools.__file__).with_name("format_tools.json")
HERE = Path(__file__).parent
HTTP_RUNS = [name for name in BUNDLED if "websocket" not in name]


def har_of(run: Run, folder: Path) -> Path:
    """Return a run's HAR."""
    file = folder / f"{run.folder.parent.name}-{run.folder.name}.har"
    export(run, None, file)
    return file


def exchanges_of(run: Run) -> list[Exchange]:
    return list(read_exchanges(run.traffic, lambda line, why: pytest.fail(why)))


def text_of(exchange: Exchange, run: Run) -> str:
    assert exchange.response
    return b"".join(stored_chunks(exchange.response, run.traffic)).decode()


def node(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the npm packages of the formats."""
    if not shutil.which("npm"):
        assert not os.environ.get("PROBE_REQUIRE_BROWSERS"), "npm is not installed"
        pytest.skip("npm is not installed")
    environment = os.environ | {"FORMAT_TOOLS": str(page_tools.modules(TOOLS))}
    command = ["node", str(script), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)


def chromium() -> str:
    """Return the path of the browser."""
    if reason := browsers.missing("chrome"):
        assert not os.environ.get("PROBE_REQUIRE_BROWSERS"), reason
        pytest.skip(reason)
    return browsers.program("chrome") or ""


@pytest.mark.browsers
def test_every_har_fits_the_schema_of_har_1_2(tmp_path: Path) -> None:
    runs = [*BUNDLED.values(), *golden_runs(tmp_path)]
    assert len(runs) > len(GOLDEN)
    files = [str(har_of(run, tmp_path)) for run in runs]
    ended = node(HERE / "check_har_schema.mjs", *files)
    assert ended.returncode == 0, ended.stdout[:2000] + ended.stderr[:2000]


@pytest.mark.browsers
def test_the_schema_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "wrong.har"
    file.write_text('{"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [{}]}}')
    assert node(HERE / "check_har_schema.mjs", str(file)).returncode == 1


_IMPORT = """
(async () => {
  const HAR = await import("./models/har/har.js");
  const root = new HAR.HARFormat.HARRoot(JSON.parse(%s));
  return HAR.Importer.Importer.requestsFromHARLog(root.log).map((one) => ({
    url: one.url(), type: one.resourceType().name(), status: one.statusCode, start: one.startTime, end: one.endTime,
    events: one.eventSourceMessages().map((event) => [event.time, event.eventName, event.eventId, event.data]),
    messages: one.frames().map((frame) => [frame.time, frame.type, frame.opCode, frame.text]),
  }));
})()
"""


_EXPORT = """
(async () => {
  const HAR = await import("./models/har/har.js");
  const root = new HAR.HARFormat.HARRoot(JSON.parse(%s));
  const requests = HAR.Importer.Importer.requestsFromHARLog(root.log);
  const log = await HAR.Log.Log.build(requests, { sanitize: false });
  for (const [number, request] of requests.entries()) {
    const { content } = log.entries[number].response;
    content.text = (await request.requestContentData()).text;
  }
  return { log };
})()
"""
"""What the button that saves a HAR does."""


def in_devtools(script: str, files: Sequence[Path]) -> list[Any]:
    """Return what a script in the DevTools of the installed Chromium makes of HARs."""
    chromium()
    browser = browsers.Browser("chrome")
    try:
        # The browser serves its own DevTools; their modules are imported there as the network panel does it.
        tab = browser.open(f"http://{urlsplit(browser.endpoint).netloc}/devtools/inspector.html")
        return [tab.js(script % json.dumps(file.read_text(encoding="utf-8"))) for file in files]
    finally:
        browser.close()


@pytest.mark.browsers
def test_devtools_show_each_event_and_each_message_at_its_own_time(tmp_path: Path) -> None:
    runs = list(BUNDLED.values())
    for run, requests in zip(runs, in_devtools(_IMPORT, [har_of(run, tmp_path) for run in runs]), strict=True):
        found = sorted(exchanges_of(run), key=lambda one: one.timestamp)
        assert [one["url"] for one in requests] == [one.request.url for one in found]
        for exchange, shown in zip(found, requests, strict=True):
            assert exchange.response
            assert shown["status"] == exchange.response.status_code
            assert shown["end"] == pytest.approx(exchange.ended, abs=0.002)
            if exchange.websocket:
                kinds = {"client": "send", "server": "receive"}
                messages = [
                    [one.timestamp, kinds[one.direction], 1, one.content] for one in exchange.websocket.messages
                ]
                assert (shown["type"], shown["messages"]) == ("websocket", messages)
            else:
                timed = times_of(stream_events(exchange.response, run.traffic), exchange.response)
                events = [[time, event.type, event.id or "", event.data] for event, time in timed]
                assert (shown["type"], shown["events"]) == ("eventsource", events)
                assert len({time for time, *_ in shown["events"]}) > 1


@pytest.mark.browsers
def test_a_har_that_devtools_saved_is_imported(tmp_path: Path) -> None:
    runs = list(BUNDLED.values())
    saved = in_devtools(_EXPORT, [har_of(run, tmp_path) for run in runs])
    for number, (run, document) in enumerate(zip(runs, saved, strict=True)):
        file = tmp_path / f"{number}.har"
        file.write_text(json.dumps(document), encoding="utf-8")
        found = list(read(file).exchanges)
        for exchange, again in zip(sorted(exchanges_of(run), key=lambda one: one.timestamp), found, strict=True):
            assert exchange.response
            assert again.response
            assert again.facts is None
            assert again.request.body == b"".join(stored_chunks(exchange.request, run.traffic))
            if exchange.websocket:
                assert again.conversation
                assert [(one.timestamp, one.content.decode()) for one in again.conversation.frames] == [
                    (one.timestamp, one.content) for one in exchange.websocket.messages
                ]
            else:
                timed = times_of(stream_events(exchange.response, run.traffic), exchange.response)
                assert again.response.body.decode() == text_of(exchange, run)
                assert again.response.pieces == [(time, event.offset) for event, time in timed]


@pytest.mark.browsers
@pytest.mark.parametrize("name", HTTP_RUNS)
def test_playwright_answers_a_real_browser_from_it(name: str, tmp_path: Path) -> None:
    run = BUNDLED[name]
    ended = node(HERE / "serve_from_har.mjs", chromium(), str(har_of(run, tmp_path)))
    assert ended.returncode == 0, ended.stderr
    answers = [(one["status"], one["text"]) for one in json.loads(ended.stdout)]
    assert answers == [(200, text_of(one, run)) for one in exchanges_of(run)]


@pytest.mark.parametrize("name", HTTP_RUNS)
def test_mitmproxy_reads_it(name: str, tmp_path: Path) -> None:
    run = BUNDLED[name]
    with har_of(run, tmp_path).open("rb") as file:
        flows = [flow for flow in FlowReader(file).stream() if isinstance(flow, HTTPFlow)]
    for exchange, flow in zip(exchanges_of(run), flows, strict=True):
        assert exchange.response
        assert flow.response
        assert flow.request.url == exchange.request.url
        assert flow.request.text == b"".join(stored_chunks(exchange.request, run.traffic)).decode()
        assert (flow.response.status_code, flow.response.text) == (200, text_of(exchange, run))


def test_the_flows_are_mitmproxys_own(tmp_path: Path) -> None:
    for run in BUNDLED.values():
        exporter("flows")(run, None, tmp_path / "flows")
        with (tmp_path / "flows").open("rb") as file:
            flows = [flow for flow in FlowReader(file).stream() if isinstance(flow, HTTPFlow)]
        for exchange, flow in zip(exchanges_of(run), flows, strict=True):
            messages = exchange.websocket.messages if exchange.websocket else []
            assert flow.id == exchange.id
            assert (flow.error.msg if flow.error else None) == exchange.error
            assert [
                (one.timestamp, one.from_client, one.text)
                for one in (flow.websocket.messages if flow.websocket else [])
            ] == [(one.timestamp, one.direction == "client", one.content) for one in messages]
