"""Leave out of the text of a stream what streams before it held too: many repeat their request three times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from secrets import randbits
from typing import Any, NamedTuple

import msgspec

from probe.renderers.joined_events import Event
from probe.trace.shapes import Shape, shape_of

_BEGIN = 26
"""Bytes in which streams are alike that may repeat the same: enough for the name of the first event."""
_SEARCHED = 32
"""Bytes of a member that are searched for: more of them take less time, but fewer members begin alike."""
_SMALLEST, _LARGEST = 1 << 10, 1 << 17
"""Bytes of a member that is left out."""
_MOST = 16
"""Members that are known for streams that begin alike; as many more may become known."""
_STREAMS = 4
"""Beginnings of streams for which members are known."""


class Repeated(NamedTuple):
    """A member of an object in an event, read before."""

    outer: str
    """The member of the event that the object is."""
    name: str
    text: bytes
    """The name and the value as they are written in a record, in a string."""
    value: Any
    shape: Shape
    mark: int
    """What is in its place: a number that nobody can know, so where it is read in the end, it was put."""
    replacement: bytes
    """The name and that number."""
    removed: int
    """How many bytes the stream loses."""


class Shorter(NamedTuple):
    """The text of a stream without what streams before it held too."""

    text: str
    cuts: Sequence[Repeated]
    """What was cut, in the order of the text; the mark of each is in its place."""


class Repeats:
    """What streams repeat, by how they begin. Streams are JSON strings as they are written in a record."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Repeated]] = {}
        self._seen: dict[tuple[bytes, str, str, int], bytes] = {}

    def see(self, stream: msgspec.Raw, outer: str, name: str, raw: bytes, value: Any, shape: Shape) -> None:
        """Take a member that was read; it is known when it comes again."""
        if not _SMALLEST <= len(raw) <= _LARGEST:
            return
        key = (_begin(stream), outer, name, len(raw))
        if self._seen.get(key) != raw:
            self._seen[key] = raw
            _drop_oldest(self._seen, _MOST)
            return
        del self._seen[key]
        known = self._known.setdefault(key[0], [])
        _drop_oldest(self._known, _STREAMS)
        ascii_only, mark = bytes(stream).isascii(), 1 << 60 | randbits(60)
        written = _written(f'"{name}":{raw.decode("utf-8", "surrogatepass")}', ascii_only=ascii_only)
        replacement = _written(f'"{name}":{mark}', ascii_only=ascii_only)
        removed = len(raw) - len(str(mark))
        known.append(Repeated(outer, name, written, value, shape, mark, replacement, removed))
        del known[:-_MOST]

    def cut(self, stream: msgspec.Raw) -> tuple[bytes, list[Repeated]]:
        """Return a stream without what is known, and what was cut in the order of the text."""
        known: dict[bytes, list[Repeated]] = {}
        for one in self._known.get(_begin(stream), ()):
            known.setdefault(one.text[:_SEARCHED], []).append(one)
        if not known:
            return b"", []
        text = bytes(stream)
        places = {begin: text.find(begin) for begin in known}
        left: list[bytes] = []
        cuts: list[Repeated] = []
        end = 0
        while places := {begin: place for begin, place in places.items() if place >= 0}:
            begin = min(places, key=places.__getitem__)
            place = places[begin]
            if found := next((one for one in known[begin] if text.startswith(one.text, place)), None):
                left += (text[end:place], found.replacement)
                cuts.append(found)
                end = place + len(found.text)
            # Each beginning is searched for from where it was found last, so all of the text is searched once.
            after = max(end, place + len(begin))
            places = {one: at if at >= after else text.find(one, after) for one, at in places.items()}
        return b"".join((*left, text[end:])), cuts


def _begin(stream: msgspec.Raw) -> bytes:
    return bytes(memoryview(stream)[:_BEGIN])


def _written(text: str, *, ascii_only: bool) -> bytes:
    """Return a piece of a text as it is written within a JSON string."""
    return json.dumps(text, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")[1:-1]


def _drop_oldest(kept: dict[Any, Any], most: int) -> None:
    if len(kept) > most:
        del kept[next(iter(kept))]


def restored(
    events: Sequence[Event], shapes: dict[int, Shape], cuts: Sequence[Repeated]
) -> list[tuple[int, int]] | None:
    """Put what was cut back into events; return the numbers of those, and how many bytes they had lost.

    None where not all of it is where it belongs. `shapes` are those of some events' data, by their identity.
    """
    by_outer: dict[str, list[Repeated]] = {}
    for one in {one.mark: one for one in cuts}.values():
        by_outer.setdefault(one.outer, []).append(one)
    lost: list[tuple[int, int]] = []
    for event in events:
        data = event.data
        for outer, known in by_outer.items():
            inner = data.get(outer) if type(data) is dict else None
            if type(inner) is dict and (here := [one for one in known if inner.get(one.name) == one.mark]):
                shape: Any = shapes.get(id(data)) or shape_of(data)
                members = _with(dict(shape[1:])[outer], {one.name: one.shape for one in here})
                shapes[id(data)] = _with(shape, {outer: members})
                inner.update((one.name, one.value) for one in here)
                lost += [(event.number, one.removed) for one in here]
    return lost if len(lost) == len(cuts) else None


def _with(shape: Any, known: Mapping[str, Shape]) -> Shape:
    """Return the shape of an object with other shapes of some members."""
    return ("object", *[(name, known.get(name, one)) for name, one in shape[1:]])
