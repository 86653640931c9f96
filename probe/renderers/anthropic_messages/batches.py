"""Tell what the API says of batches: their state, a list of them, and their results line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.anthropic_messages.answer import failure_blocks, message_blocks
from probe.renderers.blocks import Block, Conversation, Entry, Note, Raw
from probe.renderers.bodies import parsed, parsed_event
from probe.renderers.parts import rest

_BATCH = ("message_batch", "message_batch_deleted")


def is_batch(body: Any) -> bool:
    """Tell whether a body is the state of a batch, or a list of such."""
    listed = body.get("data") if isinstance(body, dict) else None
    found = listed if isinstance(listed, list) and listed else [body]
    return all(isinstance(one, dict) and one.get("type") in _BATCH for one in found)


def batch_blocks(body: dict[str, Any]) -> Iterator[Block]:
    """Tell the state of a batch, or a list of such."""
    if body.get("type") in _BATCH:
        yield from rest(body)
        return
    listed = body["data"]
    entries = (
        Entry(index=index, role=None, type=str(one.get("processing_status") or one["type"]), content=tuple(rest(one)))
        for index, one in enumerate(listed)
    )
    yield Conversation(title="Batches", entries=tuple(entries))
    yield from rest(body, "data")


def results_of(body: Any) -> list[Any] | None:
    """Give the lines of a batch's results; None when a body is none."""
    lines = [body] if isinstance(body, dict) else []
    if isinstance(body, str) and body.lstrip().startswith("{"):
        lines = [parsed_event(line) for line in body.split("\n") if line.strip()]
    first = lines[0] if lines else None
    return lines if isinstance(first, dict) and {"custom_id", "result"} <= set(first) else None


def result_blocks(lines: list[Any]) -> Iterator[Block]:
    """Tell the results of a batch, request by request."""
    yield Conversation(title="Results", entries=tuple(map(_entry, range(len(lines)), lines)))


def _entry(index: int, line: Any) -> Entry:
    match line:
        case {"custom_id": name, "result": dict(result)}:
            content = (*_result(result), *rest(line, "custom_id", "result"))
            return Entry(index=index, role=str(result.get("type")), type=str(name), content=content)
        case _:
            return Entry(index=index, role=None, type="(none)", content=(Raw(reason="result", value=line),))


def _result(result: dict[str, Any]) -> Iterator[Block]:
    match result:
        case {"type": "succeeded", "message": dict(message)}:
            yield from message_blocks(message)
            yield from rest(result, "type", "message")
        case {"type": "errored", "error": error}:
            # The error as the API answers it, which holds the error itself.
            inner = error.get("error") if isinstance(error, dict) else None
            yield from failure_blocks(inner or error)
            yield from rest(error, "type", "error") if inner else ()
            yield from rest(result, "type", "error")
        case {"type": "canceled" | "expired"}:
            yield Note(text=f"The request was not sent to the model: {result['type']}")
            yield from rest(result, "type")
        case _:
            yield Raw(reason="result", value=parsed(result))
