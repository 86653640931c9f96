"""Placing a marker under every key of a body, to see that none is dropped on the way to the blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

TEXT = "MARKER"
NUMBER = 6_180_339_887_498
"""No number that any body has."""
FORMS: dict[str, Any] = {
    "string": TEXT,
    "number": NUMBER,
    "list": [TEXT],
    "object": {"marked": TEXT},
    "nested": [{"marked": [{"deep": NUMBER}]}],
}
"""A marker as each JSON type."""


def marked(body: Any, dropped: Iterable[tuple[str, str]] = ()) -> Iterator[tuple[str, Any]]:
    """Yield copies of a body, each with a marker in the place of one value or under a new key, and where it is.

    `dropped` names what may disappear on purpose: the end of a path (`[].index`), and the form of the marker there.
    """
    for path in _paths(body):
        name = "".join("[]" if isinstance(step, int) else f".{step}" for step in path)
        for form, marker in FORMS.items():
            if not any(name.endswith(end) and form == kind for end, kind in dropped):
                yield f"{name}: {form}", _with(body, path, marker)


def is_shown(blocks: Iterable[Any]) -> bool:
    """Check whether a marker is in blocks."""
    text = repr(list(blocks))
    return TEXT in text or str(NUMBER) in text


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value within an object, and of a new key in each object."""
    if path:
        yield path
    if isinstance(value, dict):
        yield (*path, "a_new_key")
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from _paths(one, (*path, step))


def _with(body: Any, path: tuple[Any, ...], marker: Any) -> Any:
    changed = deepcopy(body)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = marker
    return changed
