"""Tell what goes over Bedrock's Converse API, which speaks to every maker's models in one form.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from probe.renderers.blocks import (
    Block,
    Body,
    Conversation,
    Entry,
    Image,
    Instructions,
    Note,
    Raw,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
)
from probe.renderers.bodies import parsed_event
from probe.renderers.parts import media, rest
from probe.renderers.usage import bedrock_converse

Fields = dict[str, Any]

EVENTS = frozenset(
    ("messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata")
)
_OUTPUT = "Output text"
_MEDIA = {"image": "Image", "document": "Document", "video": "Video", "audio": "Audio"}
_TOKENS = ("inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens")


def is_request(body: Any) -> bool:
    """Tell whether a body asks in this API's form: each part of a content has its kind as its only name."""
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages or "anthropic_version" in body or "model" in body:
        return False
    contents = [message.get("content") if isinstance(message, dict) else None for message in messages]
    return all(isinstance(content, list) and all(map(_is_part, content)) for content in contents)


def _is_part(part: Any) -> bool:
    return isinstance(part, dict) and len(part) == 1


def is_answer(body: Any) -> bool:
    """Tell whether a body is a whole answer."""
    output = body.get("output") if isinstance(body, dict) else None
    return isinstance(output, dict) and isinstance(output.get("message"), dict)


def is_complete(names: Iterable[str]) -> bool | None:
    """Tell whether events come to the end of an answer; None when they are of no answer of this API."""
    found = EVENTS.intersection(names)
    return "messageStop" in found if found else None


def request_blocks(body: Fields) -> Iterator[Block]:
    """Tell a request."""
    yield from rest(body, "messages", "system", "toolConfig")
    if isinstance(system := body.get("system"), list):
        content = tuple(_content(system))
        characters = sum(len(block.text) for block in content if isinstance(block, Text))
        yield Instructions(content=content, characters=characters)
    elif system is not None:
        yield Raw(reason="system", value=system)
    yield Conversation(title="Messages", entries=tuple(map(_entry, range(len(body["messages"])), body["messages"])))
    config = body.get("toolConfig")
    if isinstance(config, dict) and isinstance(config.get("tools"), list):
        yield Tools(tools=tuple(map(_tool, config["tools"])))
        yield from rest(config, "tools")
    elif config is not None:
        yield Raw(reason="toolConfig", value=config)


def answer_blocks(body: Fields) -> Iterator[Block]:
    """Tell an answer, whole or put together."""
    yield from rest(body, "output", "usage")
    output = body["output"]
    yield from _content(output["message"].get("content"), _OUTPUT)
    yield from rest(output["message"], "role", "content")
    yield from rest(output, "message")
    if isinstance(usage := body.get("usage"), dict):
        yield bedrock_converse(usage)
        yield from rest(usage, *_TOKENS)


def put_together(events: Iterable[tuple[str, Any]]) -> tuple[Fields, list[tuple[str, Any]]]:
    """Give the answer that events tell together, and the events that are not understood."""
    parts: dict[Any, Fields] = {}
    body: Fields = {}
    message: Fields = {}
    left: list[tuple[str, Any]] = []
    for name, event in events:
        match name, event:
            case "messageStart", {"role": str(role)}:
                message["role"] = role
            case "contentBlockStart", {"contentBlockIndex": int(index), "start": {"toolUse": dict(call)}}:
                parts[index] = {"toolUse": {**call, "input": ""}}
            case "contentBlockDelta", {"contentBlockIndex": int(index), "delta": dict(delta)}:
                if not _extend(parts.setdefault(index, {}), delta):
                    left.append((name, event))
            case "contentBlockStop", {"contentBlockIndex": int(index)}:
                ended = parts.get(index, {}).get("toolUse", {})
                if isinstance(text := ended.get("input"), str):
                    ended["input"] = parsed_event(text) if text else {}
            case "messageStop" | "metadata", dict():
                body |= event
            case _:
                left.append((name, event))
    return {**body, "output": {"message": {**message, "content": [*parts.values()]}}}, left


