"""Write the event stream of one turn in the order in which the Responses API sends it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Usage
from tests.support.apis.calls import FIRST_SECOND, PIECE, cut, ident
from tests.support.toolcalls import ToolCall

Event = dict[str, Any]


def usage(spent: Usage) -> dict[str, Any]:
    """Write the token counts of one response."""
    return {
        "input_tokens": spent.input,
        "input_tokens_details": {"cached_tokens": spent.cache_read or 0},
        "output_tokens": spent.output,
        "output_tokens_details": {"reasoning_tokens": spent.reasoning or 0},
        "total_tokens": spent.total,
    }


def turn(
    number: int, body: dict[str, Any], parts: list[tuple[dict[str, Any], list[Event]]], spent: Usage
) -> list[Event]:
    """Wrap finished items, each with its own events, in the events of a whole response."""
    start = _response(number, body, "in_progress")
    end = {**_response(number, body, "completed"), "output": [item for item, _ in parts], "usage": usage(spent)}
    events: list[Event] = [
        {"type": "response.created", "response": start},
        {"type": "response.in_progress", "response": start},
    ]
    for index, (_, own) in enumerate(parts):
        events += [{**event, "output_index": index} for event in own]
    events.append({"type": "response.completed", "response": end})
    return [
        {"type": event["type"], "sequence_number": place, **_without_type(event)} for place, event in enumerate(events)
    ]


def _without_type(event: Event) -> Event:
    """Return an event's fields but its type, which stands first."""
    return {key: value for key, value in event.items() if key != "type"}


def _response(number: int, body: dict[str, Any], status: str) -> dict[str, Any]:
    """Write a response object; instructions and tools are not echoed, to keep the vendor's text out."""
    return {
        "id": ident("resp", number),
        "object": "response",
        "created_at": FIRST_SECOND + number,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": body.get("model", "unknown"),
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": (body.get("reasoning") or {}).get("effort"), "summary": None},
        "store": body.get("store", False),
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": [],
        "usage": None,
        "metadata": {},
    }


def reasoning(number: int, summary: str) -> tuple[dict[str, Any], list[Event]]:
    """Yield the events of a reasoning item with one summary part."""
    where = {"item_id": ident("rs", number), "summary_index": 0}
    hidden = base64.b64encode(f"a stand-in for encrypted reasoning {number}".encode()).decode()
    empty = {"id": where["item_id"], "type": "reasoning", "encrypted_content": hidden, "summary": []}
    part = {"type": "summary_text", "text": summary}
    name = "response.reasoning_summary"
    item = {**empty, "summary": [part]}
    return item, [
        {"type": "response.output_item.added", "item": empty},
        {"type": f"{name}_part.added", **where, "part": {**part, "text": ""}},
        *_deltas(f"{name}_text.delta", where, summary),
        {"type": f"{name}_text.done", **where, "text": summary},
        {"type": f"{name}_part.done", **where, "part": part},
        {"type": "response.output_item.done", "item": item},
    ]


def message(number: int, text: str) -> tuple[dict[str, Any], list[Event]]:
    """Yield the events of an assistant message with one text part."""
    where = {"item_id": ident("msg", number), "content_index": 0}
    empty = {"id": where["item_id"], "type": "message", "status": "in_progress", "content": []}
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    item = {**empty, "status": "completed", "content": [part], "role": "assistant"}
    return item, [
        {"type": "response.output_item.added", "item": {**empty, "role": "assistant"}},
        {"type": "response.content_part.added", **where, "part": {**part, "text": ""}},
        *_deltas("response.output_text.delta", {**where, "logprobs": []}, text),
        {"type": "response.output_text.done", **where, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **where, "part": part},
        {"type": "response.output_item.done", "item": item},
    ]


def tool_call(number: int, call: ToolCall) -> tuple[dict[str, Any], list[Event]]:
    """Yield the events of a call of a function, or of a custom tool, whose input is free text."""
    kind, field, prefix = ("custom_tool_call", "input", "ctc") if call.custom else _FUNCTION
    name = "response.custom_tool_call_input" if call.custom else "response.function_call_arguments"
    where = {"item_id": ident(prefix, number)}
    empty = {"id": where["item_id"], "type": kind, "status": "in_progress", field: ""}
    empty |= {"call_id": ident("call", number)[:29], "name": call.name}
    if call.namespace not in (None, _DEFAULT):
        empty["namespace"] = call.namespace
    item = {**empty, "status": "completed", field: call.payload}
    return item, [
        {"type": "response.output_item.added", "item": empty},
        *_deltas(f"{name}.delta", where, call.payload),
        {"type": f"{name}.done", **where, field: call.payload},
        {"type": "response.output_item.done", "item": item},
    ]


_DEFAULT = "functions"
"""The namespace of tools that are called by their name alone."""
_FUNCTION = ("function_call", "arguments", "fc")


def _deltas(name: str, where: dict[str, Any], text: str) -> Iterator[Event]:
    """Cut a text into deltas; the padding hides their length, as the API's does."""
    for index, piece in enumerate(cut(text)):
        padding = hashlib.sha256(f"{where['item_id']}{index * PIECE}".encode()).hexdigest()[:9]
        yield {"type": name, **where, "delta": piece, "obfuscation": padding}
