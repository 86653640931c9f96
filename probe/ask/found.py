"""What a path leads to: a JSON value or a text, with its exact bytes; and the steps of a JSON pointer below it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from probe.errors import UserError
from probe.renderers.json_reader import Json, json_of, parsed_json

_LISTED = 12
"""Members that an error names."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A value in a run."""

    value: Any
    """JSON, or a text."""
    raw: Callable[[], Iterable[bytes]]
    """Yields its exact bytes: those of the wire where it is a part of that, else its JSON, or its text in UTF-8."""
    json: Json | None = None
    """The exact JSON text, where it has one."""


def text_found(text: str) -> Found:
    """Return a text that is no part of a JSON value."""
    return Found(value=text, raw=lambda: [text.encode("utf-8", "surrogatepass")])


def value_found(value: Any) -> Found:
    """Return a value that this program made."""
    return json_found(json_of(msgspec.to_builtins(value)))


def json_found(text: Json) -> Found:
    """Return a value with its exact text."""
    return Found(value=text.value, raw=lambda: [text.raw], json=text)


def below(found: Found, pointer: str) -> Found:
    """Return what a JSON pointer (RFC 6901) leads to; a step into a text that holds JSON goes on in that JSON.

    Raises UserError with what there is at the place up to which it leads.
    """
    if not pointer:
        return found
    text, way = found.json or json_of(found.value), ""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        text = _inner(text)
        inner = _member(text, name)
        if inner is None:
            raise UserError(f"there is no {way}/{step}", f"{way or 'the value'} {_there(text)}")
        text, way = inner, f"{way}/{step}"
    return json_found(text)


def _inner(text: Json) -> Json:
    """Return the JSON that a string holds; anything else unchanged."""
    if text.is_object or text.is_array or not isinstance(text.value, str):
        return text
    inner = parsed_json(text.value)
    return text if isinstance(inner, str) else Json(text.value.encode("utf-8", "surrogatepass"))


def _member(text: Json, name: str) -> Json | None:
    if text.is_object:
        return text.members.get(name)
    texts = text.texts
    if name.isascii() and name.isdigit() and int(name) < len(texts):
        return Json(bytes(texts[int(name)]))
    return None


def _there(text: Json) -> str:
    """Return what a value has, for an error."""
    if text.is_object:
        names = list(text.members)
        return f"has: {', '.join(names[:_LISTED])}{', …' if len(names) > _LISTED else ''}" if names else "is empty"
    if text.is_array:
        return f"is a list of {len(text.texts)}, from /0" if text.texts else "is an empty list"
    return f"is no object and no list, but {type(text.value).__name__}"


def leaves(value: Any, pointer: str = "", *, keys: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the texts and numbers within a value, each with the pointer that leads to it.

    A text that holds JSON is read further. `keys` yields the names of members too.
    """
    if isinstance(value, str):
        inner = parsed_json(value)
        if isinstance(inner, str) or not inner:
            yield pointer, value
        else:
            yield from leaves(inner, pointer, keys=keys)
    elif isinstance(value, dict):
        for name, one in value.items():
            place = f"{pointer}/{escaped(name)}"
            if keys:
                yield place, name
            yield from leaves(one, place, keys=keys)
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from leaves(one, f"{pointer}/{number}", keys=keys)
    elif value is not None and not isinstance(value, bool):
        yield pointer, json.dumps(value)


def escaped(name: str) -> str:
    """Return a name as a step of a pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def pointer_to(value: Any, text: str, *, keys: bool) -> str | None:
    """Return the pointer to the first place of a value where a text is; None where it is nowhere as it is."""
    return next((pointer for pointer, one in leaves(value, keys=keys) if one == text), None)
