"""JSON-RPC 2.0, as MCP speaks it over HTTP: https://modelcontextprotocol.io/specification/2025-06-18."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import (
    Block,
    Body,
    Conversation,
    Failure,
    Instructions,
    Message,
    Note,
    Settings,
    Text,
    ToolCall,
    Tools,
)
from probe.renderers.fields import Fields
from probe.renderers.generic.mcp_content import contents_blocks, resource_blocks, result_blocks
from probe.renderers.parts import tool_of

_SAMPLING = (
    *("modelPreferences", "includeContext", "temperature", "maxTokens", "stopSequences", "metadata", "toolChoice"),
    *("_meta", "task"),
)
_RESULT = ("role", "model", "stopReason", "description", "nextCursor", "_meta")


def is_json_rpc(value: Any) -> bool:
    """Check whether a value is a JSON-RPC 2.0 message, or a batch of them."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, dict) and is_json_rpc(one) for one in value)
    return (
        isinstance(value, dict)
        and value.get("jsonrpc") == "2.0"
        and (isinstance(value.get("method"), str) or "result" in value or "error" in value)
    )


def json_rpc_blocks(value: Any) -> Iterator[Block]:
    """Yield a message: a request, a notification, a result or an error; or all of a batch."""
    if isinstance(value, list):
        yield Note(text=f"A batch of {len(value):,}:")
        for one in value:
            yield from _message(one)
    else:
        yield from _message(value)


def _message(message: dict[str, Any]) -> Iterator[Block]:
    fields = Fields(message)
    fields.take("jsonrpc")
    number = fields.take("id")
    if (method := fields.text("method")) is not None:
        yield from _request(method, number, fields.take("params"), answered="id" in fields)
    elif "error" in fields:
        yield _error(fields.take("error"), message, number)
    else:
        yield from _result(fields.take("result"), number)
    yield from fields.unknown()


def _request(method: str, number: Any, params: Any, *, answered: bool) -> Iterator[Block]:
    """Yield a request; without an id it is a notification, which has no answer."""
    fields = Fields(params)
    if method == "tools/call" and (name := fields.text("name")) is not None:
        arguments = fields.take("arguments")
        yield ToolCall(name=name, arguments=arguments, kind=method, call_id=_text(number))
        yield from fields.rest("_meta", "task")
        return
    identity = () if number is None else (("id", number),)
    yield Settings(pairs=(("method" if answered else "notification", method), *identity))
    if method == "sampling/createMessage" and isinstance(params, dict) and params:
        yield from _sampling(fields)
    elif params not in (None, {}, []):
        yield Body(value=params)


def _sampling(params: Fields) -> Iterator[Block]:
    """Yield a server's request to the agent's own model."""
    if (system := params.text("systemPrompt")) is not None:
        yield Instructions(content=(Text(text=system),))
    if (messages := params.list("messages")) is not None:
        yield _conversation(messages)
    if (tools := params.list("tools")) is not None:
        yield _tools(tools)
    yield from params.rest(*_SAMPLING)


def _result(result: Any, number: Any) -> Iterator[Block]:
    """Yield a result by its shape, since it does not name the method that it answers."""
    fields = Fields(result)
    match result:
        case {"role": str(), "content": content}:
            yield _answered(number)
            yield from contents_blocks(content if isinstance(content, list) else [content])
            fields.take("content")
        case {"content": list()} | {"structuredContent": _}:
            yield from result_blocks("tools/call", fields, _text(number))
        case {"tools": list(tools)}:
            yield _answered(number)
            yield _tools(tools)
            fields.take("tools")
        case {"contents": list(contents)}:
            yield _answered(number)
            for content in contents:
                yield from resource_blocks(content)
            fields.take("contents")
        case {"messages": list(messages)}:
            yield _answered(number)
            yield _conversation(messages)
            fields.take("messages")
        case _:
            yield _answered(number)
            yield Body(value=result) if result not in (None, {}, []) else Note(text="An empty result.")
            return
    yield from fields.rest(*_RESULT)


def _error(error: Any, message: dict[str, Any], number: Any) -> Failure:
    fields = error if isinstance(error, dict) else {"message": error}
    others = set(fields) - {"message", "code"} or number is not None
    return Failure(
        message=str(fields.get("message") or "no message"),
        code=_text(fields.get("code")),
        detail=message if others else None,
    )


def _conversation(messages: list[Any]) -> Conversation:
    return Conversation(title="Messages", messages=tuple(map(_conversed, messages)))


def _conversed(message: Any) -> Message:
    fields = Fields(message if isinstance(message, dict) else {"content": message})
    role, content = fields.text("role"), fields.take("content")
    shown = contents_blocks(content if isinstance(content, list) else [content])
    return Message(role=role, type="message", content=(*shown, *fields.rest("_meta")))


def _tools(definitions: list[Any]) -> Tools:
    return Tools(tools=tuple(tool_of("tool", definition, definition) for definition in definitions))


def _answered(number: Any) -> Settings:
    return Settings(pairs=(("result of", number),))


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
