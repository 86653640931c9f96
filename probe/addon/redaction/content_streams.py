"""The pieces of text in the events of a stream, by the stream of content that each belongs to.

APIs send text as a sequence of JSON strings under one key (`delta`, `text`, `content`, …). Two choices, two tool calls
or two output items may alternate; numbers in the objects around the text (`index`, `output_index`, …) distinguish
them, whatever the API. Ids do not: some servers make a new one for each event.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from probe.addon.redaction.edits import Edit, applied

# Half of a stream's strings are kinds, ids and padding, which hold no content.
_NO_TEXT = frozenset({"type", "id", "item_id", "object", "obfuscation"})
_IDS = ("index", "output_index", "content_index", "summary_index")
# Runs of plain characters: one at a time, each would cost the matcher 170 bytes.
_TEXT = (
    rb"(?!(?:" + "|".join(sorted(_NO_TEXT)).encode() + rb')")([A-Za-z_]{1,40}+)"'
    rb'\s*+:\s*+"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
)
_PAIR = re.compile(rb'"' + _TEXT)
_INDEX = re.compile(rb'"(' + "|".join(_IDS).encode() + rb')"\s*+:\s*+([0-9]++)')
_TOKEN = re.compile(rb'(\n)|"(?:' + _INDEX.pattern[1:] + rb'|bytes"\s*+:\s*+\[([0-9,\s]*+)\]|' + _TEXT + rb")")
_MEMBERS = re.compile(rb"\}\s*+,\s*+\{")
_JSON_BEGIN = re.compile(r"[{\[]")
_NAME = re.compile(r"[A-Za-z_]{1,40}")
_NUMBERED = frozenset({"choices", "candidates", "tool_calls", "top_logprobs"})
"""Lists whose members are separate streams, identified by position where they have no `index`."""

Key = tuple[Any, ...]
"""The name of the text's key and what identifies its stream."""


class Piece(NamedTuple):
    """A part of a text: where it is in the data, and its bytes."""

    start: int
    end: int
    text: bytes
    numbers: bool = False
    """Whether it is written as a list of bytes (`[115,107]`), as log probabilities have it."""

    def edits(self, within: list[Edit]) -> list[Edit]:
        """Return edits within this piece as edits of the data."""
        if not self.numbers:
            return [Edit(self.start + edit.start, edit.length, edit.new) for edit in within]
        numbers = ",".join(map(str, applied(self.text, within))).encode()
        return [Edit(self.start, self.end - self.start, numbers)]


def content_streams(data: bytes) -> dict[Key, list[Piece]]:
    """Return the pieces of each stream of content, in order; each event is a line of the data."""
    streams: defaultdict[Key, list[Piece]] = defaultdict(list)
    for begin, end, ids, pieces in _lines(data):
        names = Counter(name for name, _ in pieces)
        keys = _keys(data[begin:end]) if names and max(names.values()) > 1 else None
        if keys is None or [key[0] for key in keys] != [name for name, _ in pieces]:
            keys = [(name, *ids) for name, _ in pieces]
        for key, (_, piece) in zip(keys, pieces, strict=True):
            streams[key].append(piece)
    return streams


def texts_by_name(data: bytes) -> list[bytes] | None:
    """Return all text under each key if it is certainly one text; None if several texts may alternate."""
    indexes = set(_INDEX.findall(data))
    if len(indexes) > len({name for name, _ in indexes}) or b'"bytes"' in data or _MEMBERS.search(data):
        return None
    texts: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for name, value in _PAIR.findall(data):
        texts[name].append(value)
    return [b"".join(values) for values in texts.values() if len(values) > 1]


def _lines(data: bytes) -> Iterator[tuple[int, int, list[Any], list[tuple[str, Piece]]]]:
    """Yield begin and end of each line, the ids in it, and its texts with their names."""
    begin, ids, pieces = 0, list[Any](), list[tuple[str, Piece]]()
    for match in _TOKEN.finditer(data):
        line_end, id_name, id_value, numbers, name, text = match.groups()
        if name is not None:
            pieces.append((name.decode(), Piece(*match.span(6), text)))
        elif id_name is not None:
            ids.append((id_name.decode(), id_value.decode()))
        elif numbers is not None:
            pieces.append(("bytes", Piece(*match.span(4), _bytes_of(numbers), numbers=True)))
        elif line_end:
            if pieces:
                yield begin, match.start(), ids, pieces
            begin, ids, pieces = match.end(), [], []
    if pieces:
        yield begin, len(data), ids, pieces


def _bytes_of(numbers: bytes) -> bytes:
    try:
        return bytes(map(int, numbers.split(b",")))
    except ValueError:
        return b""  # empty, or not a list of bytes


def _keys(line: bytes) -> list[Key] | None:
    """Return the key of each text of a line in which a name repeats; None when it is not JSON."""
    try:
        # Latin-1 decodes any bytes and keeps positions; names and numbers are ASCII.
        text = line.decode("latin-1")
        begin = _JSON_BEGIN.search(text)
        value, _ = json.JSONDecoder(strict=False).raw_decode(text, begin.start() if begin else 0)
        return list(_walk({"": value}, ()))
    except (ValueError, RecursionError):
        return None


def _walk(value: dict[str, Any], ids: Key) -> Iterator[Key]:
    ids += tuple((name, str(one)) for name, one in value.items() if name in _IDS and isinstance(one, int))
    for name, one in value.items():
        if isinstance(one, str) and name not in _NO_TEXT and name not in _IDS and _NAME.fullmatch(name):
            yield name, *ids
        elif isinstance(one, dict):
            yield from _walk(one, ids)
        elif name == "bytes" and isinstance(one, list) and all(isinstance(number, int) for number in one):
            yield name, *ids
        elif isinstance(one, list):
            for place, member in enumerate(one):
                if isinstance(member, dict):
                    numbered = name in _NUMBERED and "index" not in member
                    # The members of other lists continue one text: a message's parts, an event's tokens.
                    yield from _walk(member, (*ids, ("index", str(place))) if numbered else ids)
