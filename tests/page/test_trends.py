"""The page of trends in real browsers: its numbers are DuckDB's, and everybody can read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from probe.fleet.__main__ import main
from tests.support.browsers import Browser, Tab
from tests.support.page_tools import modules
from tests.trends.made_tables import Call, MadeRun, many_runs, write_tables

pytestmark = [pytest.mark.browsers, pytest.mark.timeout(240)]

ODD = '<img src=x onerror="document.title=1">\u202e'
"""A name that would be markup, and would turn the line round."""
RARE = tuple((f"rare{place}", False) for place in range(11))
LONE = [
    MadeRun("lone/first run's", agent="lone 1.0", day="2026-11-02", calls=(Call(tools=((ODD, True),)),)),
    MadeRun("lone/b", agent="lone 1.0", day="2026-11-05", dollars=None, calls=(Call(tools=RARE),)),
    MadeRun("lone/c", agent=f"lone 2.0 {ODD}", day="2026-11-06", calls=(Call(), Call(status=429))),
    MadeRun("lone/replayed", agent="lone 2.0", day="2026-11-04", replay_of="lone/b"),
]
CODEX, LONELY = "#over=days&target=codex", "#over=days&target=lone"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the tables of runs of three targets, and their page."""
    folder = tmp_path_factory.mktemp("trends")
    runs = [*many_runs(400, targets=("codex", "claude-code"), days=40, versions=4), *LONE]
    write_tables(folder, runs, by_day=True)
    assert main(["trends", "--data-dir", str(folder)]) == 0
    return folder


@contextmanager
def _opened(browser: Browser, data: Path, place: str = "", **options: Any) -> Iterator[Tab]:
    """Open the page, and see that it neither failed nor asked for anything."""
    address = (data / ".fleet" / "reports" / "trends.html").as_uri()
    tab = browser.open(address + place, **options)
    try:
        tab.wait("document.querySelectorAll('section.measure').length === 11")
        yield tab
        assert [line for line in tab.log if line.startswith(("error", "warn"))] == []
        assert {one.partition("#")[0] for one in tab.requests if not one.startswith("data:")} <= {address}
    finally:
        tab.close()


def _asked(data: Path, question: str) -> dict[str, tuple[Any, ...]]:
    """Return what DuckDB answers, by the first column."""
    with duckdb.connect() as connection:
        for table in ("runs", "turns", "items", "tool_calls"):
            files = f"{data}/.fleet/tables/{table}/*/*/*.parquet"
            connection.execute(f"create view {table} as from read_parquet('{files}', hive_partitioning = false)")
        return {str(row[0]): tuple(row[1:]) for row in connection.execute(question).fetchall()}


def _shown(tab: Tab, measure: str, panel: int = 0) -> dict[str, tuple[float | None, ...]]:
    """Return the table of a chart as a reader opens it: numbers by day or version."""
    tab.js("document.querySelectorAll('details.fold').forEach((one) => (one.open = true)), 0")
    place = f"document.querySelectorAll('#{measure} .panel')[{panel}].querySelectorAll('tbody tr')"
    tab.wait(f"{place}.length > 0")
    rows = tab.js(
        f"[...{place}].map((row) => [row.cells[0].innerText, ...[...row.querySelectorAll('td.num')].map((cell) =>"
        " cell.dataset.value === undefined ? null : Number(cell.dataset.value))])"
    )
    return {row[0]: tuple(row[1:]) for row in rows}


DAYS = "strftime(make_timestamp(epoch_us(runs.started)), '%Y-%m-%d')"
REAL = "runs.replay_of is null"
TURNS = f"from turns join runs using (run) where {REAL} and turns.run glob 'codex/*'"
FIRST, ENDED = (f"(epoch_us(turns.{end}) - epoch_us(turns.started)) / 1000" for end in ("first_token", "ended"))
OF_RUNS = f"from runs where {REAL} and run glob 'codex/*'"
WHOLE = f"{TURNS} and turns.status = 200 and turns.complete"
QUESTIONS = {
    "input": f"median(input_tokens), median(cache_read_tokens) {OF_RUNS}",
    "output": f"median(output_tokens), median(reasoning_tokens) {OF_RUNS}",
    "cost": f"median(dollars) {OF_RUNS}",
    "first": f"quantile_cont({FIRST}, 0.5), quantile_cont({FIRST}, 0.9) {WHOLE}",
    "whole": f"quantile_cont({ENDED}, 0.5), quantile_cont({ENDED}, 0.9) {WHOLE}",
    "prompt": "median(bytes) filter (kind = 'instructions'), median(bytes) filter (kind = 'tool')"
    f" from items join runs using (run) where {REAL} and run glob 'codex/*'",
}
"""What each chart shows, asked of the tables in another way."""


