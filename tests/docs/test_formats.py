"""The table of what a round trip loses is the one that the tests of round trips check."""

from __future__ import annotations

from probe.exports.formats import FORMATS
from probe.exports.losses import BOTH, LOSSES
from probe.imports.formats import FORMATS as READ
from probe.places import PROJECT
from tests.docs.documents import code_spans

DOCUMENT = PROJECT / "docs" / "formats.md"


def test_the_table_lists_what_each_format_loses() -> None:
    rows = [f"| {loss.what} | {' | '.join('×' if one in loss.formats else '' for one in BOTH)} |" for loss in LOSSES]
    table = DOCUMENT.read_text(encoding="utf-8").partition("| lost | claude-trace | claude-tap |\n|---|---|---|\n")[2]
    assert table.rstrip().splitlines() == rows


def test_every_format_is_described() -> None:
    spans = set(code_spans(DOCUMENT))
    assert {*FORMATS, *READ, *(one.name for one in FORMATS.values())} <= spans | {
        span.partition(":")[0] for span in spans
    }
