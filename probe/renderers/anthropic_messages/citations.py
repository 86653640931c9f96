"""Tell what a text is said to rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Raw, Text
from probe.renderers.parts import rest

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


def citation_blocks(citations: Any) -> Iterator[Block]:
    """Tell the citations of a text, each with the words that it cites."""
    for citation in citations if isinstance(citations, list) else ():
        match citation:
            case {"type": str(kind), "cited_text": str(text)} if kind in _RANGES:
                yield Text(text=text, label=f"Citation: {', '.join(_told(kind, citation))}")
                yield from rest(citation, "type", "cited_text", *_used(kind), "encrypted_index")
            case _:
                yield Raw(reason="citation", value=citation)


def _told(kind: str, citation: dict[str, Any]) -> Iterator[str]:
    """Name the place that is cited."""
    for field, word in _INDEXES.items():
        if citation.get(field) is not None:
            yield f"{word} {citation[field]}"
    yield from (f"“{citation[name]}”" for name in _TITLES if citation.get(name))
    if found := _RANGES[kind]:
        word, first, last = found
        yield f"{word} {citation.get(first)}–{citation.get(last)}"


def _used(kind: str) -> tuple[str, ...]:
    return (*_INDEXES, *_TITLES, *(_RANGES[kind] or ())[1:])
