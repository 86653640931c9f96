"""Every way to read a text that somebody gets: escapes undone, pieces of streams joined, pages unpacked.

This is written apart from the redactor, which works on bytes with its own decoders: what that one overlooks should be
seen here.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

_ESCAPES = (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ('\\"', '"'), ("\\/", "/"), ("\\\\", "\\"))
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_LEVELS = 4
"""JSON in a string, in a string, in a string."""
_PACKED = re.compile(r'<script type="text/plain" id="[^"]*">([A-Za-z0-9+/=\s]*)</script>')
_INDEX = ("index", "output_index", "content_index", "summary_index")
_LARGEST_UNPACKED = 256 << 20


class Reading(NamedTuple):
    """A text as somebody may read it."""

    place: str
    text: str


def of_record(number: int, line: str) -> Iterator[Reading]:
    """Yield all readings of one line of a record."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        yield from of_text(f"line {number}", line)
        return
    for name, part in record.items() if isinstance(record, dict) else [("", record)]:
        has_members = name in ("request", "response", "websocket") and isinstance(part, dict)
        members = part.items() if has_members else [("", part)]
        for member, value in members:
            place = f"line {number}, {' '.join(filter(None, (name, member)))}"
            texts = list(_texts(value))
            yield from of_text(place, "\n".join(texts))
            for joined in _joined(texts):
                yield from of_text(f"{place}, joined from its pieces", joined)


def of_text(place: str, text: str) -> Iterator[Reading]:
    """Yield all readings of a text: as it is, without the escapes of JSON, of URLs, and of HTML."""
    yield Reading(place, text)
    if "\\" in text:
        plain = text
        for _ in range(_LEVELS):
            plain = _unescaped(plain)
            yield Reading(place, plain)
            if "\\" not in plain:
                break
        text = plain
    if "%" in text:
        once = unquote_plus(text)
        yield Reading(place, once)
        if "%" in once:
            yield Reading(place, unquote_plus(once))
    if "&" in text and (plain := html.unescape(text)) != text:
        yield Reading(place, plain)


def of_page(text: str) -> Iterator[Reading]:
    """Yield all readings of a page, and of what is packed into it."""
    yield from of_text("the page", text)
    for match in _PACKED.finditer(text):
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(base64.b64decode(match[1]), _LARGEST_UNPACKED)
        except (binascii.Error, zlib.error):
            continue
        yield from of_text("what is packed into the page", data.decode("utf-8", "replace"))


def _unescaped(text: str) -> str:
    for escape, plain in _ESCAPES:
        text = text.replace(escape, plain)
    return _UNICODE.sub(lambda match: chr(int(match[1], 16)), text) if "\\u" in text else text


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value of JSON, names of members too."""
    match value:
        case str():
            yield value
        case dict():
            for name, one in value.items():
                yield name
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
        case int() | float():
            yield str(value)


def _joined(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts that a stream, or a conversation of messages, holds in pieces."""
    streams: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for text in texts:
        if "{" in text:
            for line in text.splitlines():
                for event in _events(line):
                    for key, piece in _pieces(event, (), ()):
                        streams[key].append(piece)
    joined = {"".join(pieces) for pieces in streams.values() if len(pieces) > 1}
    if joined:
        yield "\n".join(sorted(joined))


def _events(line: str) -> Iterator[Any]:
    begin = line.find("{")
    if begin < 0:
        return
    try:
        # A list as a stream has a comma behind each of its members.
        yield json.JSONDecoder(strict=False).raw_decode(line, begin)[0]
    except (ValueError, RecursionError):
        return


def _pieces(value: Any, path: tuple[Any, ...], numbers: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield each text of an event, under its path with and without the places in lists."""
    match value:
        case str():
            yield (path, numbers), value
            yield (tuple(one for one in path if isinstance(one, str)), numbers, "any place"), value
        case dict():
            numbers += tuple((name, value[name]) for name in _INDEX if isinstance(value.get(name), int))
            for name, one in value.items():
                yield from _pieces(one, (*path, name), numbers)
        case list() if value and all(isinstance(one, int) and 0 <= one < 256 for one in value):
            yield (path, numbers), bytes(value).decode("utf-8", "replace")
        case list():
            for place, one in enumerate(value):
                yield from _pieces(one, (*path, place), numbers)
