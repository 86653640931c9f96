"""What is finished of a run that is being recorded, as the page shows it."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from probe.analysis.prices import Prices
from probe.live.growing_record import GrowingRecord
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.runs import Run, is_alive
from probe.renderers.loader import Renderer
from probe.report.html.page import index_of
from probe.report.html.page_data import PageData, encoded
from probe.report.html.pieces import LoosePieces
from probe.report.prompt_parts import PromptSlots
from probe.report.run import ReportedRun
from probe.report.summarize import summary_of
from probe.report.understood import understand
from probe.slots.environment import environment_of
from probe.slots.slots import Slots
from probe.trace.trace import TraceReader

_SHARE = 0.2
"""Of a processor, for numbers that are computed anew when something is finished."""
_MANIFEST_SECONDS = 0.5


class LiveRecording(msgspec.Struct, kw_only=True, frozen=True):
    """Which run is shown, and how it is read."""

    run: Run
    data_dir: Path
    renderer: Renderer
    ids: Mapping[str, Sequence[str]]
    prices: Prices
    describe: Callable[[Run], ReportedRun]


class Snapshot(msgspec.Struct, kw_only=True, frozen=True):
    """All that a page has besides the content itself, as JSON."""

    head: dict[str, msgspec.Raw]
    """Members of the summary and of the index that are sent as a whole."""
    lists: dict[str, list[bytes]]
    """Their lists, of which a client gets what is new."""
    ended: bool


class LiveRun:
    """Reads what is new. One thread polls it; the content may be read, and all of it closed, by others."""

    def __init__(self, recording: LiveRecording) -> None:
        self._recording = recording
        self._record = GrowingRecord(recording.run.traffic, self._skip)
        self._run = recording.run
        self._manifest: tuple[int, int] | None = None
        self._alive: bool | None = None
        self._looked = 0.0
        self._due = 0.0
        self._changed, self._closed = True, False
        self._begin()

    def _begin(self) -> None:
        self.pieces = LoosePieces()
        self._malformed = array("Q")
        self._data = PageData(self._recording.run.traffic, self.pieces)
        self._reader = TraceReader(self._recording.renderer, self._recording.ids, structured=False)
        self._prompt = PromptSlots(Slots(environment_of(self._recording.run.manifest)))

    def _skip(self, number: int, reason: str) -> None:
        self._malformed.append(number)

    def poll(self) -> Snapshot | None:
        """Read what is new; return the whole where it has changed and is due. Raises OSError for what is no record."""
        self._read_record()
        self._look_at_manifest()
        return self._snapshot() if self._changed and time.monotonic() >= self._due else None

    def _read_record(self) -> None:
        if self._record.replaced():
            self._begin()
            self._changed = True
        for exchange in self._record.new():
            if self._closed:
                return
            traced, turns, new = self._reader.add(exchange)
            self._data.add(traced, turns, new)
            self._prompt.add(new)
            self._changed = True

    def _look_at_manifest(self) -> None:
        """Check whether the recording has ended, or more is known of it."""
        now = time.monotonic()
        if now < self._looked + _MANIFEST_SECONDS:
            return
        self._looked = now
        with suppress(OSError):
            status = (self._run.folder / MANIFEST).lstat()
            if self._manifest != (known := (status.st_mtime_ns, status.st_size)):
                self._run = replace(self._run, manifest=Manifest.read(self._run.folder))
                self._manifest, self._changed = known, True
        if self._alive != (alive := is_alive(self._run)):
            self._alive, self._changed = alive, True

    def _snapshot(self) -> Snapshot:
        begin, now = time.thread_time(), time.monotonic()
        self._changed = False
        described = self._recording.describe(self._run)
        prices, spoken = self._recording.prices, self._data.spoken
        # That the numbers are partial is no problem of a page that goes on with the run.
        known = replace(described, live=False)
        found = understand(self._reader.trace, known, prices, self._malformed, spoken, self._prompt)
        found = replace(found, run=described)
        summary = summary_of(found)
        index = index_of(self._data, found, summary)
        snapshot = Snapshot(
            head=_members("summary", summary, ("turns", "exchanges"))
            | _members("index", index, ("pieces", "holes", "items", "turns")),
            lists={
                "summary.turns": _each(summary.turns),
                "summary.exchanges": _each(summary.exchanges),
                "index.pieces": [b"%d" % length for length in index.pieces],
                "index.holes": _each(index.holes),
                "index.items": _each(index.items),
                "index.turns": _each(index.turns.get(str(one.number)) for one in summary.turns),
            },
            ended=not described.live,
        )
        self._due = now + (time.thread_time() - begin) / _SHARE
        return snapshot

    def close(self) -> None:
        """End what another thread reads, and delete the content."""
        self._closed = True
        self.pieces.close()


def _members(prefix: str, value: msgspec.Struct, lists: Sequence[str]) -> dict[str, msgspec.Raw]:
    names = (name for name in value.__struct_fields__ if name not in lists)
    return {f"{prefix}.{name}": msgspec.Raw(encoded(getattr(value, name))) for name in names}


def _each(values: Iterable[object]) -> list[bytes]:
    return [encoded(value) for value in values]
