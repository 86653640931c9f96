"""Split an answer's body into the pieces that the API sent: events, or elements of an array."""

from __future__ import annotations

import json
import re

from probe.addon.json_text import too_many_values
from probe.renderers.events import Stream, split_stream
from probe.renderers.json_reader import Json, as_text
from probe.renderers.sse import is_stream

# An error may be in an event stream as plain JSON, without `data:`.
_OUTSIDE = re.compile(r"(?m)^(?!(?:data|event|id|retry)(?::|\r?$)|:|\ufeff)[^\r\n].*$")
_SPACE = re.compile(r"[ \t\r\n]*")
_PIECE = ("candidates", "usageMetadata", "usage_metadata", "promptFeedback", "prompt_feedback", "response")
"""What any piece of a streamed answer has one of."""
_NAME = "message"
_LOOK = 100_000
"""Characters of a cut array in which one of these names has to be."""


def split(path: str, body: str | bytes | Json) -> Stream | None:
    """Return the pieces of a body; None where it is no streamed answer."""
    if isinstance(body, Json):
        return _array(body)
    if not isinstance(body, str):
        return None
    if is_stream(body):
        return _events(body)
    return _cut_array(body) if body.lstrip()[:1] == "[" and not too_many_values(body) else None


def _events(text: str) -> Stream:
    stream = split_stream(text)
    found = [] if stream.lines else list(_OUTSIDE.finditer(text))
    outside = "\n".join(line[0] for line in found)
    if not outside.strip():
        return stream
    offsets = [*stream.offsets, len(text[: found[0].start()].encode("utf-8", "surrogatepass"))]
    return stream._replace(names=[*stream.names, _NAME], texts=[*stream.texts, outside], offsets=offsets)


def _array(body: Json) -> Stream | None:
    """Return the elements of a whole array; None for an error alone."""
    elements = body.elements
    if not elements or not any(name in element.members for element in elements for name in _PIECE):
        return None
    offsets: list[int] = []
    place = 0
    for element in elements:
        place = body.raw.find(element.raw, place)
        offsets.append(place)
        place += len(element.raw)
    texts = [as_text(element.raw) for element in elements]
    return Stream([_NAME] * len(texts), texts, offsets=() if -1 in offsets else offsets)


def _cut_array(text: str) -> Stream | None:
    """Return the elements of an array that was cut short, and the beginning of the last one."""
    decoder, texts, offsets, size, counted = json.JSONDecoder(), [], [], 0, 0
    place = _after_space(text, text.index("[") + 1)
    while place < len(text) and text[place] != "]":
        try:
            _, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        after = _after_space(text, end)
        if text[after : after + 1] not in ("", ",", "]"):
            break
        texts.append(text[place:end])
        size += len(text[counted:place].encode("utf-8", "surrogatepass"))
        counted = place
        offsets.append(size)
        place = _after_space(text, after + 1) if text[after : after + 1] == "," else after
    left = text[place:].strip().removeprefix("]")
    known = any(f'"{name}"' in text[:_LOOK] for name in _PIECE)
    return Stream([_NAME] * len(texts), texts, ((_NAME, left),) if left else (), 0, offsets) if known else None


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
