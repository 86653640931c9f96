"""The events of a stream, read in one go: name, data and place of each, with pieces of one text joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from probe.renderers.json_reader import as_text, parsed
from probe.renderers.sse import SseParser

LARGE = 2048
"""Characters of an event's data from which its members are read one by one, since most of them are repeats."""
_DONE = "[DONE]"

_decode = msgspec.json.Decoder().decode_lines


class Stream(NamedTuple):
    """A stream's events, not read yet."""

    names: Sequence[str]
    """Type of each, `message` where the stream names none."""
    texts: Sequence[str | bytes]
    """Data of each."""
    unfinished: tuple[tuple[str, str], ...] = ()
    """Name and data of what has no end: the stream was cut within it."""
    comments: int = 0
    offsets: Sequence[int] = ()
    """Where each begins, in bytes of the stored body; empty where `lines` tell."""
    lines: Sequence[bytes] = ()
    """All lines, where each event has as many of them."""
    width: int = 0
    """How many."""
    size: int | None = None
    """Bytes of the whole, where they were counted."""

    def offset(self, number: int) -> int | None:
        """Return where an event begins, in bytes of the stored body; None where that is not known."""
        if number < len(self.offsets):
            return self.offsets[number]
        if number * self.width < len(self.lines):
            before = self.lines[: number * self.width]
            return sum(map(len, before)) + len(before)
        return None


class Event(NamedTuple):
    """One event, or several that carry pieces of one text."""

    number: int
    """Its number in the stream, from 0; of several that of the first."""
    pieces: int
    name: str
    kind: str
    """Its type (`kind_of`)."""
    data: Any


def split_stream(text: str) -> Stream:
    """Split the text of a stream into events.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """
    return _split_plain(text) or _split_any(text)


def _split_plain(text: str) -> Stream | None:
    """Split a stream whose events are alike, with LF, as nearly all are; None for any other."""
    if "\r" in text or not text.endswith("\n\n"):
        return None
    # As bytes, since one dash would make each character of a text two bytes wide.
    data = text.encode("utf-8", "surrogatepass")
    lines = data.split(b"\n")
    del lines[-1]
    found = _split_named(lines) or _split_unnamed(lines)
    return found._replace(size=len(data)) if found else None


def _split_named(lines: list[bytes]) -> Stream | None:
    """Split a stream of `event: NAME` and `data: JSON` lines; None for any other."""
    if len(lines) % 3 or any(lines[2::3]):
        return None
    names = {line: as_text(line[7:]) for line in set(lines[0::3]) if line.startswith(b"event: ")}
    texts = _data(lines[1::3])
    try:
        return Stream([names[line] for line in lines[0::3]], texts, lines=lines, width=3) if texts else None
    except KeyError:
        return None


def _split_unnamed(lines: list[bytes]) -> Stream | None:
    """Split a stream of `data: JSON` lines; None for any other."""
    if len(lines) % 2 or any(lines[1::2]):
        return None
    texts = _data(lines[0::2])
    return Stream(["message"] * len(texts), texts, lines=lines, width=2) if texts else None


def _data(lines: list[bytes]) -> list[bytes] | None:
    """Return what is behind `data: ` in lines that all begin so; None where one does not."""
    # What the first and the last of them in alphabetical order begin with, all between begin with.
    smallest = min(lines)
    alike = smallest.startswith(b"data: ") and max(lines).startswith(b"data: ") and len(smallest) > 6
    return [line[6:] for line in lines] if alike else None


def _split_any(text: str) -> Stream:
    parser = SseParser()
    names: list[str] = []
    texts: list[str | bytes] = []
    offsets: list[int] = []
    unfinished: list[tuple[str, str]] = []
    for event in parser.read(text):
        if not event.complete:
            unfinished.append((event.type, event.data or ""))
        elif event.data is not None:
            names.append(event.type)
            texts.append(event.data)
            offsets.append(event.offset)
    return Stream(names, texts, tuple(unfinished), parser.comments, offsets)


def read_events(texts: Sequence[str | bytes], large: Callable[[str | bytes], Any]) -> list[Any]:
    """Read the data of events; `large` reads a long one. What is no JSON stays text."""
    places = [place for place, size in enumerate(map(len, texts)) if size >= LARGE]
    small = [*texts]
    for place in places:
        small[place] = b"0"
    values = _read_small(small)
    for place in places:
        values[place] = large(texts[place])
    return values


def _read_small(texts: list[str | bytes]) -> list[Any]:
    ends_done = texts[-1:] in ([_DONE], [_DONE.encode()])
    lines = texts[:-1] if ends_done else texts
    if set(map(type, lines)) != {bytes}:
        lines = [line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass") for line in lines]
    joined = b"\n".join(lines)  # type: ignore[arg-type]
    values: list[Any] = []
    try:
        if joined.count(b"\n") < len(texts):
            values = _decode(joined)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    if ends_done:
        values.append(_DONE)
    return values if len(values) == len(texts) else [parsed(text) if text else "" for text in texts]


MergeKey = Callable[[dict[str, Any]], tuple[Any, str] | None]
"""Returns what must be equal in events that carry pieces of one text, and the piece; None for any other event."""
Pieces = Callable[[Sequence[dict[str, Any]]], tuple[Sequence[Any], Sequence[str]] | None]
"""Does the same for many events of one type at once; None where that cannot be done."""
Join = Callable[[Any, str], Any]
"""Returns an event with another text in the place of its piece."""


def merged(
    names: Sequence[str],
    values: Sequence[Any],
    merge_key: MergeKey,
    join: Join,
    pieces: Pieces = lambda events: None,
) -> Iterator[Event]:
    """Yield events, with those that carry consecutive pieces of one text joined by `join(first, text)`."""
    first = 0
    for kind, same in groupby(kinds_of(names, values)):
        run = values[first : first + len(list(same))]
        found = pieces(run) if len(run) > 1 and set(map(type, run)) == {dict} else None
        keys, texts = found or _one_by_one(run, merge_key)
        place = 0
        for _, equal in groupby(keys):
            size = len(list(equal))
            value = run[place] if size == 1 else join(run[place], "".join(texts[place : place + size]))
            yield Event(first + place, size, names[first + place], kind, value)
            place += size
        first += place


def _one_by_one(values: Sequence[Any], merge_key: MergeKey) -> tuple[Sequence[Any], Sequence[str]]:
    # An object is equal to no other one.
    found = [(merge_key(value) if type(value) is dict else None) or (object(), "") for value in values]
    return [key for key, _ in found], [text for _, text in found]


def kinds_of(names: Sequence[str], values: Sequence[Any]) -> list[str]:
    """Return the types of events: those in their data, else their names in the stream."""
    try:
        kinds = [*map(itemgetter("type"), values)]
        if set(map(type, kinds)) <= {str}:
            return kinds
    except (LookupError, TypeError):
        pass
    return [*map(kind_of, names, values)]


def kind_of(name: str, value: Any) -> str:
    """Return an event's type: that in its data, else its name in the stream, else what its data is."""
    kind = value.get("type") if type(value) is dict else None
    if type(kind) is str:
        return kind
    if name != "message":
        return name
    # The streams of chats name no event: `chat.completion.chunk` is all that their data say.
    kind = value.get("object") if type(value) is dict else _DONE if value == _DONE else None
    return kind if type(kind) is str else name
