"""Lines that are too long to be loaded: long texts are read in part, or completely but chunk by chunk.

A body may have any size, and a line of `traffic.jsonl` holds all of it. Code that shows a record gets the begin and
the end of such a text; code that checks it reads all of it in chunks.
"""

from __future__ import annotations

import codecs
import json
import mmap
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from probe.record.exchange import Exchange, Message, Payload, Span
from probe.record.open_record import mapped, open_record

LONG_LINE = 32 << 20
"""Longer lines are not loaded completely."""
LONG_TEXT = 16 << 20
"""In such a line, only the begin and the end of a longer text are loaded."""
KEPT = 1 << 20
"""Bytes of the begin and of the end that are loaded."""
LONGEST_LINE = 512 << 20
"""Maximum length of the rest of a line."""

_CHUNK = 1 << 20
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_WHOLE = re.compile(r"(?:[^\\]|\\u[0-9a-fA-F]{4}|\\[^u])*+", re.DOTALL)
_EVENT_END = re.compile(rb"\\n\\n|\\r\\n\\r\\n|\\r\\r")

T = TypeVar("T", Payload, Message)


def shortened_line(file: BinaryIO, start: int, end: int) -> tuple[bytes, str, list[Span]]:
    """Return a line of an open record with its long texts shortened, the mark in each, and their places there."""
    with mapped(file, start, end) as (data, begin):
        line, mark, found = _shortened(data, begin, begin + end - start)
    return line, mark, [(first - begin + start, last - begin + start) for first, last in found]


def _shortened(data: mmap.mmap, start: int, end: int) -> tuple[bytes, str, list[Span]]:
    """Return a line with its long texts shortened, the mark in each of them, and their places in the data."""
    mark = secrets.token_hex(12)
    parts: list[bytes] = []
    spans: list[Span] = []
    position = start
    for match in _STRING.finditer(data, start, end):
        first, last = match.start() + 1, match.end() - 1
        if last - first > LONG_TEXT:
            begin, rest = _begin(data[first : first + KEPT]), _end(data[last - KEPT : last])
            # A comment in an event stream, and readable in any other text.
            note = f": {last - first - len(begin) - len(rest)} bytes are left out here\\n\\n"
            parts += [data[position:first], begin, note.encode(), rest, f"{mark}{len(spans)}".encode()]
            spans.append((first, last))
            position = last
    if end - position > LONGEST_LINE:
        raise ValueError(f"its last {end - position:,} bytes hold no text that could be left out")
    return b"".join([*parts, data[position:end]]), mark, spans


def _begin(text: bytes) -> bytes:
    """Cut a text after its last whole event, or else where no escape and no character is split."""
    ends = [match.end() for match in _EVENT_END.finditer(text)]
    return text[: ends[-1]] if ends else _ascii_border(text[:-20], text[-20:])


def _ascii_border(kept: bytes, border: bytes) -> bytes:
    """Return `kept` and the plain start of `border`, so that nothing is split at the end."""
    plain = re.match(rb"[ -!#-\[\]-~]*", border)
    if plain and plain[0]:
        return kept + plain[0]
    cut = kept.rfind(b"\\", -12)
    whole = kept[:cut].rstrip(b"\\") if cut > 0 else kept
    # All that may be cut off is the last character.
    return whole.decode("utf-8", "ignore").encode()


def _end(text: bytes) -> bytes:
    """Cut a text before its first whole event, or else at the first plain character."""
    match = _EVENT_END.search(text)
    if match:
        return text[match.end() :]
    plain = re.search(rb"[ -!#-\[\]-~]{12}", text)
    return text[plain.start() + 6 :] if plain else b""


def with_spans(exchange: Exchange, mark: str, spans: list[Span]) -> Exchange | None:
    """Return an exchange with the place of each shortened text in it, and without the mark.

    Returns None when such a text is not a body or a message, but a part of one.
    """
    left = set(range(len(spans)))

    def noted(part: T, name: str) -> T:
        text = getattr(part, name)
        head, found, number = text.rpartition(mark) if isinstance(text, str) else ("", "", "")
        if not found:
            return part
        left.discard(int(number))
        changes: dict[str, Any] = {name: head, "whole_text": spans[int(number)]}
        return msgspec.structs.replace(part, **changes)

    changes: dict[str, Any] = {"request": noted(noted(exchange.request, "body"), "body_text")}
    if exchange.response:
        changes["response"] = noted(noted(exchange.response, "body"), "body_text")
    if exchange.websocket:
        messages = [noted(message, "content") for message in exchange.websocket.messages]
        changes["websocket"] = msgspec.structs.replace(exchange.websocket, messages=messages)
    return None if left else msgspec.structs.replace(exchange, **changes)


def text_chunks(path: Path, span: Span) -> Iterator[str]:
    """Yield all of a shortened text."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
    with open_record(path) as file:
        file.seek(span[0])
        left = span[1] - span[0]
        while left and (data := file.read(min(_CHUNK, left))):
            left -= len(data)
            text = rest + decoder.decode(data)
            # An escape may be split.
            whole = _WHOLE.match(text)
            assert whole is not None
            yield json.loads(f'"{whole[0]}"', strict=False)
            rest = text[whole.end() :]
    if rest:
        raise ValueError("a text ends inside an escape")
