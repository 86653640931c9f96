"""Find secrets within AWS's binary event streams, whose frames carry events as base64 and have lengths and checksums.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import base64
import re
import struct
from binascii import crc32
from collections.abc import Iterator

from probe.addon.redaction.across_events import spoken_edits
from probe.addon.redaction.redactor import Edit, Redactor, applied

MEDIA_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
# Padding ends it: what stands behind is no base64 any more.
_CHUNK = re.compile(rb'"bytes"\s*+:\s*+"([A-Za-z0-9+/]++={0,2}+)')


class _Frame:
    """One frame, or what there is of one that was cut or damaged."""

    def __init__(self, data: bytes, start: int, end: int, payload: tuple[int, int], *, whole: bool) -> None:
        self.start, self.end = start, end
        self._data = data
        self._payload = payload
        self._whole = whole
        chunk = _CHUNK.search(data, *payload)
        self._encoded = chunk.span(1) if chunk else None
        self.event = self._event()
        """What it carries, decoded."""

    def _event(self) -> bytes:
        if self._encoded is None:
            return self._data[slice(*self._payload)]
        encoded = self._data[slice(*self._encoded)]
        return base64.b64decode(encoded[: len(encoded) // 4 * 4])

    def carrying(self, event: bytes) -> bytes:
        """Give the frame with another event in it; one that is not whole carries nothing any more."""
        if not self._whole:
            return b""
        begin, end = self._payload
        payload = event
        if self._encoded is not None:
            first, last = self._encoded
            payload = self._data[begin:first] + base64.b64encode(event) + self._data[last:end]
        headers = self._data[self.start + _PRELUDE.size : begin]
        lengths = struct.pack(">II", _PRELUDE.size + len(headers) + len(payload) + _CHECKSUM.size, len(headers))
        frame = lengths + _CHECKSUM.pack(crc32(lengths)) + headers + payload
        return frame + _CHECKSUM.pack(crc32(frame))


def frame_edits(data: bytes, redactor: Redactor) -> list[Edit]:
    """Give the frames in which a secret stands, alone or spread over several, as they are without it."""
    if redactor.keep:
        return []
    frames = list(_frames(data))
    events = [frame.event for frame in frames]
    found: list[Edit] = []
    for _ in redactor.chunks([_joined(events)], found):
        pass
    # What is spread over events goes first: a piece that was redacted alone would hide where the rest begins.
    spread = spoken_edits(_joined(events), redactor)
    if not found and not spread:
        return []
    events = _without(events, spread)
    found.clear()
    for _ in redactor.chunks([_joined(events)], found):
        pass
    events = _without(events, found)
    changed = ((frame, event) for frame, event in zip(frames, events, strict=True) if event != frame.event)
    return [Edit(frame.start, frame.end - frame.start, frame.carrying(event)) for frame, event in changed]


def _frames(data: bytes) -> Iterator[_Frame]:
    """Yield the frames up to one whose lengths are damaged; of one that was cut, what came."""
    start = 0
    while start + _PRELUDE.size <= len(data):
        total, headers, checksum = _PRELUDE.unpack_from(data, start)
        payload, end = start + _PRELUDE.size + headers, start + total
        if checksum != crc32(data[start : start + 8]) or payload + _CHECKSUM.size > end:
            return
        if end > len(data):
            yield _Frame(data, start, len(data), (min(payload, len(data)), len(data)), whole=False)
            return
        last = end - _CHECKSUM.size
        (checksum,) = _CHECKSUM.unpack_from(data, last)
        yield _Frame(data, start, end, (payload, last), whole=checksum == crc32(data[start:last]))
        start = end


def _joined(events: list[bytes]) -> bytes:
    """Put events one below the other, so that no text goes on from one in the next."""
    return b"\n".join(events)


def _without(events: list[bytes], edits: list[Edit]) -> list[bytes]:
    """Make edits of the joined events in each of them."""
    own: list[list[Edit]] = [[] for _ in events]
    begin, index = 0, 0
    for edit in edits:
        while begin + len(events[index]) < edit.start:
            begin += len(events[index]) + 1
            index += 1
        own[index].append(Edit(edit.start - begin, edit.length, edit.new))
        # What goes beyond the event's end stands in the next ones.
        left, place = edit.start + edit.length - begin - len(events[index]) - 1, index + 1
        while left > 0 and place < len(events):
            own[place].append(Edit(0, min(left, len(events[place])), b""))
            left, place = left - len(events[place]) - 1, place + 1
    return [applied(event, changes) if changes else event for event, changes in zip(events, own, strict=True)]
