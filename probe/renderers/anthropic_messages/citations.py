"""The citations of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Encrypted, Text, Unknown
from probe.renderers.fields import Fields

_RANGES = {
    "char_location": ("characters", "start_char_index", "end_char_index"),
    "page_location": ("pages", "start_page_number", "end_page_number"),
    "content_block_location": ("blocks", "start_block_index", "end_block_index"),
    "search_result_location": ("blocks", "start_block_index", "end_block_index"),
    "web_search_result_location": None,
}
"""Type of citation, what its range counts, and the fields that hold it."""
CITATIONS = frozenset(_RANGES)

_TITLES = ("document_title", "title")
_INDEXES = {"document_index": "document", "search_result_index": "search result"}


def citation_blocks(citations: list[Any]) -> Iterator[Block]:
    """Yield the citations of a text, each with the words that it cites."""
    for citation in citations:
        match citation:
            case {"type": str(kind), "cited_text": str(text)} if kind in _RANGES:
                fields = Fields(citation)
                fields.take("type")
                fields.take("cited_text")
                yield Text(text=text, label=f"Citation: {', '.join(_place(kind, fields))}")
                if (index := fields.text("encrypted_index")) is not None:
                    yield Encrypted(what="encrypted_index", characters=len(index))
                yield from fields.rest("file_id", "url", "source")
            case _:
                yield Unknown(what="citation", value=citation)


def _place(kind: str, fields: Fields) -> Iterator[str]:
    """Name the place that is cited."""
    for name, word in _INDEXES.items():
        if (index := fields.number(name)) is not None:
            yield f"{word} {index}"
    yield from (f"“{title}”" for name in _TITLES if (title := fields.text(name)))
    if found := _RANGES[kind]:
        word, first, last = found
        yield f"{word} {_number(fields, first)}–{_number(fields, last)}"


def _number(fields: Fields, name: str) -> str:
    number = fields.number(name)
    return "?" if number is None else str(number)
