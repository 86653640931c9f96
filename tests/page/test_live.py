"""The page of a run while it is being recorded: what arrives is on the screen, through reloads and restarts."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probe.wire.ports import free_ports
from tests.live.recording import Flow, Recording
from tests.live.test_server import exchange
from tests.support.browsers import Browser, Tab
from tests.support.page_tools import modules
from tests.support.planted import Mint
from tests.support.running import Running

pytestmark = pytest.mark.browsers
KEY = Mint(5).tokens()["GitHub, personal"]


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    with Running(folder, "probe.view", "--live", "--port", str(port), env={"BROWSER": "true"}) as running:
        running.until(lambda: running.stdout.endswith("\n"), "the address")
        yield running.stdout.strip()
        running.send(signal.SIGINT)
        running.wait()


def until_it_has(tab: Tab, selector: str, text: str) -> None:
    """Wait until an element has a text."""
    tab.wait(f"document.querySelector({json.dumps(selector)})?.textContent.includes({json.dumps(text)})")


def test_what_arrives_is_shown_through_a_reload_and_a_restart(browser: Browser, tmp_path: Path) -> None:
    recording = Recording(tmp_path / "data")
    recording.write(exchange(1))
    (port,) = free_ports(1)
    with serving(tmp_path, port) as address:
        tab = browser.open(address)
        until_it_has(tab, "#facts", "1 turn")
        until_it_has(tab, "#facts", "recording")
        flow = Flow(recording, "x2")
        flow.request(b'{"model": "a-model"}')
        flow.respond()
        flow.say("Here is <b>the</b> beginning ")
        until_it_has(tab, "#now", "Here is <b>the</b> beginning")
        assert "a-model" in tab.text("#now")
        tab.reload()
        until_it_has(tab, "#now", "beginning")
        flow.say("and more of it ")
        until_it_has(tab, "#now", "beginning and more of it")
    until_it_has(tab, "#now", "Reconnecting")
    recording.write(exchange(2))
    flow.end()
    with serving(tmp_path, port):
        until_it_has(tab, "#facts", "2 turns")
        tab.wait("!document.querySelector('#now li')")
        recording.write(exchange(3))
        until_it_has(tab, "#facts", "3 turns")
        recording.end()
        until_it_has(tab, "#now", "The run has ended")
        assert "recording" not in tab.text("#facts")
        tab.js("location.hash = '#turn-3'")
        until_it_has(tab, "#pane-view", "prompt 3")
    # That the server was away, browsers write to the console by themselves.
    away = ("net::ERR_", "can’t establish", "was interrupted")
    assert [line for line in tab.log if not any(words in line for words in away)] == []
    tab.close()


def test_what_is_finished_is_searched_and_proves_itself_also_what_came_later(chromium: Browser, tmp_path: Path) -> None:
    recording = Recording(tmp_path / "data")
    recording.write(exchange(1, "an early answer"))
    (port,) = free_ports(1)
    with serving(tmp_path, port) as address:
        tab = chromium.open(f"{address}#search/early")
        until_it_has(tab, "#pane-view", "an early answer")
        recording.write(exchange(2, "a late answer"))
        until_it_has(tab, "#facts", "2 turns")
        tab.js("location.hash = '#search/late'")
        until_it_has(tab, "#pane-view", "a late answer")
        tab.js("location.hash = '#search/early'")
        until_it_has(tab, "#pane-view", "an early answer")
        assert tab.log == []
        tab.close()
    recording.end()


def test_forty_thousand_events_at_once_are_shown_within_seconds_and_no_secret_is(
    chromium: Browser, tmp_path: Path
) -> None:
    recording = Recording(tmp_path / "data")
    (port,) = free_ports(1)
    with serving(tmp_path, port) as address:
        tab = chromium.open(address)
        flow = Flow(recording, "x1")
        flow.respond()
        until_it_has(tab, "#now", "200")
        for number in range(40_000):
            flow.say(f"word{number} ")
        for piece in (f"it is {KEY[:7]}", KEY[7:20], f"{KEY[20:]} and ", "the end "):
            flow.say(piece)
        until_it_has(tab, "#now", "the end")
        assert "40,004 events" in tab.text("#now")
        assert "[REDACTED" in tab.text("#now")
        tab.click("#now summary")
        tab.js((modules() / "axe-core" / "axe.min.js").read_text() + ";0")
        assert tab.js("axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)") == []
        assert KEY[:7] not in tab.js("document.documentElement.outerHTML")
        tab.close()
    recording.end()
