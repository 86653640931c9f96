"""Reading requests and answers with one API alone, as a trace does, without a record around them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from probe.renderers.api import Answer, Api, Kind
from probe.renderers.blocks import Block, Conversation, Instructions, Message, Settings, ToolResult, Unknown
from probe.renderers.events import Stream
from probe.renderers.joined_events import read_events
from probe.renderers.json_reader import Json, json_of, parsed, parsed_json

_B = TypeVar("_B")


def event_stream(*events: Any, end: str = "\n\n") -> str:
    """Write events as a stream; a text is written as it is."""
    return "".join(f"data: {event if isinstance(event, str) else json.dumps(event)}{end}" for event in events)


def read_request(api: Api, body: Any, path: str = "/") -> list[Block] | None:
    """Return the blocks of a request: of its items and of what it asks for; None where it is none of the API's."""
    value = json_of(body) if not isinstance(body, Json) else body
    items = api.items(path, value)
    if items is None:
        blocks = api.request_blocks(path, body)
        return None if blocks is None else list(blocks)
    read = [block for field in items for block in field.blocks(api.item_blocks)]
    return [*read, *api.asked(path, value).notes]


def places(api: Api, body: Any, path: str = "/") -> list[tuple[Kind, str, Json]]:
    """Return the items of a request: kind, path in the body, and JSON."""
    value = json_of(body) if not isinstance(body, Json) else body
    return [
        (field.kind, f"{field.at}[{number}]" if field.listed else field.at, item)
        for field in api.items(path, value) or ()
        for number, item in enumerate(field.items)
    ]


def paths(api: Api, body: Any, path: str = "/") -> list[str]:
    """Return where the items of a request are."""
    return [at for _, at, _ in places(api, body, path)]


def read_answer(api: Api, body: Any, path: str = "/", status: int | None = 200) -> Answer | None:
    """Return the answer that a body is, streamed or whole; None where it is none of the API's."""
    stream = api.split(path, json_of(body) if isinstance(body, dict | list) else body)
    if stream is None:
        return api.answer(path, parsed_json(body), status)
    answer = read_split(api, stream)
    return answer if answer.known else None


def read_split(api: Api, stream: Stream, *, join: bool = True) -> Answer:
    """Return the answer that the events of a stream make; `join` pieces of one text first, as a trace does."""
    reader = api.stream()
    assert reader is not None
    for event in read_events(stream, api if join else Api(), parsed):
        reader.add(event.number, event.name, event.data)
    return reader.answer(stream.length - 1)


def read_blocks(api: Api, body: Any, path: str = "/", status: int | None = 200) -> list[Block]:
    """Return the blocks of a response, be it an answer or not; none where it is none of the API's.

    What an answer repeats of a request that is not known here is shown, as the trace does.
    """
    answer = read_answer(api, body, path, status)
    return list(answer_blocks(answer) if answer else api.response_blocks(path, body, status) or ())


def answer_blocks(answer: Answer) -> Iterator[Block]:
    """Yield the blocks of an answer, with all that it repeats of its request."""
    yield from answer.blocks
    if answer.echo:
        yield Settings(pairs=tuple(answer.echo.items()))


def of_type(blocks: Iterable[Block] | None, kind: type[_B]) -> list[_B]:
    """Return the blocks of one type, those within others included."""
    return [block for block in every_block(blocks or ()) if isinstance(block, kind)]


def unknowns(blocks: Iterable[Block] | None) -> list[str]:
    """Return what is unknown in blocks, by name."""
    return [block.what for block in of_type(blocks, Unknown)]


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks and those within them."""
    for block in blocks:
        yield block
        match block:
            case ToolResult() | Instructions() | Message():
                yield from every_block(block.content)
            case Conversation():
                yield from every_block(block.messages)
