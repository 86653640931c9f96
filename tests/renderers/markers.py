"""Markers in every place of a body: what is not in the blocks of the body that holds it was lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatchcase
from typing import Any

TEXT = "marker77001"
NUMBER = 77001770017
MARKERS: dict[str, tuple[Any, str]] = {
    "a text": (TEXT, TEXT),
    "a number": (NUMBER, str(NUMBER)),
    "a fraction": (NUMBER + 0.5, str(NUMBER + 0.5)),
    "a list": ([TEXT], TEXT),
    "an object": ({"marked": TEXT}, TEXT),
    "a nested object": ({"marked": [{"in": [TEXT]}]}, TEXT),
}
"""A value of each JSON type, and what is found of it."""

Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything within a value; of a list, a place for one more element too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from places(inner, (*path, name))
        yield (*path, "a field that nobody knows")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from places(inner, (*path, index))
        yield (*path, len(value))


def with_marker(value: Any, path: Path, marker: Any) -> Any:
    """Return a copy of a value with a marker at a path."""
    if not path:
        return marker
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, first: with_marker(value.get(first), rest, marker)}
    made = [*value, None] if first == len(value) else [*value]
    made[int(first)] = with_marker(made[int(first)], rest, marker)
    return made


def lost(value: Any, read: Callable[[Any], Any], accepted: Collection[str] = ()) -> list[str]:
    """Return where a marker within a value does not come out of reading it; `accepted` are patterns of such lines."""
    found = []
    for path in places(value):
        for kind, (marker, shown) in MARKERS.items():
            line = f"{'.'.join(map(str, path))}: {kind}"
            if shown not in repr(read(with_marker(value, path, marker))):
                found.append(line)
    needless = [f"needless: {one}" for one in accepted if not any(fnmatchcase(line, one) for line in found)]
    return needless + [line for line in found if not any(fnmatchcase(line, one) for one in accepted)]
