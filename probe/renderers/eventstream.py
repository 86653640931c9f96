"""Read AWS's binary event streams, with botocore where it is installed.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html tells the form of a frame.
"""

from __future__ import annotations

import importlib
import struct
from binascii import crc32
from dataclasses import dataclass
from typing import Any

MISSING = "To read the frames of this answer, install botocore: uv sync --extra bedrock, or pip install -e '.[bedrock]'"

_PRELUDE = struct.Struct(">III")
_STEP = 1 << 14
"""Bytes that the reader is given at once: it copies what is left of them after each frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message of the stream."""

    kind: str
    """event, exception or error."""
    name: str
    """Type of the event or of the exception; code of the error."""
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """What could be read of a stream."""

    frames: tuple[Frame, ...]
    problems: tuple[str, ...]
    """What could not be read, and why."""


def is_eventstream(data: bytes) -> bool:
    """Tell whether bytes begin as a frame does: with lengths that their checksum confirms."""
    return _is_prelude(data, 0)


def read_frames(data: bytes) -> Frames | None:
    """Read all frames, around those that are damaged; None where botocore is not installed."""
    try:
        library = importlib.import_module("botocore.eventstream")
    except ImportError:
        return None
    frames: list[Frame] = []
    problems: list[str] = []
    place: int | None = 0
    while place is not None and place < len(data):
        place, problem = _read_run(library, data, place, frames)
        if problem:
            problems.append(f"A frame at byte {place:,} {problem}.")
            # A damaged frame (what was redacted in it changed its length) is no reason to lose those behind it.
            place = _next_prelude(data, place + 1)
    return Frames(frames=tuple(frames), problems=tuple(problems))


def _read_run(library: Any, data: bytes, place: int, frames: list[Frame]) -> tuple[int, str | None]:
    """Read frames up to one that is not whole; give where the next one would begin, and what is wrong with it."""
    buffer = library.EventStreamBuffer()
    try:
        for start in range(place, len(data), _STEP):
            buffer.add_data(data[start : start + _STEP])
            for message in buffer:
                frames.append(_frame(message))
                place += message.prelude.total_length
    except (library.ParserError, ValueError, LookupError, struct.error) as error:
        return place, f"is damaged and left out ({error})"
    return place, "is cut short" if place < len(data) else None


def _frame(message: Any) -> Frame:
    headers = {name.removeprefix(":"): value for name, value in message.headers.items()}
    kind = str(headers.get("message-type", "event"))
    if kind == "error":
        # It has its words in the headers, and no payload.
        told = str(headers.get("error-message", ""))
        return Frame(kind=kind, name=str(headers.get("error-code", kind)), payload=told.encode())
    return Frame(kind=kind, name=str(headers.get(f"{kind}-type", kind)), payload=bytes(message.payload))


def _next_prelude(data: bytes, place: int) -> int | None:
    """Find where the next frame begins."""
    # Frames are shorter than 16 MiB, so the first byte of their length is zero.
    place = data.find(b"\0", place)
    while place >= 0 and not _is_prelude(data, place):
        place = data.find(b"\0", place + 1)
    return place if place >= 0 else None


def _is_prelude(data: bytes, place: int) -> bool:
    if len(data) < place + _PRELUDE.size:
        return False
    total, headers, checksum = _PRELUDE.unpack_from(data, place)
    return bool(checksum == crc32(data[place : place + 8]) and total >= headers + 16)
