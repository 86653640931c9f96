"""The one JSON reader for what crossed the wire: whole values, or one level with the members left as text."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Hashable, Mapping, Sequence, Sized
from functools import lru_cache, partial
from typing import Any, TypeAlias

import msgspec

from probe.addon.json_text import DEEPEST, too_deep, too_many_values

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_bytes: Callable[[msgspec.Raw], Sized] = memoryview
"""A view of the bytes of a text, to count them."""
_decode = msgspec.json.Decoder().decode
_LARGEST = 1 << 18
"""Characters up to which the value of a text is remembered."""
_LARGE = 1 << 14
"""Bytes of a text that is not read again only to know its exact size."""
_COUNTED = 1_000_000
"""Bytes of a text up to which it holds no more values, and is nested no deeper, than can be handled."""
_FAILURES = (msgspec.DecodeError, UnicodeError, RecursionError)


def parsed(text: str | bytes) -> Any:
    """Return the value of a JSON text, or the text itself where it is none that can be handled.

    NaN, numbers out of range, more than 200 levels and more than a million values make it a text. Of a name that
    repeats in an object, the last value counts, as in nearly every reader.
    """
    try:
        value = _decode(text)
    except _FAILURES:
        # Half a surrogate pair (\ud800) is no Unicode, but Python's own reader takes it.
        value = _with_surrogates(text)
    return as_text(text) if _too_large(text) and _too_much(text, value) else value


def parsed_json(body: Any) -> Any:
    """Return the object or array that a text holds; anything else as it is. Values are shared: none may be changed."""
    if not isinstance(body, str) or body.lstrip()[:1] not in ("{", "["):
        return body
    return _remembered(body) if len(body) <= _LARGEST else parsed(body)


@lru_cache(maxsize=32)
def _remembered(text: str) -> Any:
    """Parse JSON within JSON: the arguments of a tool are shown, and compared with those of other requests."""
    return parsed(text)


def as_text(text: str | bytes) -> str:
    """Return a text whose bytes may be damaged."""
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def decoded_base64(text: Any) -> bytes | None:
    """Return the bytes of a base64 text; None where it is none."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None


_Parts: TypeAlias = "dict[str, Json] | list[msgspec.Raw] | None"


