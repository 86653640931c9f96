"""Bodies of which no API is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, CutShort, Note, Settings, Text
from probe.renderers.generic.json_rpc import is_json_rpc, json_rpc_blocks
from probe.renderers.generic.text import form_fields, json_lines
from probe.renderers.json_reader import parsed_json


def request_blocks(body: Any) -> Iterator[Block]:
    """Yield a request: JSON-RPC by its messages, a form by its fields, any other body as it is."""
    if fields := form_fields(body):
        yield Settings(pairs=tuple(fields))
    else:
        yield from response_blocks(body)


def response_blocks(body: Any) -> Iterator[Block]:
    """Yield a response: JSON-RPC by its messages, lines of JSON as JSON, any other body as it is."""
    value = parsed_json(body)
    lines = json_lines(value)
    if lines is None:
        yield from json_rpc_blocks(value) if is_json_rpc(value) else [Body(value=value)]
        return
    values, unfinished = lines
    if all(map(is_json_rpc, values)):
        for value in values:
            yield from json_rpc_blocks(value)
    else:
        yield Note(text=f"{len(values):,} line{'s' if len(values) > 1 else ''} of JSON:")
        yield Body(value=values)
    if unfinished:
        yield CutShort(what="line")
        yield Text(text=unfinished, label="Unfinished line")
