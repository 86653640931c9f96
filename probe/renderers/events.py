"""The events of a stream, not read yet: name, data and place of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NamedTuple

from probe.renderers.json_reader import as_text
from probe.renderers.sse import SseParser

DONE = "[DONE]"
"""What ends the streams of chats."""


class Pieces(NamedTuple):
    """Pieces of texts: many deltas, read at once."""

    sizes: Sequence[int]
    """How many of them, one after the other, are pieces of one text."""
    texts: list[str]
    events: Sequence[Any]
    """Each as an object, of which `msgspec.to_builtins` makes JSON."""
    lines: bytes
    """What was read: the data of each is a line."""
    name: str | None = None
    """The name of all of them in the stream; None where that is each one's type."""

    def heads(self) -> int:
        """Return how many bytes of a stream are between their data."""
        places = accumulate(self.sizes, initial=0)
        return sum(size * _head(self.events[place].type) for place, size in zip(places, self.sizes, strict=False))

    def size(self, count: int) -> int:
        """Return how many bytes of a stream the first of them are."""
        heads = sum(_head(event.type) for event in self.events[:count])
        return heads + sum(map(len, self.lines.split(b"\n", count)[:count]))


class Stream(NamedTuple):
    """A stream's events, but for deltas not read yet."""

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
    lost: Sequence[tuple[int, int]] = ()
    """Numbers of events, and bytes that they lost before the stream was split."""

    runs: Mapping[int, Pieces] = MappingProxyType({})
    """Deltas that are not among the events, by how many of the events are before them."""

    @property
    def length(self) -> int:
        """Return how many events there are."""
        return len(self.texts) + sum(len(run.texts) for run in self.runs.values())

    def offset(self, number: int) -> int | None:
        """Return where an event begins, in bytes of the stored body; None where that is not known."""
        lost = sum(size for event, size in self.lost if event < number)
        if number < len(self.offsets):
            return self.offsets[number] + lost
        if number * self.width < len(self.lines):
            before = self.lines[: number * self.width]
            return sum(map(len, before)) + len(before) + lost
        return self._offset_in_runs(number, lost)

    def _offset_in_runs(self, number: int, offset: int) -> int | None:
        for place, (name, text) in enumerate(zip(self.names, self.texts, strict=True)):
            if run := self.runs.get(place):
                if number < len(run.texts):
                    break
                number -= len(run.texts)
                offset += run.size(len(run.texts))
            if number == 0:
                return offset
            offset += _head(name) + len(text)
            number -= 1
        else:
            place = len(self.texts)
        run = self.runs.get(place)
        return offset + run.size(number) if run and number < len(run.texts) else None


@lru_cache(maxsize=1000)
def _head(name: str) -> int:
    """Return how many bytes an event is besides its data."""
    return len(f"event: {name}\ndata: \n\n".encode())


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
        return Stream([*map(names.__getitem__, lines[0::3])], texts, lines=lines, width=3) if texts else None
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


def kind_of(name: str, value: Any) -> str:
    """Return an event's type: that in its data, else its name in the stream, else what its data is."""
    kind = value.get("type") if type(value) is dict else None
    if type(kind) is str:
        return kind
    if name != "message":
        return name
    # The streams of chats name no event: `chat.completion.chunk` is all that their data say.
    kind = value.get("object") if type(value) is dict else DONE if value == DONE else None
    return kind if type(kind) is str else name
