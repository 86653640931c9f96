"""Speak Anthropic's Messages API, as https://docs.anthropic.com/en/api/messages has it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.support.answers import Asked, Model, Step
from tests.support.apis.calls import Answer, Call, cut, ident, stream, texts, whole
from tests.support.toolcalls import Tool

NAME = "anthropic_messages"
PATH = r"/v1/messages$"
_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
"""What claude-code says in the user's place."""


def answer(call: Call, model: Model) -> Answer:
    """Answer a posted turn."""
    step, name = decided(call.body, model), call.body.get("model", "unknown")
    return stream(events(step, name, NAME)) if call.body.get("stream") else whole(message(step, name, NAME))


def decided(body: dict[str, Any], model: Model) -> Step:
    """Return what the model does; an empty reasoning stands for one that is not shown, as the request may want it."""
    step = model.step(_asked(body))
    hidden = (body.get("thinking") or {}).get("display") == "omitted" and step.reasoning
    return replace(step, reasoning="") if hidden else step


def error(status: int, message: str, _code: str) -> dict[str, Any]:
    """Write an error in the API's shape."""
    told = {"type": _ERRORS.get(status, "api_error"), "message": message}
    return {"type": "error", "error": told, "request_id": ident("req", status)[:28]}


_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def _asked(body: dict[str, Any]) -> Asked:
    messages, choice = body.get("messages") or [], body.get("tool_choice") or {}
    return Asked(
        tools=list(_tools(body)),
        has_result=_has_result(messages),
        results=sum(_results(message) for message in messages),
        schema=_schema(body),
        forced={"tool": choice.get("name"), "any": ""}.get(choice.get("type", "auto")),
        words="\n".join([texts(body.get("system")), *(texts(one.get("content")) for one in messages)]),
        room=body.get("max_tokens"),
        thinks=(body.get("thinking") or {}).get("type") in ("enabled", "adaptive"),
    )


def _tools(body: dict[str, Any]) -> Iterator[Tool]:
    for tool in body.get("tools") or []:
        if "name" in tool and tool.get("type", "custom") == "custom":
            yield Tool(name=tool["name"], schema=tool.get("input_schema") or {})


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema that the answer must fit; the first form is the older one."""
    for wanted in (body.get("output_format"), (body.get("output_config") or {}).get("format")):
        if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
            return wanted.get("schema") or {}
    return None


def _has_result(messages: list[dict[str, Any]]) -> bool:
    """Check whether a tool has answered since the user last spoke."""
    for one in reversed(messages):
        if _results(one):
            return True
        if one.get("role") == "user" and _REMINDER.sub("", texts(one.get("content"))).strip():
            return False
    return False


def _results(message: dict[str, Any]) -> int:
    content = message.get("content")
    return sum(part.get("type") == "tool_result" for part in content) if isinstance(content, list) else 0


def message(step: Step, name: str, api: str) -> dict[str, Any]:
    """Write a whole message."""
    reason = "max_tokens" if step.cut_short else "tool_use" if step.call else "end_turn"
    usage = _usage(step, api)
    return {**_message(step, name), "content": _blocks(step), "stop_reason": reason, "usage": usage}


def _message(step: Step, name: str) -> dict[str, Any]:
    """Write a message that has only begun."""
    return {
        "model": name,
        "id": ident("msg", step.number)[:28],
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _blocks(step: Step) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if step.reasoning is not None:
        signature = base64.b64encode(f"a stand-in for the signature of thought {step.number}".encode()).decode()
        found.append({"type": "thinking", "thinking": step.reasoning, "signature": signature})
    if step.text is not None:
        found.append({"type": "text", "text": step.text})
    if step.call:
        called = {"id": ident("toolu", step.number)[:30], "name": step.call.name, "input": step.call.arguments}
        found.append({"type": "tool_use", **called})
    return found


def events(step: Step, name: str, api: str) -> Iterator[dict[str, Any]]:
    """Yield a message in events: the input's usage at the start, all of it at the end."""
    whole_usage, finished = _usage(step, api), message(step, name, api)
    begun = {**whole_usage, "output_tokens": 1}
    begun.pop("output_tokens_details")
    yield {"type": "message_start", "message": {**_message(step, name), "usage": begun}}
    for index, block in enumerate(finished["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": _begun(block)}
        if index == 0:
            yield {"type": "ping"}
        for delta in _deltas(step, block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": finished["stop_reason"], "stop_sequence": None}
    counts = {key: value for key, value in whole_usage.items() if key not in ("service_tier", "cache_creation")}
    yield {"type": "message_delta", "delta": ended, "usage": counts}
    yield {"type": "message_stop"}


def _begun(block: dict[str, Any]) -> dict[str, Any]:
    """Empty a block, as it is when it starts."""
    empty = {"thinking": "", "signature": "", "text": "", "input": {}}
    return {key: empty.get(key, value) for key, value in block.items()}


def _deltas(step: Step, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match block["type"]:
        case "thinking":
            yield from ({"type": "thinking_delta", "thinking": piece} for piece in cut(block["thinking"]))
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "text":
            yield from ({"type": "text_delta", "text": piece} for piece in cut(block["text"]))
        case "tool_use":
            payload = step.call.payload if step.call else ""
            yield from ({"type": "input_json_delta", "partial_json": piece} for piece in ("", *cut(payload)))


def _usage(step: Step, api: str) -> dict[str, Any]:
    """Write the token counts: the input leaves out what was read from and written to the cache."""
    spent = step.spent(api)
    read, written, hour = spent.cache_read or 0, spent.cache_write or 0, spent.cache_write_1h or 0
    return {
        "input_tokens": (spent.input or 0) - read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour},
        "output_tokens": spent.output,
        "output_tokens_details": {"thinking_tokens": spent.reasoning},
        "service_tier": "standard",
    }
