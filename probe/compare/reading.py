"""Read two recordings, each once and in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from probe.analysis.findings import findings_of
from probe.analysis.prices import Prices
from probe.compare.noted_run import side_of
from probe.compare.noting import Notes
from probe.compare.side import Side
from probe.protocol.describing import described
from probe.protocol.reading import ProtocolReader
from probe.record.open_record import record_size
from probe.record.reader import read_unread
from probe.record.reading_memory import give_back_memory
from probe.renderers.loader import load_renderer
from probe.slots.environment import Environment
from probe.slots.rules import Rule
from probe.slots.slots import Slots
from probe.trace.trace import TraceReader

SMALL = 8 << 20
"""Bytes of both records up to which another process costs more time than it saves."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to read a recording, in a form that another process can be handed."""

    traffic: Path
    renderer: Any
    """As a target's file has it."""
    ids: Mapping[str, Sequence[str]]
    environment: Environment
    rules: tuple[Rule, ...]
    prompt: str | None
    agent: str


class BadLines(msgspec.Struct, frozen=True):
    """Lines of a record that are none."""

    number: int
    first: str


def read_both(before: Source, after: Source) -> tuple[tuple[Side, BadLines], tuple[Side, BadLines]]:
    """Return what is compared of both."""
    if record_size(before.traffic) + record_size(after.traffic) < SMALL:
        return read_side(before), read_side(after)
    # Forked while it has one thread: what is imported by now is in memory once for both.
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        other = pool.submit(read_side, after)
        one = read_side(before)
        give_back_memory()
        return one, other.result()


def read_side(source: Source) -> tuple[Side, BadLines]:
    """Read one recording."""
    slots = Slots(source.environment, source.rules)
    renderer = load_renderer(source.renderer)
    reader, notes = TraceReader(renderer, source.ids, structured=False), Notes(slots)
    protocol = ProtocolReader(slots, source.agent)
    bad: list[str] = []
    for exchange in read_unread(source.traffic, lambda number, why: bad.append(f"line {number}: {why}"), outlined=True):
        traced, turns, new = reader.add(exchange)
        notes.add(traced, new)
        protocol.add(traced, turns, new)
    found = findings_of(reader.trace, Prices(installed=False), prompt=source.prompt)
    return side_of(
        found,
        notes,
        slots,
        described(protocol.finish()),
        source.prompt,
    ), BadLines(len(bad), bad[0] if bad else "")
