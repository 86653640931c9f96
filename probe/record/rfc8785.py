"""Canonical JSON of RFC 8785: what others hash and sign, the same in every language."""

from __future__ import annotations

import math
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any

_DEEPEST = 300
"""Levels of nesting; a limit that does not depend on how deep Python's own stack is at the call."""
_SAFE = 1 << 53
"""Integers below are the same in every language; RFC 8785 takes all numbers as doubles."""


def rfc8785_json(value: Any) -> bytes:
    """Return parsed JSON in the form of RFC 8785. Raises ValueError where it has none: half a surrogate pair."""
    parts: list[str] = []
    _add(value, parts.append, 0)
    return "".join(parts).encode()


def string_content(text: str) -> bytes:
    """Return what stands between the quotes of a text, or of a part of one. Raises ValueError."""
    return encode_basestring(text)[1:-1].encode()


def _add(value: Any, add: Callable[[str], None], depth: int) -> None:
    kind = type(value)
    if kind is str:
        add(encode_basestring(value))
    elif kind is dict:
        _add_object(value, add, depth + 1)
    elif kind is list:
        _add_array(value, add, depth + 1)
    elif value is None or kind is bool:
        add("null" if value is None else "true" if value else "false")
    elif kind is int and -_SAFE < value < _SAFE:
        add(str(value))
    else:
        add(number_text(float(value)))


def _add_object(value: dict[str, Any], add: Callable[[str], None], depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"nested more than {_DEEPEST} levels")
    separator = "{"
    # The order of UTF-16 is that of Python's own strings until a key needs two units for a character.
    names = sorted(value, key=None if "".join(value).isascii() else _utf16)
    for name in names:
        add(f"{separator}{encode_basestring(name)}:")
        _add(value[name], add, depth)
        separator = ","
    add("}" if value else "{}")


def _add_array(value: list[Any], add: Callable[[str], None], depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"nested more than {_DEEPEST} levels")
    separator = "["
    for one in value:
        add(separator)
        _add(one, add, depth)
        separator = ","
    add("]" if value else "[]")


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def number_text(number: float) -> str:
    """Return a number as JavaScript writes it. Raises ValueError for what JSON has no number for."""
    if not math.isfinite(number):
        raise ValueError(f"{number} is not JSON")
    text = repr(number)
    if "e" not in text:
        return text[:-2] if text.endswith(".0") and number else "0" if not number else text
    sign, text = ("-", text[1:]) if number < 0 else ("", text)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits, point = (whole + fraction).rstrip("0"), len(whole) + int(exponent)
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Return the digits of a number with its decimal point after so many of them, as ECMAScript's Number::toString."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"