@pytest.mark.parametrize(
    ("place", "key"),
    [(CODEX, DAYS), ("#over=versions&target=codex", "runs.agent")],
    ids=["over days", "over versions"],
)
def test_the_numbers_are_those_of_duckdb(browser: Browser, data: Path, place: str, key: str) -> None:
    runs = _asked(data, f"select {key}, count(*) {OF_RUNS} group by 1")
    with _opened(browser, data, place) as tab:
        for measure, question in QUESTIONS.items():
            known = _asked(data, f"select {key}, {question} group by 1")
            shown = _shown(tab, measure)
            assert {name: row[:1] for name, row in shown.items()} == runs
            for name, (_, *values) in shown.items():
                # No answer of a day may have come whole.
                expected = known.get(name) or (None,) * len(values)
                assert values == [one if one is None else pytest.approx(one, rel=1e-6, abs=0.06) for one in expected]


def test_parts_are_those_of_duckdb(chromium: Browser, data: Path) -> None:
    of_calls = f"from tool_calls join runs using (run) where {REAL} and run glob 'codex/*'"
    by_tool = f"select runs.agent || ' ' || tool_calls.name, count(*), count(*) filter (failed) {of_calls} group by 1"
    calls = _asked(data, by_tool)
    known = _asked(data, f"select runs.agent, count(failed) {of_calls} group by 1")
    runs = _asked(data, f"select agent, count(*) {OF_RUNS} group by 1")
    errors = _asked(data, f"select runs.agent, count(*), count(*) filter (status = 429) {TURNS} group by 1")
    with _opened(chromium, data, "#over=versions&target=codex") as tab:
        for measure, column, base in (("tools", 0, runs), ("failures", 1, known)):
            shown = _shown(tab, measure)
            heads = _heads(tab, measure)
            assert len(heads) == 5
            for version, (_, *values) in shown.items():
                expected = [calls[f"{version} {name}"][column] / base[version][0] for name in heads]
                assert values == pytest.approx(expected), (measure, version)
        shown, heads = _shown(tab, "errors"), _heads(tab, "errors")
        assert set(heads) == {"429", "500", "no answer", "incomplete"}
        for version, (_, *values) in shown.items():
            assert values[heads.index("429")] == pytest.approx(errors[version][1] / errors[version][0])


def test_tools_without_a_name_are_added_up(chromium: Browser, data: Path) -> None:
    calls = _asked(data, f"select runs.agent, count(*) from tool_calls join runs using (run) where {REAL} group by 1")
    runs = _asked(data, f"select agent, count(*) from runs where {REAL} group by 1")
    with _opened(chromium, data, "#over=versions&target=codex&target=claude-code&target=lone") as tab:
        shown = [row for panel in range(3) for row in _shown(tab, "tools", panel).items()]
        heads = _heads(tab, "tools")[:9]
        assert (len(set(heads)), heads[-1]) == (9, "others")
        for version, (count, *values) in shown:
            if "U+202E" not in version:
                assert count == runs[version][0]
                assert sum(one or 0 for one in values) == pytest.approx(calls[version][0] / runs[version][0])


def _heads(tab: Tab, measure: str) -> list[str]:
    heads = tab.js(f"[...document.querySelectorAll('#{measure} thead th.num')].map((one) => one.innerText)")
    return list(heads)[1:]


def test_a_day_without_runs_is_a_gap_and_what_is_not_known_is_no_zero(browser: Browser, data: Path) -> None:
    with _opened(browser, data, LONELY) as tab:
        assert list(_shown(tab, "input")) == ["2026-11-02", "2026-11-05", "2026-11-06"]
        assert _shown(tab, "cost")["2026-11-05"] == (1, None)
        assert "not known" in tab.text("#cost tbody")
        # A day alone, then two days in a row; without the price of one, two days alone.
        for measure, dots in (("input", 3), ("cost", 2)):
            assert (_strokes(tab, f"#{measure} path.line"), _strokes(tab, f"#{measure} path.dots")) == (2, dots)


def _strokes(tab: Tab, path: str) -> Any:
    return tab.js(f"document.querySelector({json.dumps(path)}).getAttribute('d').split('M').length - 1")


def test_what_is_left_out_is_said(chromium: Browser, data: Path) -> None:
    (replays,) = _asked(data, "select 'replays', count(*) from runs where replay_of is not null")["replays"]
    with _opened(chromium, data) as tab:
        assert f"{replays} replays left out" in tab.text("#about")


def test_few_runs_are_seen(chromium: Browser, data: Path) -> None:
    with _opened(chromium, data, LONELY) as tab:
        assert _strokes(tab, "#input path.hollow") == 3
        assert "n = 1 run" in tab.text("#input .readout")
        tab.js("location.hash = '#over=versions&target=codex'")
        tab.wait("!!document.querySelector('#over-versions:checked')")
        assert not tab.js("!!document.querySelector('#input path.hollow')")
        assert "n " in tab.text("#input .tick small")