class Json:
    """One JSON text, read when it is asked for: either its members or elements, or all of its value, each once."""

    __slots__ = ("_parts", "_value", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @property
    def is_object(self) -> bool:
        """Check whether it is an object."""
        return self.raw[:1] == b"{"

    @property
    def is_array(self) -> bool:
        """Check whether it is an array."""
        return self.raw[:1] == b"["

    @property
    def members(self) -> Mapping[str, Json]:
        """Return an object's members, not read further; empty for anything else."""
        parts = self._split()
        return parts if isinstance(parts, dict) else {}

    @property
    def elements(self) -> Sequence[Json]:
        """Return an array's elements, not read further; empty for anything else. Each call makes new ones."""
        return tuple([Json(bytes(text)) for text in self.texts])

    @property
    def texts(self) -> Sequence[msgspec.Raw]:
        """Return the texts of an array's elements, not copied yet; empty for anything else."""
        parts = self._split()
        return parts if isinstance(parts, list) else ()

    @property
    def value(self) -> Any:
        """Return the whole value, or the text where it cannot be handled."""
        try:
            return self._value
        except AttributeError:
            self._value: Any = self._read_value()
            return self._value

    def _read_value(self) -> Any:
        return parsed(self.raw)

    def get(self, name: str) -> Any:
        """Return the whole value of a member; None where there is none."""
        member = self.members.get(name)
        return None if member is None else member.value

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Return what only equal texts have in common, in this process."""
        # Python's hash of bytes is keyed by a secret of this process: nobody can make two that are alike.
        return len(self.raw), hash(self.raw)

    def _split(self) -> _Parts:
        try:
            return self._parts
        except AttributeError:
            self._parts: _Parts = self._read_parts()
            return self._parts

    def _read_parts(self) -> _Parts:
        try:
            if self.is_object:
                return {name: Json(bytes(raw)) for name, raw in _members(self.raw).items()}
            if self.is_array:
                return _elements(self.raw)
        except _FAILURES:
            value = self.value
            if isinstance(value, dict):
                return {name: _surrogate_json(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [msgspec.Raw(json.dumps(inner).encode()) for inner in value]
        return None


class OutlinedJson(Json):
    """A JSON text of which two levels are read already; the text itself is loaded when it is asked for."""

    __slots__ = ("_load", "_outline")

    def __init__(self, outline: Any, load: Callable[[], bytes]) -> None:
        self._outline, self._load = outline, load
        if not isinstance(outline, dict | list):
            self._value = outline

    def __getattr__(self, name: str) -> Any:
        """Load the text, which is not there yet."""
        if name != "raw":
            raise AttributeError(name)
        self.raw = self._load()
        return self.raw

    @property
    def is_object(self) -> bool:
        """Check whether it is an object."""
        return isinstance(self._outline, dict)

    @property
    def is_array(self) -> bool:
        """Check whether it is an array."""
        return isinstance(self._outline, list)

    @property
    def size(self) -> int:
        """Return the bytes of the text; of a large one those of its pieces, which are nearly all."""
        size = _size(self._outline)
        return size if size > _LARGE else len(self.raw)

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Return what only equal texts have in common, in this process."""
        outline = self._outline
        if isinstance(outline, str):
            return "", len(outline), hash(outline)
        if isinstance(outline, dict):
            return "{", hash(tuple((name, _hashed(one)) for name, one in outline.items()))
        if isinstance(outline, list):
            return "[", hash(tuple(map(_hashed, outline)))
        return type(outline).__name__, outline

    def _read_value(self) -> Any:
        """Read what is below the outline; all of it at once where that is too large, or cannot be read."""
        try:
            return _value(self._outline) if self.size < _COUNTED else parsed(self.raw)
        except ValueError:
            return parsed(self.raw)

    def _read_parts(self) -> _Parts:
        outline = self._outline
        if isinstance(outline, dict):
            text = _MemberTexts(self._load)
            return {
                name: Json(bytes(one)) if isinstance(one, msgspec.Raw) else OutlinedJson(one, partial(text, name))
                for name, one in outline.items()
            }
        return outline if isinstance(outline, list) else None


class _MemberTexts:
    """The texts of an object's members; the object is loaded with the first that is asked for."""

    __slots__ = ("_load", "_texts")

    def __init__(self, load: Callable[[], bytes]) -> None:
        self._load = load
        self._texts: Mapping[str, msgspec.Raw] | None = None

    def __call__(self, name: str) -> bytes:
        """Return the text of a member."""
        if self._texts is None:
            self._texts = _members(self._load())
        return bytes(self._texts[name])


def _value(outline: Any) -> Any:
    """Return the value of an outline. Raises ValueError where a piece of it is none that can be handled."""
    match outline:
        case msgspec.Raw():
            raw = bytes(outline)
            value = parsed(raw)
            if isinstance(value, str) and raw[:1] != b'"':
                raise ValueError("no JSON")
            return value
        case dict():
            return {name: _value(one) for name, one in outline.items()}
        case list():
            return [_value(one) for one in outline]
    return outline


def _hashed(outline: Any) -> Hashable:
    return bytes(outline) if isinstance(outline, msgspec.Raw) else OutlinedJson(outline, bytes).key


def _size(outline: Any) -> int:
    kind = type(outline)
    if kind is list:
        return 1 + sum(map(len, map(_bytes, outline))) + len(outline)
    if kind is dict:
        return 1 + sum([len(name) + 4 + _size(one) for name, one in outline.items()])
    if kind is str:
        return 2 + (len(outline) if outline.isascii() else len(outline.encode()))
    return len(_bytes(outline)) if kind is msgspec.Raw else len(str(outline))


def raw_members(text: bytes) -> dict[str, bytes] | None:
    """Return the texts of an object's members; None where it is no object that can be read."""
    try:
        return {name: bytes(raw) for name, raw in _members(text).items()} if text[:1] == b"{" else None
    except _FAILURES:
        return None


def json_of(value: Any) -> Json:
    """Return the Json of a value that is parsed already."""
    try:
        made = Json(msgspec.json.encode(value))
    except (UnicodeEncodeError, OverflowError):
        # Half a surrogate pair has no UTF-8 form, and integers may be larger than 64 bits.
        made = Json(json.dumps(value).encode())
    made._value = value
    return made


def _surrogate_json(value: Any) -> Json:
    made = Json(json.dumps(value).encode())
    made._value = value
    return made


def _with_surrogates(text: str | bytes) -> Any:
    if "\\u" not in (text if isinstance(text, str) else as_text(text)):
        return as_text(text)
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return as_text(text)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _too_large(text: str | bytes) -> bool:
    return len(text) > 2 * DEEPEST


def _too_much(text: str | bytes, value: Any) -> bool:
    """Check whether a value is nested deeper, or holds more values, than all that handles it can follow."""
    if isinstance(text, bytes):
        deep = text.count(b"[") + text.count(b"{") > DEEPEST
        many = len(text) > 1_000_000 and too_many_values(as_text(text))
    else:
        deep, many = text.count("[") + text.count("{") > DEEPEST, too_many_values(text)
    return many or (deep and too_deep(value))