def _extend(part: Fields, delta: Fields) -> bool:
    """Take a delta; False when it is not understood."""
    match delta:
        case {"text": str(text)} if len(delta) == 1:
            part["text"] = part.get("text", "") + text
        case {"toolUse": {"input": str(text)}} if len(delta) == 1:
            call = part.setdefault("toolUse", {"input": ""})
            call["input"] = (call["input"] if isinstance(call["input"], str) else "") + text
        case {"reasoningContent": dict(told)} if all(isinstance(value, str) for value in told.values()):
            begun = part.setdefault("reasoningContent", {})
            for name, value in told.items():
                place = begun if name == "redactedContent" else begun.setdefault("reasoningText", {})
                place[name] = place.get(name, "") + value
        case _:
            return False
    return True


def _entry(index: int, message: Fields) -> Entry:
    role = message.get("role")
    kinds = dict.fromkeys(name for part in message["content"] for name in part)
    content = (*_content(message["content"]), *rest(message, "role", "content"))
    return Entry(index=index, role=role if isinstance(role, str) else None, type=", ".join(kinds), content=content)


def _content(parts: Any, label: str | None = None) -> Iterator[Block]:
    for part in parts if isinstance(parts, list) else [parts] if parts is not None else []:
        match part:
            case {"text": str(text)} if len(part) == 1:
                yield Text(text=text, label=label)
            case {"json": value} if len(part) == 1:
                yield Body(value=value, folded=False)
            case {"toolUse": dict(call)} if len(part) == 1:
                arguments = call.get("input")
                # What was streamed is a text until its end has come.
                finished = not isinstance(arguments, str)
                name, call_id = str(call.get("name") or "(no name)"), _text(call.get("toolUseId"))
                yield ToolCall(name=name, arguments=arguments, kind="toolUse", call_id=call_id, finished=finished)
                yield from rest(call, "name", "input", "toolUseId")
            case {"toolResult": dict(result)} if len(part) == 1:
                failed = {"success": False, "error": True}.get(str(result.get("status")))
                call_id, content = _text(result.get("toolUseId")), tuple(_content(result.get("content")))
                yield ToolResult(content=content, kind="toolResult", call_id=call_id, failed=failed)
                yield from rest(result, "toolUseId", "content", *(("status",) if failed is not None else ()))
            case {"reasoningContent": dict(told)} if len(part) == 1:
                yield from _reasoning(told)
            case {"cachePoint": dict(point)} if len(part) == 1:
                yield Note(text=f"Cache breakpoint ({point.get('ttl') or point.get('type')})")
            case dict() if len(part) == 1 and (kind := next(iter(part))) in _MEDIA and isinstance(part[kind], dict):
                yield from _media(_MEDIA[kind], part[kind])
            case _:
                yield Raw(reason="content block", value=part)


def _reasoning(told: Fields) -> Iterator[Block]:
    text, hidden = told.get("reasoningText"), told.get("redactedContent")
    fields = text if isinstance(text, dict) else {}
    encrypted = [value for value in (fields.get("signature"), hidden) if isinstance(value, str)]
    yield Reasoning(
        summary=None,
        text=_text(fields.get("text")),
        encrypted_characters=sum(map(len, encrypted)) if encrypted else None,
    )
    yield from rest(fields, "text", "signature")
    yield from rest(told, *(("reasoningText",) if fields else ()), "redactedContent")


def _media(kind: str, fields: Fields) -> Iterator[Block]:
    source = fields.get("source")
    told = source if isinstance(source, dict) else {}
    name = _text(fields.get("name"))
    data = told.get("bytes")
    size = media(kind, data).size if isinstance(data, str) else None
    yield Image(kind=kind, media_type=_text(fields.get("format")), size=size, source=name)
    yield from rest(told, *(("bytes",) if isinstance(data, str) else ()))
    yield from rest(fields, "format", "name", *(("source",) if told else ()))


def _tool(definition: Any) -> Tool:
    told = definition.get("toolSpec") if isinstance(definition, dict) else None
    fields = told if isinstance(told, dict) else {}
    kind = next(iter(definition), "(none)") if isinstance(definition, dict) else "(none)"
    text = fields.get("description")
    name = str(fields.get("name") or kind)
    return Tool(name=name, type=str(kind), description=text if isinstance(text, str) else None, definition=definition)


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
