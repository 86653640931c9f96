"""Tell messages, those of a request and those of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, Entry, Image, Raw, Reasoning, Refusal, Text, ToolResult
from probe.renderers.bodies import parsed
from probe.renderers.openai_chat_completions.content import content_blocks
from probe.renderers.openai_chat_completions.tools import calls_blocks, function_call_blocks
from probe.renderers.parts import media, rest

_RESULTS = {"tool": "tool_call_id", "function": "name"}
"""Role of a message that holds what a tool gave back, and the field that tells of which call."""
_THOUGHTS = ("reasoning_content", "reasoning")
"""Where the model's thinking stands: DeepSeek, Qwen and others; OpenRouter, Groq and others. Some send both."""
_TOLD = ("role", "content", "refusal", "audio", "images", "tool_calls", "function_call", *_THOUGHTS)


def entry(index: int, message: Any) -> Entry:
    """Tell one message of a request as a line of the conversation."""
    role = message.get("role") if isinstance(message, dict) else None
    role = role if isinstance(role, str) else None
    return Entry(
        index=index,
        role=role,
        type="message" if role else "(no role)",
        content=tuple(message_blocks(message)) if role else (Raw(reason="message without a role", value=message),),
    )


def message_blocks(message: dict[str, Any], label: str | None = None, unfinished: Any = None) -> Iterator[Block]:
    """Tell one message in the order in which a model makes it: its thinking, what it says, what it calls.

    `unfinished` is the call in which a stream broke off.
    """
    role = message.get("role")
    if isinstance(role, str) and role in _RESULTS:
        yield from _result(role, message)
        return
    yield from _reasoning(message)
    yield from content_blocks(_said(message), label)
    if message.get("refusal"):
        yield Refusal(text=str(message["refusal"]))
    yield from _audio(message.get("audio"))
    yield from content_blocks(message.get("images"))  # what a model of OpenRouter's paints
    called = message.get("function_call")
    yield from function_call_blocks(called, finished=called is None or called is not unfinished)
    yield from calls_blocks(message.get("tool_calls"), unfinished)
    yield from rest(message, *_TOLD, *(["reasoning_details"] if _are_details(message) else []))


def _said(message: dict[str, Any]) -> Any:
    """Give a message's content; an empty one beside calls or a refusal is how the API says that there is none."""
    content = message.get("content")
    others = (message.get(name) for name in ("tool_calls", "function_call", "refusal", "audio", "images"))
    return None if content == "" and any(others) else content


def _result(role: str, message: dict[str, Any]) -> Iterator[Block]:
    call = message.get(_RESULTS[role])
    given = message.get("content")
    value = parsed(given) if isinstance(given, str) else given
    content = content_blocks(given) if value is given else [Body(value=value, folded=False)]
    yield ToolResult(kind=role, content=tuple(content), call_id=None if call is None else str(call))
    yield from rest(message, "role", "content", _RESULTS[role])


def _reasoning(message: dict[str, Any]) -> Iterator[Block]:
    """Tell the thinking once, however often it is sent."""
    told = [value for value in (message.get(name) for name in _THOUGHTS) if value]
    texts = list(dict.fromkeys(value for value in told if isinstance(value, str)))
    details = message["reasoning_details"] if _are_details(message) else []
    summary, text = (_of_details(details, name) for name in ("summary", "text"))
    encrypted = sum(len(detail["data"]) for detail in details if isinstance(detail.get("data"), str))
    if summary or text or encrypted:
        yield Reasoning(summary=summary, text=text, encrypted_characters=encrypted or None)
    for thought in texts:
        if thought not in (summary, text):
            yield Reasoning(summary=None, text=thought)
    for value in told:
        if not isinstance(value, str):
            yield Raw(reason="reasoning", value=value)
    if left := [other for detail in details if (other := _beside(detail))]:
        yield from rest({"reasoning_details": left})


def _are_details(message: dict[str, Any]) -> bool:
    details = message.get("reasoning_details")
    return isinstance(details, list) and all(isinstance(detail, dict) for detail in details)


def _of_details(details: list[dict[str, Any]], name: str) -> str | None:
    """Join what OpenRouter's details have under a name; `reasoning` has the same text in one."""
    return "".join(detail[name] for detail in details if isinstance(detail.get(name), str)) or None


def _beside(detail: dict[str, Any]) -> dict[str, Any]:
    """Give what a detail has besides thinking, such as its signature."""
    told = ("index", *(name for name in ("text", "summary", "data") if isinstance(detail.get(name), str)))
    left = {name: value for name, value in detail.items() if name not in told and value is not None}
    return {} if set(left) <= {"type"} else left


def _audio(audio: Any) -> Iterator[Block]:
    """Tell what the model spoke, or which earlier answer of it a message refers to."""
    if audio is None:
        return
    if not isinstance(audio, dict):
        yield Raw(reason="audio", value=audio)
        return
    transcript, data, name = audio.get("transcript"), audio.get("data"), audio.get("id")
    if isinstance(transcript, str):
        yield Text(text=transcript, label="Audio transcript")
    source = None if name is None else str(name)
    yield media("Audio", data, source) if isinstance(data, str) else Image(kind="Audio", source=source)
    told = [field for field, value in (("transcript", transcript), ("data", data)) if isinstance(value, str)]
    yield from rest(audio, "id", *told)
