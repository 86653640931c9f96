"""How a page does in a real browser: when it can be read, its memory, opening bodies, searching, scrolling."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.support.browsers import Browser, Tab, missing, running
from tests.support.page_files import exposed

_OPENED = 20
"""Exchanges whose bodies are opened."""
_MARKS = "['list', 'usable'].map((name) => performance.getEntriesByName(name)[0]?.startTime ?? null)"
_LOADED = "performance.timing.loadEventEnd - performance.timing.navigationStart"
_OPEN = """(async () => {
  const address = %s, began = performance.now();
  location.hash = address;
  const opened = () => document.querySelector("#pane-view .view-exchange .subtabs .space") ||
    /No body|No response/.test(document.querySelector("#pane-view .view-exchange")?.textContent ?? "");
  await new Promise((resolve) => setTimeout(resolve));
  while (!opened()) await new Promise((resolve) => setTimeout(resolve));
  return performance.now() - began;
})()"""
_SEARCH = """(async () => {
  window.benchStore ??= new Store(new EmbeddedContents());
  const began = performance.now();
  let first = null, hits = 0;
  await search(window.benchStore, %s, { onHit: () => { first ??= performance.now() - began; hits += 1; } });
  return [first, performance.now() - began, hits];
})()"""
_SCROLL = """(async () => {
  const list = document.querySelector(%s), frames = [];
  const step = list.scrollHeight / 180;
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < 180; frame += 1) {
    list.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames;
})()"""
_LIST = "#pane-list [role=listbox]"


def in_browser(name: str, page: Path, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what was measured, with its figures."""
    if reason := missing(name):
        yield "not measured", reason
        return
    file = page.with_name("exposed.html")
    file.write_text(exposed(page.read_text()))
    with running(name) as browser:
        browser.open("about:blank").close()
        empty = _memory(browser)
        yield "version", browser.version
        # The first page that a browser opens waits for the browser itself.
        browser.open(page.as_uri()).close()
        tab = browser.open(file.as_uri())
        tab.wait("document.readyState === 'complete' && performance.getEntriesByName('usable').length > 0", 60)
        painted, usable = tab.js(_MARKS)
        yield "first list, usable, loaded", f"{painted:.0f} ms, {usable:.0f} ms, {tab.js(_LOADED):.0f} ms"
        yield "memory, once loaded", f"{_memory(browser) - empty:.0f} MB more than an empty tab"
        yield from _bodies(tab)
        yield "scrolling", _scrolled(tab)
        for word in words:
            yield f"search for {word!r}", _searched(tab, word)
        yield "memory, in the end", f"{_memory(browser) - empty:.0f} MB more than an empty tab"
        yield "console", "; ".join(tab.log) or "nothing"


def _memory(browser: Browser) -> float:
    """Return the memory of all processes of a browser, what they share counted once."""
    first = psutil.Process(browser.pid)
    found = 0
    for process in (first, *first.children(recursive=True)):
        try:
            info = process.memory_full_info()
        except psutil.Error:
            continue
        found += getattr(info, "pss", info.rss)
    return found / 1e6


def _bodies(tab: Tab) -> Iterator[tuple[str, str]]:
    lines: list[int] = tab.js(
        "unpackedJson(document.getElementById('summary').textContent)"
        ".then((summary) => summary.exchanges.map((exchange) => exchange.line))"
    )
    chosen = lines[:: max(1, len(lines) // _OPENED)]
    for side in ("request", "response"):
        times = [tab.js(_OPEN % json.dumps(f"#exchange-{line}/{side}")) for line in chosen]
        yield f"opening the {side} of {len(times)} exchanges", _spread(times)


def _spread(times: Sequence[float]) -> str:
    return f"median {statistics.median(times):.0f} ms, most {max(times):.0f} ms"


def _searched(tab: Tab, word: str) -> str:
    first: Any
    first, all_, hits = tab.js(_SEARCH % json.dumps(word))
    begin = "" if first is None else f"first hit {first:.0f} ms, "
    return f"{begin}all {all_:.0f} ms, {hits} hits"


def _scrolled(tab: Tab) -> str:
    tab.js("location.hash = '#turns'")
    tab.wait(f"document.querySelector({json.dumps(_LIST)})?.scrollHeight > 0")
    frames = sorted(tab.js(_SCROLL % json.dumps(_LIST)))
    return (
        f"{len(frames)} frames, 99 % within {frames[int(len(frames) * 0.99)]:.0f} ms, the longest {frames[-1]:.0f} ms"
    )
