"""What readers do in the page: search, filter, compare, follow links, use the keyboard, in either theme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probe.record.runs import Run
from tests.page.answers import ask_everything
from tests.page.pages import CASES, drawn, opened, page_of_file, page_of_run, see, until_shown
from tests.support.browsers import Browser, Tab
from tests.support.bundled import BUNDLED
from tests.support.page_tools import modules
from tests.support.story import FAILURE

pytestmark = [pytest.mark.browsers, pytest.mark.timeout(240)]
TABS = ("overview", "turn-7", "context", "cost", "time", "tools", "network", "compare/turn-2/turn-8", "search/cart")
"""Places of which each is drawn by another part of the page."""


# -- search and filters ----------------------------------------------------------------------------------------------

SEARCHES = {
    "words of a tool's result": (FAILURE, ["AssertionError", "turn 3"]),
    "words that came piece by piece in a stream": ("the sign is wrong, so I change it", ["turn 7"]),
    "in any case": ("CAREFUL HELPER", ["careful helper"]),
    "text with quotes, within JSON within JSON": ("def total(price, discount):", ["def total"]),
    "a filter alone": ("tool:Edit", ["1 turn", "Edit: cart.py"]),
    "status of a failed try": ("status:429", ["1 turn", "Read: cart.py"]),
    "sub-agents": ("is:subagent", ["2 turns"]),
    "what an image is in": ("has:image", ["Edit: cart.py"]),
    "filter and words": ("turn:1-3 cart", ["turn 2"]),
    "a filter that is none": ("tol:Bash", ["tool"]),
    "nothing": ("thisisnowhere", ["nothing"]),
}


@pytest.mark.parametrize(("query", "expected"), SEARCHES.values(), ids=SEARCHES.keys())
def test_a_search_finds(tab: Tab, query: str, expected: list[str]) -> None:
    tab.press("/")
    tab.wait("document.activeElement && document.activeElement.id === 'search-box'")
    tab.type(query)
    tab.press("Enter")
    until_shown(tab, expected)


def test_ctrl_f_opens_the_pages_own_search(tab: Tab) -> None:
    tab.press("Control+f")
    tab.wait("document.activeElement && document.activeElement.id === 'search-box'")


def test_the_list_of_turns_is_filtered_in_the_same_words(tab: Tab) -> None:
    see(tab, "#turn-2")
    tab.press("f")
    tab.type("is:failed")
    tab.wait("/^1 of 8/m.test(document.querySelector('#pane-list').innerText)")


# -- comparing -------------------------------------------------------------------------------------------------------

COMPARED = {
    "two turns": ("#compare/turn-7/turn-8", ["Fetch", "cart.py was changed"]),
    "turns of two threads": ("#compare/turn-2/turn-4", ["Look for every caller"]),
    "two items": ("#compare/item-0/item-1", ["model", "max_tokens"]),
    "what is not there": ("#compare/turn-7/turn-99", ["99"]),
}


@pytest.mark.parametrize(("place", "expected"), COMPARED.values(), ids=COMPARED.keys())
def test_a_difference_shows(tab: Tab, place: str, expected: list[str]) -> None:
    see(tab, place)
    until_shown(tab, expected)


# -- getting around --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place", ["#turn-6", "#turn-7/context", "#turn-7/response", "#item-5", "#exchange-3", "#search/cart"]
)
def test_an_address_leads_to_the_same_place_again(tab: Tab, place: str) -> None:
    see(tab, place)
    before = tab.js("document.querySelector('#pane-view h2, #pane-view h3').innerText")
    tab.reload()
    drawn(tab)
    assert tab.js("location.hash") == place
    tab.wait(f"document.querySelector('#pane-view h2, #pane-view h3').innerText === {before!r}")


def test_every_place_is_reached_by_keys_alone(tab: Tab) -> None:
    for keys, place in ((["g", "c"], "#context"), (["g", "w"], "#time"), (["g", "o"], "#overview")):
        for key in keys:
            tab.press(key)
        tab.wait(f"location.hash.startsWith({place!r})")
    tab.press("j")
    tab.wait("/^#turn-\\d+$/.test(location.hash)")
    first = tab.js("location.hash")
    tab.press("j")
    tab.wait(f"location.hash !== {first!r}")
    tab.press("3")
    tab.wait("location.hash.endsWith('/request')")
    tab.press("?")
    tab.wait("!!document.querySelector('dialog[open]')")
    tab.press("Escape")
    tab.wait("!document.querySelector('dialog[open]')")


def test_an_event_of_a_stream_is_shown_with_its_time(tab: Tab) -> None:
    see(tab, "#turn-7/response")
    until_shown(tab, ["message_start", "content_block_delta"])


def test_a_request_is_copied_as_curl_without_its_secret(tab: Tab) -> None:
    see(tab, "#turn-3/request")
    text = tab.js(
        "new Promise((done) => {"
        " const value = {writeText: async (text) => done(text)};"
        " Object.defineProperty(navigator, 'clipboard', {configurable: true, value});"
        " const menu = [...document.querySelectorAll('#pane-view button, #pane-view summary')]"
        "   .find((one) => one.textContent.startsWith('Copy'));"
        " menu.click();"
        " setTimeout(() => [...document.querySelectorAll('#pane-view button')]"
        "   .find((one) => /curl/.test(one.textContent)).click(), 200);"
        "})"
    )
    assert text.startswith("curl ")
    assert ("REDACTED" in text, "$X_API_KEY" in text or "$API_KEY" in text) == (False, True), text[:400]


# -- how it looks ----------------------------------------------------------------------------------------------------


def test_the_theme_follows_the_system_and_is_switched_by_a_key(chromium: Browser, story: str) -> None:
    for dark in (False, True):
        with opened(chromium, story, dark=dark) as tab:
            theme = "document.documentElement.dataset.theme"
            # The browser keeps what another page chose.
            while tab.js(theme) != "system":
                tab.press("t")
            color = tab.js("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, color[4:-1].split(","))) < 200) == dark
            seen = []
            for _ in range(3):
                tab.press("t")
                seen.append(tab.js(theme))
            assert seen == ["light", "dark", "system"]


def test_the_page_prints(chromium: Browser, story: str, tmp_path: Path) -> None:
    with opened(chromium, story, "#turn-7") as tab:
        tab.print_to(tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nobody_is_left_out_by_how_the_page_is_made(chromium: Browser, story: str, dark: bool) -> None:
    found: dict[str, Any] = {}
    with opened(chromium, story, dark=dark) as tab:
        tab.js((modules() / "axe-core" / "axe.min.js").read_text() + ";0")
        for place in TABS:
            see(tab, f"#{place}")
            tab.js("new Promise((done) => setTimeout(done, 300))")
            for one in tab.js("axe.run(document, {resultTypes: ['violations']})")["violations"]:
                found[f"{place}: {one['id']}"] = [node["html"][:200] for node in one["nodes"][:3]]
    assert found == {}


# -- pages of every kind of run --------------------------------------------------------------------------------------


def _walk(tab: Tab) -> None:
    turns = tab.js("document.querySelectorAll('[id=tabs] a').length")
    assert turns >= 8
    for place in (
        "overview",
        "turn-1",
        "turn-1/context",
        "context",
        "cost",
        "time",
        "tools",
        "network",
        "compare",
        "exchange-1",
    ):
        see(tab, f"#{place}")
        assert "TypeError" not in tab.text("#pane-view")


@pytest.mark.parametrize("run", BUNDLED.values(), ids=BUNDLED.keys())
def test_the_page_of_a_bundled_run_is_whole_and_answers(browser: Browser, run: Run, tmp_path: Path) -> None:
    page = page_of_run(run.folder, tmp_path)
    with opened(browser, page) as tab:
        _walk(tab)
        ask_everything(tab, page)
        see(tab, "#overview")
        tab.js("[...document.querySelectorAll('button')].find((one) => one.textContent.includes('every body')).click()")
        tab.wait("/All that can be checked is right/.test(document.querySelector('#pane-view').innerText)")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_the_page_of_every_golden_record_is_drawn_without_an_error(
    chromium: Browser, case: Path, tmp_path: Path
) -> None:
    with opened(chromium, page_of_file(case, tmp_path)) as tab:
        _walk(tab)
