"""Tell JSON-RPC 2.0, as MCP speaks it over HTTP: https://modelcontextprotocol.io/specification/2025-06-18."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import (
    Block,
    Body,
    Conversation,
    Entry,
    Failure,
    Instructions,
    Note,
    Settings,
    Text,
    Tool,
    ToolCall,
    Tools,
)
from probe.renderers.generic.mcp_content import contents_blocks, resource_blocks, result_block
from probe.renderers.parts import rest


def is_json_rpc(value: Any) -> bool:
    """Tell whether a value is a JSON-RPC 2.0 message, or a batch of them."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, dict) and is_json_rpc(one) for one in value)
    return (
        isinstance(value, dict)
        and value.get("jsonrpc") == "2.0"
        and (isinstance(value.get("method"), str) or "result" in value or "error" in value)
    )


def json_rpc_blocks(value: Any) -> Iterator[Block]:
    """Tell a message: a request, a notification, a result or an error; or all of a batch."""
    if isinstance(value, list):
        yield Note(text=f"A batch of {len(value):,}:")
        for one in value:
            yield from _message(one)
    else:
        yield from _message(value)


def _message(message: dict[str, Any]) -> Iterator[Block]:
    if isinstance(message.get("method"), str):
        yield from _request(message)
        used = ["method", "params"]
    elif "error" in message:
        yield _error(message)
        used = ["error"]
    else:
        yield from _result(message.get("result"), message.get("id"))
        used = ["result"]
    yield from rest(message, "jsonrpc", "id", *used)


def _request(message: dict[str, Any]) -> Iterator[Block]:
    """Tell a request; without an id it is a notification, which has no answer."""
    method, number, params = message["method"], message.get("id"), message.get("params")
    fields = params if isinstance(params, dict) else {}
    if method == "tools/call" and isinstance(fields.get("name"), str):
        yield ToolCall(name=fields["name"], arguments=fields.get("arguments"), kind=method, call_id=_text(number))
        yield from rest(fields, "name", "arguments")
        return
    kind = "method" if "id" in message else "notification"
    yield Settings(pairs=((kind, method), *_id(number)))
    if method == "sampling/createMessage" and fields:
        yield from _sampling(fields)
    elif params not in (None, {}, []):
        yield Body(value=params)


def _sampling(params: dict[str, Any]) -> Iterator[Block]:
    """Tell what a server asks the agent's own model."""
    system, messages, tools = params.get("systemPrompt"), params.get("messages"), params.get("tools")
    used = []
    if isinstance(system, str):
        yield Instructions(content=(Text(text=system),), characters=len(system))
        used.append("systemPrompt")
    if isinstance(messages, list):
        yield _conversation(messages)
        used.append("messages")
    if isinstance(tools, list):
        yield Tools(tools=tuple(map(_tool, tools)))
        used.append("tools")
    yield from rest(params, *used)


def _result(result: Any, number: Any) -> Iterator[Block]:
    """Tell a result by its shape, since it does not say which method it answers."""
    match result:
        case {"content": list()} | {"structuredContent": _}:
            yield result_block("tools/call", result, _text(number))
            yield from rest(result, "content", "structuredContent", "isError")
        case {"role": str(), "content": content}:
            yield from _answered(number)
            yield from contents_blocks([content])
            yield from rest(result, "content")
        case {"tools": list(tools)}:
            yield from _answered(number)
            yield Tools(tools=tuple(map(_tool, tools)))
            yield from rest(result, "tools")
        case {"contents": list(contents)}:
            yield from _answered(number)
            for content in contents:
                yield from resource_blocks(content)
            yield from rest(result, "contents")
        case {"messages": list(messages)}:
            yield from _answered(number)
            yield _conversation(messages)
            yield from rest(result, "messages")
        case _:
            yield from _answered(number)
            yield Body(value=result) if result not in (None, {}, []) else Note(text="An empty result.")


def _error(message: dict[str, Any]) -> Failure:
    error = message["error"]
    fields = error if isinstance(error, dict) else {"message": error}
    others = set(fields) - {"message", "code"} or message.get("id") is not None
    told = str(fields.get("message") or "no message")
    return Failure(message=told, code=_text(fields.get("code")), detail=message if others else None)


def _conversation(messages: list[Any]) -> Conversation:
    return Conversation(title="Messages", entries=tuple(_entry(index, one) for index, one in enumerate(messages)))


def _entry(index: int, message: Any) -> Entry:
    fields = message if isinstance(message, dict) else {"content": message}
    content = fields.get("content")
    role = fields.get("role")
    parts = content if isinstance(content, list) else [content]
    return Entry(
        index=index,
        role=role if isinstance(role, str) else None,
        type="message",
        content=(*contents_blocks(parts), *rest(fields, "content", "role" if isinstance(role, str) else "")),
    )


def _tool(definition: Any) -> Tool:
    fields = definition if isinstance(definition, dict) else {}
    text = fields.get("description")
    return Tool(
        name=str(fields.get("name") or "(no name)"),
        type="tool",
        description=text if isinstance(text, str) else None,
        definition=definition,
    )


def _answered(number: Any) -> Iterator[Block]:
    yield Settings(pairs=(("result of", number),))


def _id(number: Any) -> tuple[tuple[str, Any], ...]:
    return () if number is None else (("id", number),)


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
