"""Pages of records: made by the script that users run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from probe import analyze
from probe.places import PROJECT
from tests.support.background import in_thread
from tests.support.browsers import Browser, BrowserError, Tab
from tests.support.running import Running
from tests.support.story import PROMPT, Story, write_target

KEY = "story-key-" + "9f" * 12
CASES = sorted(one for one in (PROJECT / "tests" / "golden").glob("*/*.jsonl") if one.stat().st_size)
"""An empty file has no page: `analyze` refuses it."""


def page_of_run(run: Path, folder: Path) -> str:
    """Return the address of the page of a copy of a run."""
    copy = folder / "data" / run.parent.name / run.name
    shutil.copytree(run, copy)
    assert analyze.main(["--run", str(copy), "--html"]) == 0
    (page,) = (folder / "data").rglob("report.html")
    return page.as_uri()


def page_of_file(record: Path, folder: Path) -> str:
    """Return the address of the page of a record."""
    page = folder / "page.html"
    assert analyze.main(["--input", str(record), "--html", "--output", str(page)]) == 0
    return page.as_uri()


def page_of_story(folder: Path) -> str:
    """Record the story by the real capture, and return the address of its page."""
    write_target(folder)
    with in_thread(Story()) as story:
        options = ["--target=story", f"--prompt={PROMPT}", f"--upstream=model={story.url}"]
        names = {"PROBE_TARGETS": str(folder), "STORY_API_KEY": KEY}
        with Running(folder, "probe.pipeline", *options, env=names) as run:
            assert run.wait() == 0, run.stdout + run.stderr
            return (run.run_folder() / "report.html").as_uri()


@contextmanager
def opened(browser: Browser, address: str, place: str = "", *, dark: bool | None = None) -> Iterator[Tab]:
    """Open a page at a place in it, wait until it is drawn, and see that it neither failed nor asked for anything."""
    tab = browser.open(address + place, dark=dark)
    try:
        drawn(tab)
        yield tab
        assert [line for line in tab.log if line.startswith(("error", "warn"))] == []
        # A worker's blob is the page's own.
        asked = {one.partition("#")[0] for one in tab.requests if not one.startswith(("blob:", "data:"))}
        assert asked <= {address}
    finally:
        tab.close()


def drawn(tab: Tab) -> None:
    """Wait until the view is drawn."""
    tab.wait("!!document.querySelector('#pane-view .view') && !document.querySelector('#pane-view .wait')")


def see(tab: Tab, place: str) -> str:
    """Go to a place of the page; return what a reader sees there."""
    tab.js(f"location.hash = {place!r}")
    tab.wait(f"location.hash === {place!r}")
    drawn(tab)
    return tab.text("#pane-view")


def until_shown(tab: Tab, texts: Sequence[str]) -> None:
    """Wait until a reader sees some texts, in any case; fail with what there is instead."""
    wanted = json.dumps([text.lower() for text in texts])
    shown = "document.querySelector('#pane-view').innerText.toLowerCase()"
    try:
        tab.wait(f"((text) => {wanted}.every((one) => text.includes(one)))({shown})", 10)
    except BrowserError:
        text = tab.text("#pane-view")
        missing = [one for one in texts if one.lower() not in text.lower()]
        raise AssertionError(f"not in sight: {missing}; but: {text[:3000]}") from None