def test_a_point_leads_to_the_commands_of_its_runs_by_keys_alone(browser: Browser, data: Path) -> None:
    with _opened(browser, data, LONELY) as tab:
        tab.js("document.querySelector('#input [role=slider]').focus(), 0")
        values = []
        for key in ("Home", "ArrowRight", "End"):
            tab.press(key)
            values.append(tab.js("document.activeElement.getAttribute('aria-valuetext').split(':')[0]"))
        assert values == ["2026-11-02", "2026-11-05", "2026-11-06"]
        tab.press("Home")
        tab.press("Enter")
        tab.wait("!!document.querySelector('dialog[open]')")
        assert tab.text("#behind h2") == "lone, 2026-11-02: 1 run"
        assert tab.text("#behind code").endswith(" --run 'lone/first run'\\''s'")
        tab.js(
            "Object.defineProperty(navigator, 'clipboard',"
            " {configurable: true, value: {writeText: async (text) => (window.copied = text)}}), 0"
        )
        tab.js("document.querySelector('#behind li button').click(), 0")
        tab.wait("window.copied === document.querySelector('#behind code').innerText")
        tab.press("Escape")
        tab.wait("!document.querySelector('dialog[open]')")


def test_a_point_has_as_many_names_as_runs(chromium: Browser, data: Path) -> None:
    periods, versions = ["", "30", "7", "2026-10"], "document.querySelector('#over-versions:checked')"
    rows = "[...document.querySelectorAll('#runs tbody tr')]"
    with _opened(chromium, data) as tab:
        for period in periods:
            tab.js(f"location.hash = '#over=versions&target=codex&days={period}'")
            tab.wait(f"document.querySelector('#days').value === '{period}' && !!{versions}")
            for version, (count, *_) in _shown(tab, "runs").items():
                row = f"{rows}.find((row) => row.cells[0].innerText === {json.dumps(version)})"
                tab.js(f"{row}.querySelector('button').click(), 0")
                assert tab.js("document.querySelectorAll('#behind li').length") == min(count or 0, 100)
                tab.js("document.querySelector('#behind').close(), 0")


def test_targets_versions_and_days_are_chosen_and_kept_in_the_address(chromium: Browser, data: Path) -> None:
    with _opened(chromium, data) as tab:
        titles = "[...document.querySelectorAll('#input h3')].map((one) => one.innerText)"
        assert tab.js(titles) == ["claude-code", "codex", "lone"]
        tab.click("#targets-summary")
        tab.click("#target-2")
        tab.click("#versions-summary")
        tab.click("#version-1-0")
        tab.click("#version-1-3")
        assert tab.js(titles) == ["claude-code", "codex: codex 0.90.0", "codex: codex 0.93.0"]
        tab.js(
            "const days = document.querySelector('#days'); days.value = '7'; days.dispatchEvent(new Event('change')), 0"
        )
        first = min(_shown(tab, "input"))
        assert first >= "2026-11-16"
        before = tab.js("document.querySelector('#charts').innerText")
        tab.reload()
        tab.wait("document.querySelectorAll('section.measure').length === 11")
        assert tab.js(titles) == ["claude-code", "codex: codex 0.90.0", "codex: codex 0.93.0"]
        _shown(tab, "input")
        assert tab.js("document.querySelector('#charts').innerText") == before


def test_names_of_runs_are_text_and_nothing_else(browser: Browser, data: Path) -> None:
    with _opened(browser, data, "#over=versions&target=lone") as tab:
        _shown(tab, "tools")
        assert "<img src=x" in tab.text("#tools .legend")
        assert "U+202E" in tab.text("#tools .legend")
        assert tab.js("document.querySelectorAll('img').length") == 0
        assert tab.js("document.title") == "Trends"


PLACES = ("#over=days", "#over=versions&target=codex&days=7", LONELY)


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1400, False)], ids=["narrow and dark", "wide and light"])
def test_nobody_is_left_out_by_how_the_page_is_made(chromium: Browser, data: Path, width: int, dark: bool) -> None:
    found: dict[str, Any] = {}
    for place in PLACES:
        with _opened(chromium, data, place, dark=dark, width=width) as tab:
            tab.js((modules() / "axe-core" / "axe.min.js").read_text() + ";0")
            _shown(tab, "runs")
            assert tab.js("document.documentElement.scrollWidth") <= width
            for step in ("0", "document.querySelector('#input .plot').click(), 0"):
                tab.js(step)
                for one in tab.js("axe.run(document, {resultTypes: ['violations']})")["violations"]:
                    found[f"{place}: {one['id']}"] = [node["html"][:200] for node in one["nodes"][:3]]
    assert found == {}


def test_the_page_prints(chromium: Browser, data: Path, tmp_path: Path) -> None:
    with _opened(chromium, data) as tab:
        tab.print_to(tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_the_theme_is_switched(chromium: Browser, data: Path) -> None:
    with _opened(chromium, data, dark=True) as tab:
        tab.click("#theme")
        assert tab.js("document.documentElement.dataset.theme") == "light"
        assert tab.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
