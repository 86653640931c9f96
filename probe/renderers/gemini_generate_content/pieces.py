"""Cut an answer's body into the pieces that the API sent: events, elements of an array, or one whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from probe.addon.json_text import too_many_values
from probe.renderers.bodies import parsed, parsed_event
from probe.renderers.sse import SseParser, is_stream

# An error may stand in an event stream as plain JSON, without `data:`.
_OUTSIDE = re.compile(r"(?m)^(?!(?:data|event|id|retry)(?::|\r?$)|:|\ufeff)[^\r\n].*$")
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(slots=True, kw_only=True)
class Pieces:
    """The pieces of an answer."""

    values: list[Any] = field(default_factory=list)
    """Each piece as parsed JSON, or as text where it is none."""
    kind: str
    """`stream`, `array`, or `whole`."""
    closed: bool = True
    """False when a stream ended within a piece, or an array before its end."""
    unfinished: str = ""
    """What came of a piece that was cut short."""
    counts: Counter[str] = field(default_factory=Counter)
    """Events by their names in the stream."""
    comments: int = 0


def pieces_of(body: Any) -> Pieces:
    """Cut a body into its pieces."""
    if is_stream(body):
        return _events(body)
    value = parsed(body)
    if isinstance(value, list):
        return Pieces(kind="array", values=value)
    if isinstance(value, str) and value.lstrip()[:1] == "[" and not too_many_values(value):
        return _elements(value)
    return Pieces(kind="whole", values=[value])


def _events(body: str) -> Pieces:
    parser, found = SseParser(), Pieces(kind="stream")
    for event in parser.read(body):
        if event.data is None:
            continue  # what it had instead is found below
        if event.complete:
            found.values.append(parsed_event(event.data))
            found.counts[event.type] += 1
        else:
            found.unfinished, found.closed = event.data, False
    found.comments = parser.comments
    outside = "\n".join(_OUTSIDE.findall(body))
    if outside.strip():
        value = parsed(outside)
        found.values += value if isinstance(value, list) else [value]
    return found


def _elements(text: str) -> Pieces:
    """Cut the text of an array that may have been cut short."""
    found, decoder = Pieces(kind="array", closed=False), json.JSONDecoder()
    place = _after_space(text, text.index("[") + 1)
    while place < len(text) and text[place] != "]":
        try:
            _, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        after = _after_space(text, end)
        if text[after : after + 1] not in ("", ",", "]"):
            break
        found.values.append(parsed_event(text[place:end]))
        place = _after_space(text, after + 1) if text[after : after + 1] == "," else after
    found.closed = text[place : place + 1] == "]"
    found.unfinished = text[place + found.closed :].strip()
    return found


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
