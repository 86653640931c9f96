"""Read AWS's binary event streams, and find secrets in them: frames have lengths, checksums and base64 events.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import base64
import re
import struct
from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.addon.redaction.edits import Edit, applied

if TYPE_CHECKING:
    from probe.addon.redaction.redactor import Redactor

MEDIA_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
# Padding ends it: what follows is not base64.
_CHUNK = re.compile(rb'"bytes"\s*+:\s*+"([A-Za-z0-9+/]++={0,2}+)')
# Length of each type of header value: booleans, integers, a time, a UUID; bytes (6) and texts (7) carry their own.
_VALUES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_WITH_LENGTH = (6, 7)

DAMAGED, CUT = "damaged", "cut short"
"""Kinds of frames that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message of a stream."""

    start: int
    """Where it begins, in bytes of the stream."""
    kind: str
    """event, exception or error; DAMAGED or CUT."""
    name: str
    """Type of the event or of the exception, code of the error."""
    payload: bytes
    """All bytes of a frame that cannot be read."""


def is_event_stream(data: bytes) -> bool:
    """Check whether bytes begin with a frame's lengths and a checksum that confirms them."""
    return _has_prelude(data, 0)


def read_frames(data: bytes) -> Iterator[Frame]:
    """Yield all frames; a damaged one does not affect the others."""
    for frame in _frames(data):
        headers = frame.headers() if frame.whole else None
        if headers is None:
            kind = CUT if frame.cut else DAMAGED
            yield Frame(start=frame.start, kind=kind, name="", payload=data[frame.start : frame.end])
            continue
        kind = headers.get(":message-type", "event")
        # An error has its message in the headers, and no payload.
        payload = headers.get(":error-message", "").encode() if kind == "error" else frame.payload
        name = headers.get(":error-code" if kind == "error" else f":{kind}-type", kind)
        yield Frame(start=frame.start, kind=kind, name=name, payload=payload)


def joined_events(data: bytes) -> bytes:
    """Return what all frames carry, base64 undone, one event below the other."""
    return _joined([frame.event for frame in _frames(data)])


class _Frame:
    """One frame, or what arrived of one that was cut or damaged."""

    def __init__(
        self, data: bytes, start: int, end: int, payload: tuple[int, int], *, whole: bool, cut: bool = False
    ) -> None:
        self.start, self.end = start, end
        self.whole, self.cut = whole, cut
        self._data = data
        self._payload = payload
        chunk = _CHUNK.search(data, *payload)
        self._encoded = chunk.span(1) if chunk else None
        self.event = self._event()
        """Its content, decoded."""

    @property
    def payload(self) -> bytes:
        """Return what follows the headers."""
        return self._data[slice(*self._payload)]

    def headers(self) -> dict[str, str] | None:
        """Return the headers that are texts; None where they are damaged."""
        found: dict[str, str] = {}
        place, end = self.start + _PRELUDE.size, self._payload[0]
        while place < end:
            name = self._data[place + 1 : place + 1 + self._data[place]]
            place += 1 + len(name)
            if place >= end:
                return None
            kind, size = self._data[place], _VALUES.get(self._data[place])
            place += 1
            if kind in _WITH_LENGTH:
                size = int.from_bytes(self._data[place : place + 2])
                place += 2
            if size is None or place + size > end:
                return None
            if kind == _WITH_LENGTH[1]:
                found[name.decode("utf-8", "replace")] = self._data[place : place + size].decode("utf-8", "replace")
            place += size
        return found if place == end else None

    def _event(self) -> bytes:
        if self._encoded is None:
            return self.payload
        encoded = self._data[slice(*self._encoded)]
        return base64.b64decode(encoded[: len(encoded) // 4 * 4])

    def carrying(self, event: bytes) -> bytes:
        """Return the frame with another event in it; empty for a frame that is not whole."""
        if not self.whole:
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
    """Return edits that redact the frames holding a secret, whole or spread over several frames."""
    # Here, since its patterns take a tenth of a second to load, and who only reads frames needs none of them.
    from probe.addon.redaction.across_events import edits_across_events

    if redactor.keep:
        return []
    # Bytes outside of frames are redacted like any others.
    frames = [frame for frame in _frames(data) if _has_prelude(data, frame.start)]
    events = [frame.event for frame in frames]
    found: list[Edit] = []
    for _ in redactor.chunks([_joined(events)], found):
        pass
    # Secrets spread over events come first: a piece redacted alone would hide where the rest begins.
    spread = edits_across_events(_joined(events), redactor)
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
    """Yield the frames; a cut one with what arrived, damaged ones with all bytes up to the next sound frame."""
    start = 0
    while start < len(data):
        sound = _has_prelude(data, start)
        total, headers, _ = _PRELUDE.unpack_from(data, start) if sound else (0, 0, 0)
        payload, end = start + _PRELUDE.size + headers, start + total
        last = end - _CHECKSUM.size
        if sound and end > len(data):
            yield _Frame(data, start, len(data), (min(payload, len(data)), len(data)), whole=False, cut=True)
            return
        if sound and _CHECKSUM.unpack_from(data, last)[0] == crc32(data[start:last]):
            yield _Frame(data, start, end, (payload, last), whole=True)
            start = end
            continue
        following = _next_prelude(data, start + 1)
        cut = len(data) - start < _PRELUDE.size
        yield _Frame(data, start, following, (payload if sound else start, following), whole=False, cut=cut)
        start = following


def _next_prelude(data: bytes, place: int) -> int:
    """Return where the next frame begins; the end where there is none."""
    # Frames are shorter than 16 MiB, so the first byte of their length is zero.
    place = data.find(b"\0", place)
    while place >= 0 and not _has_prelude(data, place):
        place = data.find(b"\0", place + 1)
    return place if place >= 0 else len(data)


def _has_prelude(data: bytes, place: int) -> bool:
    if len(data) < place + _PRELUDE.size:
        return False
    total, headers, checksum = _PRELUDE.unpack_from(data, place)
    return bool(total >= headers + _PRELUDE.size + _CHECKSUM.size and checksum == crc32(data[place : place + 8]))


def _joined(events: list[bytes]) -> bytes:
    """Return events as lines, so that no text continues from one into the next."""
    return b"\n".join(events)


def _without(events: list[bytes], edits: list[Edit]) -> list[bytes]:
    """Return the events with edits of the joined events applied to each."""
    own: list[list[Edit]] = [[] for _ in events]
    begin, index = 0, 0
    for edit in edits:
        while begin + len(events[index]) < edit.start:
            begin += len(events[index]) + 1
            index += 1
        own[index].append(Edit(edit.start - begin, edit.length, edit.new))
        # What exceeds the event's end is in the next ones.
        left, place = edit.start + edit.length - begin - len(events[index]) - 1, index + 1
        while left > 0 and place < len(events):
            own[place].append(Edit(0, min(left, len(events[place])), b""))
            left, place = left - len(events[place]) - 1, place + 1
    return [applied(event, changes) if changes else event for event, changes in zip(events, own, strict=True)]
