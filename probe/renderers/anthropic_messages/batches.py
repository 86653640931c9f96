"""What the API answers to all but calls of the model: token counts, states and lists of batches, their results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from probe.renderers.anthropic_messages.answer import message_blocks
from probe.renderers.blocks import Block, Conversation, Message, Note, Unknown
from probe.renderers.errors import error_blocks, failure
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed

_BATCH = ("message_batch", "message_batch_deleted")
_STATE = (
    *("id", "type", "processing_status", "request_counts", "created_at", "ended_at", "expires_at", "archived_at"),
    *("cancel_initiated_at", "results_url"),
)


def response_blocks(body: Any) -> Iterable[Block] | None:
    """Return the blocks of a body that answers no call; None for any other body."""
    lines = _results_of(body)
    if lines:
        return [Conversation(title="Results", messages=tuple(map(_result_of, lines)))]
    match body:
        case {"input_tokens": int()}:
            return _shown(body, "input_tokens", "context_management")
        case {"type": kind} if kind in _BATCH:
            return _shown(body, *_STATE)
        case {"data": [*listed]} if listed and all(
            isinstance(one, dict) and one.get("type") in _BATCH for one in listed
        ):
            return _list(body)
        case _:
            return None


def _shown(body: dict[str, Any], *names: str) -> Iterator[Block]:
    fields = Fields(body)
    yield from fields.rest(*names)


def _list(body: dict[str, Any]) -> Iterator[Block]:
    fields = Fields(body)
    batches = (
        Message(role=None, type=str(one.get("processing_status") or one["type"]), content=tuple(_shown(one, *_STATE)))
        for one in fields.list("data") or ()
    )
    yield Conversation(title="Batches", messages=tuple(batches))
    yield from fields.rest("has_more", "first_id", "last_id")


def _results_of(body: Any) -> list[Any]:
    """Return the lines of a batch's results; an empty list for any other body."""
    lines = [body] if isinstance(body, dict) else []
    if isinstance(body, str) and body.lstrip().startswith("{"):
        lines = [parsed(line) for line in body.split("\n") if line.strip()]
    first = lines[0] if lines else None
    return lines if isinstance(first, dict) and {"custom_id", "result"} <= set(first) else []


def _result_of(line: Any) -> Message:
    match line:
        case {"custom_id": name, "result": dict(result)}:
            fields = Fields(line)
            fields.take("custom_id")
            fields.take("result")
            return Message(role=str(result.get("type")), type=str(name), content=(*_result(result), *fields.unknown()))
        case _:
            return Message(role=None, type="(none)", content=(Unknown(what="result", value=line),))


def _result(result: dict[str, Any]) -> Iterator[Block]:
    fields = Fields(result)
    match result:
        case {"type": "succeeded", "message": dict()}:
            yield from message_blocks(fields.take("message"))
        case {"type": "errored", "error": _}:
            # The error as the API answers it, which holds the error itself.
            error = fields.take("error")
            yield from error_blocks(error, 500) or [failure(error)]
        case {"type": "canceled" | "expired" as kind}:
            yield Note(text=f"The request was not sent to the model: {kind}")
        case _:
            yield Unknown(what="result", value=result)
            return
    fields.take("type")
    yield from fields.unknown()
