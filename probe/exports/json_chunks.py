"""Write JSON in chunks: a text in it may be longer than memory."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from probe.addon.json_text import dumps


class LongText:
    """A text in a JSON value that is written chunk by chunk."""

    def __init__(self, chunks: Callable[[], Iterable[str]]) -> None:
        self.chunks = chunks


class LongList:
    """A list in a JSON value that is written element by element."""

    def __init__(self, elements: Callable[[], Iterable[Any]]) -> None:
        self.elements = elements


def json_chunks(value: Any) -> Iterator[str]:
    """Yield compact JSON; long texts and lists are values of objects."""
    if isinstance(value, LongText):
        yield '"'
        yield from (dumps(chunk)[1:-1] for chunk in value.chunks())
        yield '"'
    elif isinstance(value, LongList):
        yield "["
        yield from (f"{',' if number else ''}{dumps(one)}" for number, one in enumerate(value.elements()))
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for number, (key, member) in enumerate(value.items()):
            yield f"{',' if number else ''}{dumps(key)}:"
            yield from json_chunks(member)
        yield "}"
    else:
        yield dumps(value)


def decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield UTF-8 chunks as texts; bytes that are not UTF-8 become U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in chunks:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
