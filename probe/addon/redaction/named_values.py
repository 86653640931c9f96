"""Values that their name marks as credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.addon.redaction.credential_pattern import CONTEXT, LONGEST, Shape
from probe.addon.redaction.heuristics import is_random, is_secret_of

_NAME_BACKWARDS = re.compile(rb"[A-Za-z0-9_-]*")
_QUOTES = {quote: re.compile(rb"(\\*)" + quote) for quote in (b'"', b"'", b"`")}
_LETTERS = re.compile(rb"[A-Za-z]*")
QUOTE = rb"\\{0,7}[\"'`]"
SPACE = rb"[ \t]{0,8}+"
# name: value, name=value, "name": "value", <name>value, name => value, {"name": name, "value": value}
IS = rb"(?:=>|:=|[:=>]|,?" + SPACE + rb"(?:" + QUOTE + rb")?value(?:" + QUOTE + rb")?" + SPACE + rb"[:=])"
# Its start only; `_closing` finds the end. Escapes are never split: valid JSON stays valid JSON.
_INSIDE = rb"((?:[!#-\[\]-~\x80-\xff]|\\{1,16}[^\s\\]){8})"
_QUOTED = rb"(?:" + IS + rb"|,)" + SPACE + rb"[bfru]?" + QUOTE + _INSIDE
_BARE = IS + SPACE + rb"([A-Za-z0-9_~+/.@!#$%^*-]{8,12000}+={0,2})"
_VALUE = rb"(?:" + QUOTE + rb")?\]?" + SPACE + rb"(?:" + _QUOTED + rb"|" + _BARE + rb")"
BY_NAME = "value of a name that says it is secret"


def named_spans(data: bytes, place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    quoted = data[start - 1] in b"\"'`"
    if not quoted and data[end : end + 1] in (b"(", b"[", b"{"):
        return  # a call or an index in source code
    name, before, between = _name_around(data, place, start)
    in_form = before in (b"?", b"&", b";") or data[end : end + 1] == b"&"
    field = between == b"=" and (name.isupper() or in_form)
    # In a list, what follows a name may be its value or another name.
    listed = b"," in between and b":" not in between
    if quoted:
        end = _closing(data, start)
    value = data[start:end]
    if b" " in value:
        return  # prose about it
    if is_secret_of(name, value, quoted=quoted, field=field) and (not listed or is_random(value)):
        yield start, end


def _closing(data: bytes, start: int) -> int:
    """Return the end of a quoted value, or its start when it has no end."""
    opening = data[max(0, start - 9) : start]
    escapes = len(opening) - 1 - len(opening[:-1].rstrip(b"\\"))
    for found in _QUOTES[opening[-1:]].finditer(data, start, start + LONGEST // 2):
        # An inner quote has more backslashes before it. In JSON an end has 0, 2, 4, …; in JSON in JSON 1, 5, 9, …
        more = len(found[1]) - escapes
        if more >= 0 and more % (2 * escapes + 2) == 0:
            return found.end() - 1 - escapes
    return start


def _name_around(data: bytes, place: int, start: int) -> tuple[bytes, bytes, bytes]:
    """Return the name of the value at `start`, the character before the name, and the bytes between name and value."""
    letters = _LETTERS.match(data, place, start)
    end = letters.end() if letters else place
    # Backwards: forwards, every possible start would be tried.
    backwards = data[max(0, end - CONTEXT // 2) : end][::-1]
    found = _NAME_BACKWARDS.match(backwards)
    name = found[0][::-1] if found else b""
    before = data[max(0, end - len(name) - 1) : end - len(name)]
    if before == b"\\":
        name = name[1:]  # the n of an escaped new line
    return name, before, data[end:start]


_NAMES = (
    (rb"[Tt]o", b"k", b"en"),
    (rb"[Kk]e", b"y", b""),
    (rb"[Ss]e", b"c", b"ret"),
    (rb"[Pp]ass", b"w", b"ord"),
    (rb"[Pp]ass", b"w", b"d"),
    (rb"[Pp]", b"w", b"d"),
    (rb"TOK", b"E", b"N"),
    (rb"K", b"E", b"Y"),
    (rb"SECR", b"E", b"T"),
    (rb"PASSWOR", b"D", b""),
    (rb"PASSW", b"D", b""),
    (rb"PW", b"D", b""),
)
NAMES = [Shape(BY_NAME, *name, _VALUE, named_spans) for name in _NAMES]
