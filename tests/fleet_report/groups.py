"""Read records into what is compared of groups, as a fleet does."""

from __future__ import annotations

from pathlib import Path

from probe.analysis.findings import findings_of
from probe.analysis.prices import Prices
from probe.compare.conditions import Conditions
from probe.compare.noting import Notes
from probe.fleet.run_sides import sides_of_run
from probe.fleet.sides import GroupSides
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.reading import ProtocolReader
from probe.record.reader import read_unread
from probe.renderers.loader import AUTO, load_renderer
from probe.slots.slots import Slots
from probe.trace.trace import TraceReader


def read(path: Path, agent: str = "", mode: str = "headless") -> tuple[GroupSides, ProtocolStatistics]:
    """Return what one record shows, for a comparison of groups."""
    slots = Slots()
    reader, notes = TraceReader(load_renderer(AUTO), {}, structured=False), Notes(slots)
    protocol = ProtocolReader(slots, agent)
    for exchange in read_unread(path, lambda number, why: None, outlined=True):
        traced, turns, new = reader.add(exchange)
        notes.add(traced, new)
        protocol.add(traced, turns, new)
    found = findings_of(reader.trace, Prices(installed=False))
    statistics = protocol.finish()
    return sides_of_run(found, notes, slots, statistics, conditions=Conditions(mode=mode)), statistics


def sides_of(path: Path) -> GroupSides:
    """Return what one record shows besides its protocol."""
    return read(path)[0]
