"""Messages, those of a request and those of an answer."""

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import (
    Block,
    Body,
    Media,
    MediaKind,
    Message,
    Reasoning,
    Refusal,
    Settings,
    Text,
    ToolResult,
    Unknown,
)
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed_json
from probe.renderers.openai_chat_completions.content import cache_blocks, content_blocks
from probe.renderers.openai_chat_completions.tools import call_blocks, function_call_blocks
from probe.renderers.parts import media

_RESULTS = {"tool": "tool_call_id", "function": "name"}
"""Role of a message that holds what a tool returned, and the field that names the call."""
THOUGHTS = ("reasoning_content", "reasoning")
"""Where the model's thinking is: DeepSeek, Qwen and others; OpenRouter, Groq and others. Some send both."""
_BESIDE_EMPTY = ("tool_calls", "function_call", "refusal", "audio", "images")


def message(value: Any) -> Message:
    """Return one message of a request."""
    fields = Fields(value)
    role = fields.text("role")
    if role is None:
        return Message(role=None, type="(no role)", content=(Unknown(what="message without a role", value=value),))
    if role in _RESULTS:
        return Message(role=role, type="message", content=tuple(_result(role, fields)))
    blocks = (block for _, piece in message_pieces(fields) for block in piece)
    return Message(role=role, type="message", content=tuple(blocks))


def message_pieces(
    fields: Fields, label: str | None = None, unfinished: Any = None
) -> Iterator[tuple[str, Iterator[Block]]]:
    """Yield the pieces of a message in the order in which a model makes them, each with the field that it is from.

    `unfinished` is the call in which a stream broke off.
    """
    yield "reasoning", _reasoning(fields)
    yield "content", _said(fields, label)
    if (called := fields.take("function_call")) is not None:
        yield "function_call", function_call_blocks(called, finished=called is not unfinished)
    for place, call in enumerate(fields.list("tool_calls") or ()):
        yield f"tool_calls[{place}]", call_blocks(call, finished=call is not unfinished)
    yield "", _others(fields)


def _others(fields: Fields) -> Iterator[Block]:
    yield from fields.details("role", "name", "prefix", "annotations")
    yield from cache_blocks(fields)
    yield from fields.unknown()


def _said(fields: Fields, label: str | None) -> Iterator[Block]:
    # With calls or a refusal, an empty content means that there is none.
    if not (fields.peek("content") == "" and any(fields.peek(name) for name in _BESIDE_EMPTY)):
        yield from content_blocks(fields.peek("content"), label)
    fields.take("content")
    if refusal := fields.text("refusal"):
        yield Refusal(text=refusal)
    if (audio := fields.object("audio")) is not None:
        yield from _audio(Fields(audio))
    yield from content_blocks(fields.take("images"))  # what a model of OpenRouter's paints


def _result(role: str, fields: Fields) -> Iterator[Block]:
    call, given = fields.take(_RESULTS[role]), fields.take("content")
    value = parsed_json(given)
    content = content_blocks(given) if value is given else [Body(value=value, folded=False)]
    yield ToolResult(kind=role, content=tuple(content), call_id=None if call is None else str(call))
    yield from _others(fields)


def _reasoning(fields: Fields) -> Iterator[Block]:
    """Yield the thinking once, however often it is sent."""
    listed = fields.peek("reasoning_details")
    details: list[dict[str, Any]] = []
    if isinstance(listed, list) and all(isinstance(detail, dict) for detail in listed):
        details = fields.take("reasoning_details")
    summary, text, data = (_of_details(details, name) for name in ("summary", "text", "data"))
    if summary or text or data:
        yield Reasoning(summary=summary, text=text, encrypted_characters=len(data) if data else None)
    for thought in dict.fromkeys(fields.text(name) for name in THOUGHTS):
        if thought and thought not in (summary, text):
            yield Reasoning(summary=None, text=thought)
    if left := [other for detail in details if (other := _besides(detail))]:
        yield Settings(pairs=(("reasoning_details", left),))


def _of_details(details: list[dict[str, Any]], name: str) -> str | None:
    """Join what OpenRouter's details have under a name; `reasoning` has the same text in one."""
    return "".join(detail[name] for detail in details if isinstance(detail.get(name), str)) or None


def _besides(detail: dict[str, Any]) -> dict[str, Any]:
    """Return what a detail has besides thinking, such as its signature."""
    left = {
        name: value
        for name, value in detail.items()
        if value is not None
        and not (name in ("text", "summary", "data") and isinstance(value, str))
        and not (name == "index" and isinstance(value, int))
    }
    return {} if left.keys() == {"type"} and str(left["type"]).startswith("reasoning.") else left


def _audio(fields: Fields) -> Iterator[Block]:
    """Yield what the model spoke, or which earlier answer of it a message refers to."""
    if (transcript := fields.text("transcript")) is not None:
        yield Text(text=transcript, label="Audio transcript")
    data, source = fields.text("data"), fields.text("id")
    kind = MediaKind.AUDIO
    yield media(kind, "Audio", data, source) if data else Media(kind=kind, label="Audio", source=source)
    yield from fields.details("expires_at")
    yield from fields.unknown()
