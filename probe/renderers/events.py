"""The events of a stream, read in one go: name, data and place of each, with pieces of one text joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from probe.renderers.json_reader import parsed
from probe.renderers.sse import SseParser

LARGE = 2048
"""Characters of an event's data from which its members are read one by one, since most of them are repeats."""
_DONE = "[DONE]"

_decode = msgspec.json.Decoder().decode


class Stream(NamedTuple):
    """A stream's events, not read yet."""

    names: Sequence[str]
    """Type of each, `message` where the stream names none."""
    texts: Sequence[str]
    """Data of each."""
    unfinished: tuple[tuple[str, str], ...] = ()
    """Name and data of what has no end: the stream was cut within it."""
    comments: int = 0
    offsets: Sequence[int] = ()
    """Where each begins, in bytes of the stored body; empty where `blocks` tell."""
    blocks: Sequence[str] = ()
    """The text of each, without the empty line behind it."""

    def offset(self, number: int) -> int | None:
        """Return where an event begins, in bytes of the stored body; None where that is not known."""
        if number < len(self.offsets):
            return self.offsets[number]
        if number < len(self.blocks):
            return sum(len(block.encode("utf-8", "surrogatepass")) + 2 for block in self.blocks[:number])
        return None


class Event(NamedTuple):
    """One event, or several that carry pieces of one text."""

    number: int
    """Its number in the stream, from 0; of several that of the first."""
    pieces: int
    name: str
    data: Any


def split_stream(text: str) -> Stream:
    """Split the text of a stream into events.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """
    return _split_plain(text) or _split_any(text)


def _split_plain(text: str) -> Stream | None:
    """Split a stream of `event: NAME`, `data: JSON` lines with LF, as nearly all are; None for any other."""
    if "\r" in text or not text.endswith("\n\n"):
        return None
    blocks = text.split("\n\n")
    blocks.pop()
    names, texts = [], []
    for block in blocks:
        if block.startswith("event: "):
            name, _, data = block.partition("\ndata: ")
            names.append(name[7:])
        elif block.startswith("data: "):
            data = block[6:]
            names.append("message")
        else:
            return None
        if not data or "\n" in data:
            return None
        texts.append(data)
    return None if any("\n" in name for name in set(names)) else Stream(names, texts, blocks=blocks)


def _split_any(text: str) -> Stream:
    parser, names, texts, offsets = SseParser(), [], [], []
    unfinished: list[tuple[str, str]] = []
    for event in parser.read(text):
        if not event.complete:
            unfinished.append((event.type, event.data or ""))
        elif event.data is not None:
            names.append(event.type)
            texts.append(event.data)
            offsets.append(event.offset)
    return Stream(names, texts, tuple(unfinished), parser.comments, offsets)


def read_events(texts: Sequence[str], large: Callable[[str], Any]) -> list[Any]:
    """Read the data of events; `large` reads a long one. What is no JSON stays text."""
    small = [text if len(text) < LARGE else "0" for text in texts]
    ends_done = bool(small) and small[-1] == _DONE
    joined = ",\n".join(small[:-1] if ends_done else small)
    try:
        # JSON strings hold no line break, so no event can reach into the next one.
        values: list[Any] = _decode(f"[{joined}]")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        values = []
    if ends_done:
        values.append(_DONE)
    if len(values) != len(texts):
        values = [parsed(text) if text else text for text in small]
    for place, text in enumerate(texts):
        if len(text) >= LARGE:
            values[place] = large(text)
    return values


MergeKey = Callable[[dict[str, Any]], tuple[Any, str] | None]
"""Returns what must be equal in events that carry pieces of one text, and the piece; None for any other event."""


def merged(
    names: Sequence[str], values: Sequence[Any], merge_key: MergeKey, join: Callable[[Any, str], Any]
) -> Iterator[Event]:
    """Yield events, with those that carry consecutive pieces of one text joined by `join(first, text)`."""
    run: list[str] = []
    first = 0
    key: Any = None
    for number, value in enumerate(values):
        found = merge_key(value) if type(value) is dict else None
        if found is not None and found[0] == key:
            run.append(found[1])
            continue
        if run:
            yield _joined(first, run, names, values, join)
            run = []
        if found is None:
            key = None
            yield Event(number, 1, names[number], value)
        else:
            first, key = number, found[0]
            run.append(found[1])
    if run:
        yield _joined(first, run, names, values, join)


def _joined(
    first: int, run: list[str], names: Sequence[str], values: Sequence[Any], join: Callable[[Any, str], Any]
) -> Event:
    value = values[first] if len(run) == 1 else join(values[first], "".join(run))
    return Event(first, len(run), names[first], value)


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
