"""Read a record in parts that take about equally long, each in its own process, and put them together again."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from probe.errors import UserError
from probe.record.open_record import open_record
from probe.renderers.loader import Renderer, load_renderer
from probe.report.markdown.exchange_texts import ExchangeTexts
from probe.report.markdown.item_texts import ItemText, moved_key
from probe.report.markdown.spool import Key, Place, Spool, temporary_file
from probe.report.prompt_parts import PromptSlots
from probe.slots.anatomy import SlotUse
from probe.slots.slots import Slots
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.trace import Trace, read_trace
from probe.trace.turns import Traced

_BLOCK = 1 << 20
HEAD_START = 32 << 20
"""Bytes that this process reads while another one starts, and hands over what it read."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a record is read."""

    record: Path
    ids: Mapping[str, Sequence[str]]
    full: bool
    slots: Slots


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is asked for."""

    reading: Reading
    rules: Sequence[Mapping[str, str]]
    """What its renderer is loaded by."""
    start: int
    end: int | None


class PartRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a process returns; the texts are in the file that it was given."""

    trace: Trace
    items: Mapping[int, ItemText]
    slots: Mapping[int, tuple[SlotUse, ...]]
    places: Mapping[Key, Place]
    malformed: Sequence[tuple[int, str]]


def read_record(
    reading: Reading, renderer: Renderer, on_malformed: Callable[[int, str], None], jobs: int
) -> tuple[Trace, ExchangeTexts, PromptSlots]:
    """Return trace, texts and slots of a record, read by as many processes; this one reads the first part."""
    first, *others = _ranges(reading.record, jobs)
    rules = [{"path": pattern, "renderer": module} for pattern, module, _ in renderer.routes]
    with ExitStack() as stack:
        started = [
            stack.enter_context(_Process(Part(reading=reading, rules=rules, start=start, end=end)))
            for start, end in others
        ]
        trace, texts, slots = _read(reading, renderer, Spool(), on_malformed, first)
        for process in started:
            found = process.result()
            moved = trace.merge(found.trace)
            texts.spool.merge(process.spool, {moved_key(key, moved): place for key, place in found.places.items()})
            texts.items.merge(found.items, moved)
            slots.merge(found.slots, moved)
            for number, reason in found.malformed:
                on_malformed(number, reason)
    return trace, texts, slots


def _read(
    reading: Reading,
    renderer: Renderer,
    spool: Spool,
    on_malformed: Callable[[int, str], None],
    place: tuple[int, int | None],
) -> tuple[Trace, ExchangeTexts, PromptSlots]:
    texts, slots = ExchangeTexts(spool, full=reading.full), PromptSlots(reading.slots)

    def add(traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        texts.add(traced, turns, new)
        slots.add(new)

    trace = read_trace(
        reading.record,
        renderer,
        ids=reading.ids,
        on_malformed=on_malformed,
        on_exchange=add,
        start=place[0],
        end=place[1],
        lines_before=_lines_before(reading.record, place[0]),
    )
    return trace, texts, slots


class _Process:
    """A process that reads a part. It ends with the block that it is used in."""

    def __init__(self, part: Part) -> None:
        import subprocess  # Here, since most reports are written by one process.

        self.spool = temporary_file()
        command = [sys.executable, "-P", "-m", "probe.report.part_process", str(self.spool.fileno())]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[self.spool.fileno()],
        )
        assert self._process.stdin
        with self._process.stdin as stdin:
            pickle.dump(part, stdin)
        self._process.stdin = None

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdout
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()

    def result(self) -> PartRead:
        """Wait for what it has read. Raises UserError, and RuntimeError when it failed and has said why."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"the process that read a part of the record failed ({self._process.returncode})")
        # Nothing but our own process writes to this pipe.
        found: PartRead | UserError = pickle.loads(output)
        if isinstance(found, UserError):
            raise found
        return found


def _ranges(record: Path, jobs: int) -> list[tuple[int, int | None]]:
    """Return where parts begin and end, at borders of lines; the first one is longer, and the last one has no end."""
    with open_record(record) as file:
        size = file.seek(0, os.SEEK_END)
        shared = max(size - HEAD_START, 0)
        offsets = (size - shared * (jobs - number) // jobs for number in range(1, jobs))
        borders = sorted({0, *(_line_after(file, offset) for offset in offsets)} - {size} | {0})
    return [(start, end) for start, end in zip(borders, [*borders[1:], None], strict=True)]


def _line_after(file: BinaryIO, offset: int) -> int:
    """Return where the first line begins that does not begin before an offset."""
    file.seek(max(offset - 1, 0))
    while block := file.readline(_BLOCK):
        if block.endswith(b"\n"):
            break
    return file.tell()


def _lines_before(record: Path, offset: int) -> int:
    return sum(block.count(b"\n") for block in _blocks(record, offset))


def _blocks(record: Path, end: int) -> Iterator[bytes]:
    with open_record(record, buffering=_BLOCK) as file:
        while (left := end - file.tell()) > 0 and (block := file.read(min(_BLOCK, left))):
            yield block


def read_part(part: Part, file: BinaryIO) -> PartRead:
    """Read a part of a record; its texts go to a file."""
    malformed: list[tuple[int, str]] = []
    trace, texts, slots = _read(
        part.reading,
        load_renderer(part.rules),
        Spool(file),
        lambda number, reason: malformed.append((number, reason)),
        (part.start, part.end),
    )
    places = texts.spool.places()
    return PartRead(trace=trace, items=texts.items.described(), slots=slots.found, places=places, malformed=malformed)
