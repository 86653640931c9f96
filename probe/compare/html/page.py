"""Write a comparison as one page that a browser shows without any other file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from probe.compare.comparison import Comparison, Finding, TurnLine
from probe.compare.markdown import mark, run_rows, spread_words, summary_line
from probe.compare.rules import RULES, Polarity
from probe.report.html.page_head import page_head, policy, theme
from probe.report.plain_text import visible

_HERE = Path(__file__).parent
_CLASSES = {"+": "added", "-": "removed"}


def page_of(comparison: Comparison) -> str:
    """Return the page."""
    title = visible(f"{comparison.before.name} → {comparison.after.name}")
    head = page_head(title, _style(), policy(_script(), _style(), "img-src data:"))
    return f"{head}{''.join(_body(comparison, title))}<script>{_script()}</script>\n</body>\n</html>\n"


@cache
def _style() -> str:
    return theme() + (_HERE / "page.css").read_text("utf-8")


@cache
def _script() -> str:
    code = (_HERE / "page.js").read_text("utf-8")
    return f'(() => {{\n"use strict";\n{code}}})();'


def _body(comparison: Comparison, title: str) -> Iterator[str]:
    yield f"<h1>{html.escape(title)}</h1>\n<p><b>{_text(summary_line(comparison))}</b></p>\n"
    if not comparison.findings:
        return
    yield _table("", ("", "before", "after"), run_rows(comparison))
    yield _filters(comparison)
    for area, findings in groupby(comparison.findings, key=lambda one: one.area):
        yield f'<section class="area"><h2>{_text(area.value)}</h2>\n{"".join(map(_finding, findings))}</section>\n'
    if comparison.turns:
        yield "<h2>Turns side by side</h2>\n"
        yield '<table class="turns"><thead><tr><th></th><th>before</th><th>after</th></tr></thead><tbody>\n'
        for place, pair in enumerate(comparison.turns):
            differs = "" if pair.same else ' class="differs"'
            cells = f"<td>{mark(comparison, place)}</td><td>{_turn(pair.before)}</td><td>{_turn(pair.after)}</td>"
            yield f"<tr{differs}>{cells}</tr>\n"
        yield "</tbody></table>\n"
    if comparison.measures:
        yield "<h2>Numbers</h2>\n<p class=dim>No findings: the time and cost of one run are noise.</p>\n"
        rows = [
            (one.what, *(spread_words(side, one.unit) for side in (one.before, one.after)))
            for one in comparison.measures
        ]
        yield _table("num", ("", "before", "after"), rows)


def _filters(comparison: Comparison) -> str:
    buttons = [
        f'<button type="button" data-polarity="{one}" aria-pressed="true">{comparison.count(one)} {one}</button>'
        for one in Polarity
        if comparison.count(one)
    ]
    search = '<input type="search" placeholder="Filter by a word" aria-label="Filter by a word">'
    return f'<div class="filters">{"".join(buttons)}{search}<output class="dim"></output></div>\n'


def _finding(one: Finding) -> str:
    why = _text(RULES[one.kind].reason)
    parts = [
        f'<div class="polarity {one.polarity}" title="{html.escape(why)}">{one.polarity}</div>',
        f"<div>{_text(one.line)}</div>",
        f'<div class="dim"><code class="place">{_text(one.place)}</code>'
        + (f" · {_text(one.evidence)}" if one.evidence else "")
        + f" · {why}</div>",
    ]
    if one.text:
        lines = "".join(f'<span class="{_CLASSES.get(line[:1], "")}">{_text(line)}</span>' for line in one.text)
        parts.append(f"<details><summary>text</summary><pre class=difference>{lines}</pre></details>")
    return f'<div class="finding" data-polarity="{one.polarity}">{"".join(parts)}</div>\n'


def _turn(line: TurnLine | None) -> str:
    if line is None:
        return ""
    side = f" ({line.purpose})" if line.purpose != "turn" else ""
    asked = f'<div class="dim">{_text(line.asked)}</div>' if line.asked else ""
    return f"{line.number}{_text(side)}: {_text(line.did)}{asked}"


def _table(name: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{_text(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n'


def _text(text: str) -> str:
    return html.escape(visible(text))
