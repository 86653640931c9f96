"""Tell bodies of which no API is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, EventCounts, Note, Settings, Text
from probe.renderers.bodies import parsed, parsed_event
from probe.renderers.generic.json_rpc import is_json_rpc, json_rpc_blocks
from probe.renderers.generic.text import form_fields, json_lines
from probe.renderers.markdown import markdown
from probe.renderers.markdown.tables import plural
from probe.renderers.sse import Event, SseParser, is_stream


def request_blocks(body: Any) -> Iterator[Block]:
    """Tell a request: JSON-RPC by its messages, a form by its fields, any other body as it is."""
    if fields := form_fields(body):
        yield Settings(pairs=tuple(fields))
    else:
        yield from _body(body)


def response_blocks(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a response as a request; a tuple holds the messages of a WebSocket."""
    if isinstance(body, tuple):
        for text in body:
            yield from _message(parsed(text), folded=True)
    elif is_stream(body):
        yield from _stream(body)
    else:
        yield from _body(body)


def format_request_body(body: Any) -> str:
    """Write a request's body as Markdown."""
    return markdown(request_blocks(body))


def format_response_body(body: Any, status_code: int | None) -> str:
    """Write a response's body as Markdown."""
    return markdown(response_blocks(body, status_code))


def _body(body: Any) -> Iterator[Block]:
    value = parsed(body)
    lines = json_lines(value)
    if lines is None:
        yield from _message(value, folded=True)
        return
    values, unfinished = lines
    if all(map(is_json_rpc, values)):
        for value in values:
            yield from json_rpc_blocks(value)
    else:
        yield Note(text=f"{plural(len(values), 'line')} of JSON:")
        yield Body(value=values)
    if unfinished:
        yield Text(text=unfinished, label="Unfinished line")


def _message(value: Any, *, folded: bool) -> Iterator[Block]:
    if is_json_rpc(value):
        yield from json_rpc_blocks(value)
    else:
        yield Body(value=value, folded=folded)


def _stream(body: str) -> Iterator[Block]:
    """Tell a stream: its events one by one where they are JSON-RPC, else the whole of it as it is."""
    parser, counts, complete, speaks_json_rpc = SseParser(), Counter[str](), True, False
    for event in parser.read(body):
        counts[event.type] += 1
        complete = event.complete
        speaks_json_rpc = speaks_json_rpc or is_json_rpc(_data(event))
    size = len(body.encode("utf-8", "surrogatepass"))
    yield EventCounts(size=size, counts=tuple(counts.items()), comments=parser.comments)
    if not complete:
        yield Note(text="The stream ended within an event.")
    if speaks_json_rpc:
        for event in SseParser().read(body):
            yield from _event(event)
    else:
        yield Body(value=body)


def _data(event: Event) -> Any:
    # Most streams are not JSON-RPC, and need not be parsed for that.
    return parsed_event(event.data) if event.complete and event.data and '"jsonrpc"' in event.data else event.data


def _event(event: Event) -> Iterator[Block]:
    value = _data(event)
    if is_json_rpc(value):
        yield from json_rpc_blocks(value)
    elif event.data:
        yield Text(text=event.data, label=f"Event {event.type!r}" if event.complete else "Unfinished event")
