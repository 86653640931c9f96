"""Write the report of a run from its record: `report.md`."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from probe.analysis.prices import Prices
from probe.renderers.loader import Renderer
from probe.report.markdown.document import Document
from probe.report.parts import Reading, read_record
from probe.report.run import ReportedRun
from probe.report.understood import Understood, understand
from probe.slots.slots import Slots


def write_report(
    out: TextIO,
    record: Path,
    run: ReportedRun,
    *,
    renderer: Renderer,
    ids: Mapping[str, Sequence[str]] | None = None,
    prices: Prices | None = None,
    on_malformed: Callable[[int, str], None] = lambda number, reason: None,
    slots: Slots | None = None,
    full: bool = False,
    jobs: int = 1,
) -> Understood:
    """Write the report of a `traffic.jsonl`; a line that is no record goes to `on_malformed` as well.

    `ids` says where the agent's own ids are (`probe.record.ids`); `slots` finds what changes from run to run; `full`
    writes every exchange with its headers and both bodies instead of what is new in each turn; `jobs` processes read
    the record.
    """
    malformed = array("Q")

    def skip(number: int, reason: str) -> None:
        malformed.append(number)
        on_malformed(number, reason)

    reading = Reading(record=record, ids=ids or {}, full=full, slots=slots or Slots())
    trace, texts, prompt = read_record(reading, renderer, skip, jobs)
    found = understand(trace, run, prices or Prices(installed=False), malformed, texts.spoken, prompt)
    for part in Document(found, texts).parts(full=full):
        out.write(part)
    texts.spool.close()
    return found
