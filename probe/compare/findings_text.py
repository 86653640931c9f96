"""Write the findings of a comparison alone, a line each, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from probe.compare.comparison import Comparison, Finding
from probe.compare.markdown import NONE
from probe.compare.rules import Polarity
from probe.report.plain_text import visible

_WIDTH = max(map(len, Polarity))


def findings_text(comparison: Comparison) -> str:
    """Return the findings by section; one line where nothing differs."""
    return "\n".join(_lines(comparison)) + "\n" if comparison.findings else f"{NONE}\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield visible(f"{comparison.before.name} → {comparison.after.name}")
    for area, findings in groupby(comparison.findings, key=lambda one: one.area):
        yield f"\n{area.value}"
        yield from map(_line, findings)


def _line(one: Finding) -> str:
    place = "" if one.line.startswith(one.place) else f"{one.place}: "
    seen = f" ({one.evidence})" if one.evidence else ""
    # A value may have lines of its own.
    return f"  {one.polarity.value:<{_WIDTH}}  " + " ".join(visible(f"{place}{one.line}{seen}").split())
