"""Read AWS's binary event streams as names and texts, like any stream."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from probe.addon.aws_event_stream import CUT, DAMAGED, Frame, is_event_stream, read_frames
from probe.renderers.blocks import Block, Body, Note
from probe.renderers.events import Stream
from probe.renderers.json_reader import parsed

ERROR = "error"
"""Name of an event that an exception or an error of the stream becomes."""
PADDING = "p"
"""Field of an event that only hides how long the event is."""

NamedText = tuple[str, str]


def split_frames(body: str | bytes, events: Callable[[Frame], Iterator[NamedText]]) -> Stream | None:
    """Return the events of a body; None where it is no stream of frames. A short one may by chance be text."""
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if not is_event_stream(data):
        return None
    names, texts, offsets = [], [], []
    unfinished: list[NamedText] = []
    for frame in read_frames(data):
        if frame.kind == CUT:
            unfinished.append(("frame", f"{len(frame.payload):,} bytes from byte {frame.start:,}"))
            continue
        for name, text in _damaged(frame) if frame.kind == DAMAGED else events(frame):
            names.append(name)
            texts.append(text)
            offsets.append(frame.start)
    return Stream(names, texts, tuple(unfinished), 0, offsets)


def error_event(frame: Frame) -> NamedText:
    """Return an exception or an error as an event: its message, its name, and its other fields."""
    value = parsed(frame.payload)
    fields = value if isinstance(value, dict) else {"message": value}
    return ERROR, json.dumps({"type": ERROR, "error": {**fields, "type": frame.name}})


def damage(name: str, text: object) -> Note | None:
    """Return the remark about a damaged frame; None for any other event."""
    return Note(text=str(text)) if name == DAMAGED else None


def binary_blocks(body: bytes) -> list[Block]:
    """Return the blocks of bytes that are no frames."""
    return [Note(text="Binary, as base64:"), Body(value=base64.b64encode(body).decode())]


def model_of(path: str) -> str | None:
    """Return the model that a path of the runtime names."""
    _, found, rest = path.rpartition("/model/")
    return unquote(rest.split("/")[0]) or None if found else None


def _damaged(frame: Frame) -> Iterator[NamedText]:
    size = len(frame.payload)
    yield DAMAGED, f"A frame at byte {frame.start:,} is damaged and left out ({size:,} bytes)."
