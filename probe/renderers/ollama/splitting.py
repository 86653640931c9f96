"""Split a streamed answer into its lines, each of which is one JSON object."""

from __future__ import annotations

from probe.renderers.events import Stream
from probe.renderers.json_reader import Json, as_text, parsed

_NAME = "line"


def split(path: str, body: str | bytes | Json) -> Stream | None:
    """Return the lines of a body; None where it is no streamed answer."""
    if isinstance(body, Json):
        # A stream of which one line came is one JSON object.
        done = body.members.get("done")
        return Stream([_NAME], [as_text(body.raw)], offsets=[0]) if done and done.raw == b"false" else None
    return _lines(body) if isinstance(body, str) and body.lstrip()[:1] == "{" else None


def _lines(text: str) -> Stream | None:
    texts, offsets, place, ascii_only = [], [], 0, text.isascii()
    # Not splitlines(), which also cuts at characters that JSON strings may hold.
    for line in text.split("\n"):
        if line.strip():
            texts.append(line)
            offsets.append(place)
        place += len(line if ascii_only else line.encode("utf-8", "surrogatepass")) + 1
    left = [] if text.endswith("\n") or _is_object(texts[-1]) else [texts.pop()]
    if not texts or not _is_object(texts[0]):
        return None
    unfinished = tuple((_NAME, line) for line in left)
    return Stream([_NAME] * len(texts), texts, unfinished, offsets=offsets[: len(texts)])


def _is_object(line: str) -> bool:
    return type(parsed(line)) is dict
