"""Speak OpenAI's Chat Completions API, as https://platform.openai.com/docs/api-reference/chat has it.

Reasoning goes as `reasoning_content`, which DeepSeek began and most servers of this API took over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Usage
from tests.support.answers import Asked, Model, Step
from tests.support.apis.calls import FIRST_SECOND, Answer, Call, cut, ident, stream, texts, whole
from tests.support.apis.openai_responses import error as error
from tests.support.toolcalls import Tool, ToolCall

NAME = "openai_chat_completions"
PATH = r"/chat/completions$"


def answer(call: Call, model: Model) -> Answer:
    """Answer a posted turn."""
    step, name = model.step(_asked(call.body)), call.body.get("model", "unknown")
    if not call.body.get("stream"):
        return whole({**_head(step, "chat.completion", name), "choices": [_choice(step)], "usage": _usage(step)})
    chunks = _chunks(step, name, (call.body.get("stream_options") or {}).get("include_usage") is True)
    return stream(chunks, named=False, end="data: [DONE]\n\n")


def _asked(body: dict[str, Any]) -> Asked:
    wanted, forced, messages = body.get("response_format") or {}, body.get("tool_choice"), body.get("messages") or []
    schema = (wanted.get("json_schema") or {}).get("schema") or {} if wanted.get("type") == "json_schema" else None
    return Asked(
        tools=list(_tools(body)),
        has_result=_has_result(messages),
        results=sum(message.get("role") == "tool" for message in messages),
        schema={"type": "object"} if wanted.get("type") == "json_object" else schema,
        forced=(forced.get("function") or {}).get("name") if isinstance(forced, dict) else _ANY.get(str(forced)),
        room=body.get("max_completion_tokens") or body.get("max_tokens"),
        words="\n".join(texts(message.get("content")) for message in messages if message.get("role") in _PROMPTS),
    )


_ANY = {"required": ""}
_PROMPTS = ("system", "developer", "user")


def _tools(body: dict[str, Any]) -> Iterator[Tool]:
    for tool in body.get("tools") or []:
        if function := tool.get("function"):
            yield Tool(name=function["name"], schema=function.get("parameters") or {})


def _has_result(messages: list[dict[str, Any]]) -> bool:
    """Check whether a tool has answered since the user last spoke."""
    roles = [message.get("role") for message in messages]
    return next((role for role in reversed(roles) if role in ("tool", "user")), None) == "tool"


def _head(step: Step, kind: str, name: str) -> dict[str, Any]:
    """Write what each chunk begins with."""
    return {
        "id": ident("chatcmpl", step.number).replace("_", "-"),
        "object": kind,
        "created": FIRST_SECOND + step.number,
        "model": name,
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }


def _choice(step: Step) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": step.text, "refusal": None, "annotations": []}
    if step.reasoning:
        message["reasoning_content"] = step.reasoning
    if step.call:
        message["tool_calls"] = [_tool_call(step.number, step.call, step.call.payload)]
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(step)}


def _tool_call(number: int, call: ToolCall, arguments: str) -> dict[str, Any]:
    function = {"name": call.name, "arguments": arguments}
    return {"id": ident("call", number)[:29], "type": "function", "function": function}


def _reason(step: Step) -> str:
    return "length" if step.cut_short else "tool_calls" if step.call else "stop"


def _chunks(step: Step, name: str, include_usage: bool) -> Iterator[dict[str, Any]]:
    """Yield a message in chunks; the usage comes in one of its own, and only where it is asked for."""
    head = _head(step, "chat.completion.chunk", name)
    unknown = {"usage": None} if include_usage else {}
    for delta, reason in _deltas(step):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        yield {**head, "choices": [choice], **unknown}
    if include_usage:
        yield {**head, "choices": [], "usage": _usage(step)}


def _deltas(step: Step) -> Iterator[tuple[dict[str, Any], str | None]]:
    yield {"role": "assistant", "content": "" if step.text is not None else None, "refusal": None}, None
    for piece in cut(step.reasoning or ""):
        yield {"reasoning_content": piece}, None
    for piece in cut(step.text or ""):
        yield {"content": piece}, None
    if step.call:
        yield {"tool_calls": [{"index": 0, **_tool_call(step.number, step.call, "")}]}, None
        for piece in cut(step.call.payload):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None
    yield {}, _reason(step)


def _usage(step: Step) -> dict[str, Any]:
    """Write the token counts: both sums include their details."""
    spent: Usage = step.spent(NAME)
    return {
        "prompt_tokens": spent.input,
        "completion_tokens": spent.output,
        "total_tokens": spent.total,
        "prompt_tokens_details": {"cached_tokens": spent.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": spent.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
