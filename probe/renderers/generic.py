"""Render any API: bodies as they are, streams with their event counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, EventCounts, Note
from probe.renderers.bodies import parsed
from probe.renderers.markdown import markdown
from probe.renderers.sse import SseParser, is_stream


def request_blocks(body: Any) -> Iterator[Block]:
    """Tell a request: its body as it is."""
    yield Body(value=parsed(body))


def response_blocks(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a response: its body as it is; a tuple holds the messages of a WebSocket."""
    if isinstance(body, tuple):
        yield from (Body(value=parsed(text)) for text in body)
        return
    if is_stream(body):
        yield from _stream(body)
    yield Body(value=parsed(body))


def format_request_body(body: Any) -> str:
    """Write a request's body as Markdown."""
    return markdown(request_blocks(body))


def format_response_body(body: Any, status_code: int | None) -> str:
    """Write a response's body as Markdown."""
    return markdown(response_blocks(body, status_code))


def _stream(body: str) -> Iterator[Block]:
    parser, counts, complete = SseParser(), Counter[str](), True
    for event in parser.read(body):
        counts[event.type] += 1
        complete = event.complete
    size = len(body.encode("utf-8", "surrogatepass"))
    yield EventCounts(size=size, counts=tuple(counts.items()), comments=parser.comments)
    if not complete:
        yield Note(text="The stream ended within an event.")
