"""Write `report.html`: the page of a run, made in one pass of its record."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from msgspec.structs import replace

from probe.analysis.prices import Prices
from probe.renderers.loader import Renderer
from probe.report.html.contents import Index
from probe.report.html.page_code import page_parts
from probe.report.html.page_data import PageData, encoded
from probe.report.html.pieces import Chunks
from probe.report.prompt_parts import PromptSlots
from probe.report.run import ReportedRun
from probe.report.summarize import summary_of
from probe.report.summary import Summary, json_of
from probe.report.understood import Understood, understand
from probe.slots.slots import Slots
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.trace import read_trace
from probe.trace.turns import Traced


def write_page(
    out: TextIO,
    record: Path,
    run: ReportedRun,
    *,
    renderer: Renderer,
    ids: Mapping[str, Sequence[str]] | None = None,
    prices: Prices | None = None,
    slots: Slots | None = None,
    on_malformed: Callable[[int, str], None] = lambda number, reason: None,
) -> Understood:
    """Write the page of a `traffic.jsonl`; a line that is no record goes to `on_malformed` as well.

    `ids` says where the agent's own ids are (`probe.record.ids`); `slots` finds what changes from run to run.
    """
    malformed = array("Q")

    def skip(number: int, reason: str) -> None:
        malformed.append(number)
        on_malformed(number, reason)

    chunks = Chunks()
    try:
        data, prompt = PageData(record, chunks), PromptSlots(slots or Slots())

        def add(traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
            data.add(traced, turns, new)
            prompt.add(new)

        trace = read_trace(record, renderer, ids=ids, on_malformed=skip, on_exchange=add, structured=False)
        found = understand(trace, run, prices or Prices(installed=False), malformed, data.spoken, prompt)
        summary = summary_of(found)
        chunks.finish()
        index = replace(index_of(data, found, summary), chunks=chunks.ranges, lanes=chunks.lanes)
        contents = _contents(index, chunks)
        for part in page_parts(run.title, chunks.packed(json_of(summary).encode()), contents):
            out.write(part)
    finally:
        chunks.close()
    return found


def index_of(data: PageData, found: Understood, summary: Summary) -> Index:
    """Return the index of a page, by the numbers that its summary has."""
    numbers = {(turn.line, turn.part): turn.number for turn in summary.turns}
    return data.index(found.findings, numbers, [exchange.line for exchange in summary.exchanges])


def _contents(index: Index, chunks: Chunks) -> Iterator[tuple[str, str]]:
    yield "index", chunks.packed(encoded(index))
    for number, text in enumerate(chunks.texts()):
        yield f"c{number}", text.decode()
