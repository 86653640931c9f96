"""Read the events of a stream in one go; those that carry consecutive pieces of one text become one event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

import msgspec

from probe.renderers.deltas import FAILURES, Deltas, read_deltas
from probe.renderers.events import DONE, Pieces, Stream, kind_of
from probe.renderers.json_reader import as_text, parsed

LARGE = 1 << 14
"""Characters of an event's data from which its members are read one by one, since most of them are repeats."""
_MANY = 4
"""Deltas from which it is faster to read them at once."""

_decode = msgspec.json.Decoder().decode_lines


class Event(NamedTuple):
    """One event, or several that carry pieces of one text."""

    number: int
    """Its number in the stream, from 0; of several that of the first."""
    pieces: int
    name: str
    """Its name in the stream, `message` where that has none."""
    kind: str
    """Its type (`kind_of`)."""
    data: Any
    empty: int = 0
    """How many of several carry an empty piece, before the first that does not."""


class Joining(Protocol):
    """What an API knows of events that carry pieces of texts (`Api`)."""

    deltas: Deltas | None

    def merge_key(self, event: dict[str, Any]) -> tuple[Any, str] | None: ...

    def with_text(self, event: dict[str, Any], text: str) -> dict[str, Any]: ...


Large = Callable[[str | bytes], Any]
"""Reads the data of a long event."""


def read_events(stream: Stream, api: Joining, large: Large) -> Iterator[Event]:
    """Yield the events of a stream with their data read. What is no JSON stays text."""
    if not stream.runs and api.deltas:
        stream = _with_runs(stream, api.deltas)
    values = read_values(stream.texts, large)
    number = first = 0
    for place, run in (*stream.runs.items(), (len(values), None)):
        yield from _one_by_one(number, stream.names[first:place], values[first:place], api)
        number += place - first
        first = place
        if run is not None:
            yield from _many(number, run, api)
            number += len(run.texts)


def _with_runs(stream: Stream, deltas: Deltas) -> Stream:
    """Return the events of a stream whose deltas, as far as they follow one another, are read at once."""
    names: list[str] = []
    texts: list[str | bytes] = []
    runs: dict[int, Pieces] = {}
    place = 0
    for begin, same in groupby(map(_begin, stream.texts)):
        end = place + len(list(same))
        alike = stream.texts[place:end]
        run = _run(alike, deltas) if len(alike) >= _MANY and _type_in(begin) in deltas.names else None
        # Two runs at one place would be one too many.
        if run is not None and len(texts) not in runs and len({*stream.names[place:end]}) == 1:
            runs[len(texts)] = run._replace(name=stream.names[place])
        else:
            names += stream.names[place:end]
            texts += alike
        place = end
    return Stream(names, texts, runs=runs)


def _begin(text: str | bytes) -> str | bytes:
    """Return the first member of an object: the type, as a rule."""
    return text.partition(",")[0] if isinstance(text, str) else text.partition(b",")[0]


def _type_in(begin: str | bytes) -> str:
    words = as_text(begin).split('"')
    return words[3] if len(words) == 5 and words[1] == "type" else ""


def _run(texts: Sequence[str | bytes], deltas: Deltas) -> Pieces | None:
    lines = [text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass") for text in texts]
    found = read_deltas(b"\n".join(lines), deltas)
    # A text may have several lines.
    return found if found is not None and len(found.texts) == len(texts) else None


def _many(number: int, run: Pieces, api: Joining) -> Iterator[Event]:
    first = 0
    for size in run.sizes:
        event = msgspec.to_builtins(run.events[first])
        pieces = run.texts[first : first + size]
        value = event if size == 1 else api.with_text(event, "".join(pieces))
        yield Event(number + first, size, run.name or event["type"], event["type"], value, _empty(pieces))
        first += size


def _one_by_one(number: int, names: Sequence[str], values: Sequence[Any], api: Joining) -> Iterator[Event]:
    kinds = kinds_of(names, values)
    # An object is equal to no other one.
    found = [(api.merge_key(value) if type(value) is dict else None) or (object(), "") for value in values]
    first = 0
    for (kind, _), same in groupby(zip(kinds, (key for key, _ in found), strict=True)):
        size = len(list(same))
        value = values[first]
        pieces = [text for _, text in found[first : first + size]]
        if size > 1:
            value = api.with_text(value, "".join(pieces))
        yield Event(number + first, size, names[first], kind, value, _empty(pieces))
        first += size


def _empty(pieces: Sequence[str]) -> int:
    """Return how many pieces are empty before the first that is not; none where all are."""
    return 0 if pieces[0] else next((number for number, text in enumerate(pieces) if text), 0)


def read_values(texts: Sequence[str | bytes], large: Large) -> list[Any]:
    """Return the data of events."""
    places = [place for place, size in enumerate(map(len, texts)) if size >= LARGE]
    small = [*texts]
    for place in places:
        small[place] = b"0"
    values = _read_small(small)
    for place in places:
        values[place] = large(texts[place])
    return values


def _read_small(texts: list[str | bytes]) -> list[Any]:
    ends_done = texts[-1:] in ([DONE], [DONE.encode()])
    lines = texts[:-1] if ends_done else texts
    if set(map(type, lines)) != {bytes}:
        lines = [line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass") for line in lines]
    joined = b"\n".join(lines)  # type: ignore[arg-type]
    values: list[Any] = []
    try:
        if joined.count(b"\n") < len(texts):
            values = _decode(joined)
    except FAILURES:
        pass
    if ends_done:
        values.append(DONE)
    return values if len(values) == len(texts) else [parsed(text) if text else "" for text in texts]


def kinds_of(names: Sequence[str], values: Sequence[Any]) -> list[str]:
    """Return the types of events: those in their data, else their names in the stream."""
    try:
        kinds = [*map(itemgetter("type"), values)]
        if set(map(type, kinds)) <= {str}:
            return kinds
    except (LookupError, TypeError):
        pass
    return [*map(kind_of, names, values)]
