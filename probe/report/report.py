"""Write `report.md`: the numbers first, then every exchange. Two passes over the file, one record in memory."""

from __future__ import annotations

import shutil
import tempfile
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from probe.analysis.hosts import ChannelsBuilder
from probe.analysis.prices import Prices
from probe.analysis.structure import ExchangeStructure
from probe.analysis.summary import Summary, SummaryBuilder
from probe.analysis.turns import TurnsBuilder
from probe.record.reader import Place, read_at, read_places
from probe.record.tunnels import Tunnel
from probe.renderers import Renderer
from probe.report.coverage import channel_table, observer_changes
from probe.report.log import Log
from probe.report.overview import Front, front, numbers, payload_structure
from probe.report.turns import anchor, turn_section


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report says, in numbers."""

    summary: Summary
    malformed: Sequence[int]
    """Number of each line that is no record."""
    failures: int
    """Bodies whose renderer raised."""
    raws: int
    """Pieces that the renderer did not understand."""


def write_report(
    out: TextIO,
    records: Path,
    *,
    title: str,
    source: str,
    about: Sequence[tuple[str, str]] = (),
    tunnels: Iterable[Tunnel] = (),
    manifest: Mapping[str, Any] | None = None,
    generated_at: datetime,
    renderer: Renderer,
    ids: Mapping[str, Sequence[str]] | None = None,
    prices: Prices | None = None,
    on_malformed: Callable[[int, str], None] = lambda number, reason: None,
) -> Reported:
    """Write the report of a `traffic.jsonl`; a line that is no record goes to `on_malformed` as well.

    `tunnels` went around the listeners; `manifest` is that of the run, None for a file from elsewhere; `ids` says where
    the agent's own ids stand (`probe.record.ids`); without `prices` only costs that APIs told themselves are known.
    """
    survey = _Survey(renderer, on_malformed)
    places = survey.take(records)
    survey.channels.add_tunnels(tunnels)
    summary = survey.summary.summary()
    turns = TurnsBuilder(ids)
    log = Log(renderer, summary.started or 0.0, turns.add)
    # What the turns did and could not be rendered is known last and told first, so the log waits in a file.
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as held:
        for number, exchange in enumerate(read_at(records, places), 1):
            held.write(f"\n{anchor(number)}{log.entry(number, exchange)}")
        found = Reported(summary=summary, malformed=survey.malformed, failures=log.failures, raws=log.raws)
        page = Front(
            title=title,
            source=source,
            about=about,
            generated_at=generated_at,
            summary=found.summary,
            malformed=found.malformed,
            failures=found.failures,
            raws=found.raws,
        )
        told = turn_section(turns.turns, prices or Prices(installed=False), summary.started or 0.0)
        out.write(_first_part(page, told, survey, manifest))
        held.seek(0)
        shutil.copyfileobj(held, out, 1 << 20)
    return found


class _Survey:
    """The first pass: numbers, structure, and the order of start times."""

    def __init__(self, renderer: Renderer, on_malformed: Callable[[int, str], None]) -> None:
        self._renderer = renderer
        self.summary = SummaryBuilder()
        self.structure = ExchangeStructure()
        self.channels = ChannelsBuilder()
        self.malformed = array("Q")
        self._on_malformed = on_malformed

    def take(self, records: Path) -> list[Place]:
        """Read all records once; give their places in the order in which they started."""
        order: list[tuple[float, int, int]] = []
        for (offset, number), exchange in read_places(records, self._malformed):
            self.summary.add(exchange, complete=self._renderer.is_complete(exchange))
            self.structure.add(exchange)
            self.channels.add(exchange)
            order.append((exchange.timestamp, number, offset))
        return [(offset, number) for _, number, offset in sorted(order)]

    def _malformed(self, number: int, reason: str) -> None:
        self.malformed.append(number)
        self._on_malformed(number, reason)


def _first_part(page: Front, turns: str, survey: _Survey, manifest: Mapping[str, Any] | None) -> str:
    # A run from before there was coverage was not watched either.
    coverage = None if manifest is None else manifest.get("coverage") or {}
    sections = (
        front(page),
        turns,
        numbers(page.summary),
        channel_table(survey.channels.channels(coverage)),
        observer_changes((manifest or {}).get("observer_changes") or []),
        payload_structure(survey.structure),
        "## Conversation log\n" + ("" if page.summary.requests else "\nNothing was captured.\n"),
    )
    return "\n".join(filter(None, sections))
