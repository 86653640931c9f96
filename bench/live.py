"""Measure how soon what arrives at a proxy is on the screen of the live page, and what following a run takes."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from probe.places import PROJECT
from tests.live.recording import Flow, Recording, event
from tests.support.browsers import Tab, missing, running

_WATCH = r"""(() => {
  window.seen = {};
  const shown = document.querySelector("#now summary");
  const look = () => {
    for (const [, number] of shown.textContent.matchAll(/n(\d+)z /g)) window.seen[number] ??= Date.now();
  };
  const changes = { childList: true, subtree: true, characterData: true };
  new MutationObserver(() => requestAnimationFrame(look)).observe(shown, changes);
})()"""
_BURST = 40_000
_EVENTS = 200


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench live`."""
    parser = argparse.ArgumentParser(prog="python -m bench live", description=__doc__)
    parser.add_argument("--browser", action="append", choices=["chrome", "firefox"], help="only this one")
    names = parser.parse_args(argv).browser or [name for name in ("chrome", "firefox") if not missing(name)]
    table = Table("", *names, title="the live page: milliseconds from an event's arrival to the screen")
    found = [_measured(name) for name in names]
    for row in found[0]:
        table.add_row(row, *(one[row] for one in found))
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    return 0


def _measured(browser: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="probe-bench-") as folder, running(browser) as opened:
        recording = Recording(Path(folder))
        flow = Flow(recording)
        flow.respond()
        with _served(Path(folder)) as (address, server):
            tab = opened.open(address)
            tab.wait("document.querySelector('#now summary')?.textContent.includes('200')")
            tab.js(_WATCH)
            before, began = server.cpu_times(), time.monotonic()
            steady = _latencies(tab, flow, range(_EVENTS), 0.05)
            after, took = server.cpu_times(), time.monotonic() - began
            single = _latencies(tab, flow, range(_EVENTS, _EVENTS + 40), 0.35)
            burst = _burst(tab, flow)
            tab.close()
    cpu = (after.user + after.system - before.user - before.system) / took
    return {
        "20 events a second: median": f"{statistics.median(steady):.0f}",
        "20 events a second: 95 %": f"{statistics.quantiles(steady, n=20)[-1]:.0f}",
        "an event alone: median": f"{statistics.median(single):.0f}",
        "an event alone: 95 %": f"{statistics.quantiles(single, n=20)[-1]:.0f}",
        f"{_BURST:,} events at once, all of them": f"{burst:.0f}",
        "processor of the server at 20 events a second": f"{cpu:.1%}",
    }


@contextmanager
def _served(data: Path) -> Iterator[tuple[str, psutil.Process]]:
    command = [sys.executable, "-m", "probe.view", "--live", f"--data-dir={data}"]
    with subprocess.Popen(command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip(), psutil.Process(server.pid)
        finally:
            server.terminate()


def _latencies(tab: Tab, flow: Flow, numbers: Sequence[int], pause: float) -> list[float]:
    """Return the milliseconds from the writing of each event to the frame that shows it."""
    sent = {}
    for number in numbers:
        sent[number] = time.time() * 1000
        flow.say(f"n{number}z and ")
        time.sleep(pause)
    seen = _seen(tab, numbers[-1])
    return [seen[str(number)] - at for number, at in sent.items() if str(number) in seen]


def _burst(tab: Tab, flow: Flow) -> float:
    events = [event(f"word{number} ") for number in range(_BURST - 1)]
    began = time.time() * 1000
    for one in events:
        flow.data(one)
    flow.say("n999999z and ")
    return _seen(tab, 999_999)["999999"] - began


def _seen(tab: Tab, last: int) -> dict[str, float]:
    """Return when each event was seen, once the last one was."""
    tab.wait(f"window.seen[{last}]")
    found: dict[str, float] = tab.js("window.seen")
    return found
