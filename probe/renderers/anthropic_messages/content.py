"""Tell the content blocks that messages, tool results and answers are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from probe.renderers.anthropic_messages.cache import breakpoint_notes
from probe.renderers.anthropic_messages.citations import citation_blocks
from probe.renderers.anthropic_messages.tools import tool, tool_name
from probe.renderers.blocks import (
    Block,
    Body,
    Failure,
    Image,
    Note,
    Raw,
    Reasoning,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
)
from probe.renderers.bodies import parsed
from probe.renderers.parts import each_part, media, rest

Part = dict[str, Any]


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Tell a content: a string, or a list of blocks; `label` stands over its texts."""
    return each_part(content, part_blocks, label)


def part_blocks(part: Any, label: str | None = None, *, finished: bool = True) -> Iterator[Block]:
    """Tell one content block, and the cache breakpoint behind it; `finished`: all of it came."""
    match part:
        case str():
            yield Text(text=part, label=label)
        case {"type": "text", "text": str(text)}:
            yield Text(text=text, label=label)
            yield from citation_blocks(part.get("citations"))
            used = ("citations",) if isinstance(part.get("citations"), list) else ()
            yield from _rest(part, "text", *used)
        case {"type": str(kind)} if kind in CALLS:
            yield from _call(part, finished=finished)
        case {"type": str(kind)} if kind in PARTS:
            yield from PARTS[kind](part)
        case {"type": other}:
            yield Raw(reason=f"content block {other!r}", value=part)
        case other:
            yield Raw(reason="content block without a type", value=other)


def _rest(part: Part, *used: str) -> Iterator[Block]:
    """Tell the fields that nothing else tells, the cache breakpoint last."""
    yield from rest(part, "type", "cache_control", *used)
    yield from breakpoint_notes(part.get("cache_control"))


# -- media ------------------------------------------------------------------------------------------------------

_REFERENCES = ("url", "file_id")


def _image(part: Part) -> Iterator[Block]:
    yield from _source("Image", part)
    yield from _rest(part, "source")


def _document(part: Part) -> Iterator[Block]:
    yield from _source("Document", part, title=_text(part.get("title")))
    yield from _rest(part, "source", "title")


def _source(kind: str, part: Part, title: str | None = None) -> Iterator[Block]:
    """Tell where an image or a document is from; bytes are told by type and size."""
    source = part.get("source")
    told = source if isinstance(source, dict) else {}
    used = ["type", "media_type"]
    if told.get("type") == "base64" and isinstance(told.get("data"), str):
        size = media(kind, told["data"]).size
        yield Image(kind=kind, media_type=_text(told.get("media_type")), size=size, source=title)
        used.append("data")
    elif told.get("type") in ("url", "file"):
        refers = next((str(told[name]) for name in _REFERENCES if told.get(name)), None)
        yield Image(kind=kind, media_type=_text(told.get("media_type")), source=refers or title)
        if title and refers:
            yield Settings(pairs=(("title", title),))
        used += _REFERENCES
    elif told.get("type") == "text":
        yield Image(kind=kind, media_type=_text(told.get("media_type")), source=title)
        yield from content_blocks(told.get("data"), kind)
        used.append("data")
    elif told.get("type") == "content":
        yield from [Image(kind=kind, source=title)] if title else []
        yield from content_blocks(told.get("content"), kind)
        used.append("content")
    else:
        yield from [Image(kind=kind, source=title)] if title else []
        yield Raw(reason=f"source of a content block {part.get('type')!r}", value=source)
        return
    yield from rest(told, *used)


def _file(part: Part) -> Iterator[Block]:
    yield Image(kind="File", source=_text(part.get("file_id")))
    yield from _rest(part, "file_id")


def _search_result(part: Part) -> Iterator[Block]:
    yield Image(kind="Search result", source=_text(part.get("source")))
    yield from rest(part, "type", "cache_control", "source", "content")
    yield from content_blocks(part.get("content"), "Search result")
    yield from breakpoint_notes(part.get("cache_control"))


# -- thinking ---------------------------------------------------------------------------------------------------


def _thinking(part: Part) -> Iterator[Block]:
    # The signature holds the whole thinking, encrypted; what is in the clear may be a summary, or nothing.
    signature = part.get("signature")
    encrypted = len(signature) if isinstance(signature, str) else None
    yield Reasoning(summary=None, text=_text(part.get("thinking")), encrypted_characters=encrypted)
    yield from _rest(part, "thinking", *(("signature",) if encrypted is not None else ()))


def _redacted_thinking(part: Part) -> Iterator[Block]:
    data = part.get("data")
    yield Reasoning(summary=None, encrypted_characters=len(data) if isinstance(data, str) else None)
    yield from _rest(part, *(("data",) if isinstance(data, str) else ()))


# -- tools ------------------------------------------------------------------------------------------------------


def _call(part: Part, *, finished: bool) -> Iterator[Block]:
    places = (part.get("server_name"), part.get("toolset_name"), part.get("name") or "(no name)")
    yield ToolCall(
        name=".".join(str(place) for place in places if place),
        arguments=part.get("input"),
        kind=str(part.get("type")),
        call_id=_text(part.get("id")),
        finished=finished,
    )
    # A call that the model makes itself is the usual one; the others are made by a program that it wrote.
    usual = ("caller",) if part.get("caller") == {"type": "direct"} else ()
    yield from _rest(part, "server_name", "toolset_name", "name", "input", "id", *usual)


def _result(part: Part) -> Iterator[Block]:
    content, failed = part.get("content"), part.get("is_error")
    if isinstance(content, dict) and str(content.get("type")).endswith("_error"):
        failed = True
    yield ToolResult(
        kind=str(part.get("type")),
        content=tuple(_given_back(content)),
        call_id=_text(part.get("tool_use_id")),
        failed=failed if isinstance(failed, bool) else None,
    )
    usual = ("caller",) if part.get("caller") == {"type": "direct"} else ()
    used = ("is_error",) if isinstance(failed, bool) else ()
    yield from _rest(part, "content", "tool_use_id", *used, *usual)


def _given_back(content: Any) -> Iterator[Block]:
    """Tell what a tool gave back: text, JSON as text, or blocks."""
    value = parsed(content)
    if isinstance(content, str) and not isinstance(value, str):
        yield Body(value=value, folded=False)
    else:
        yield from content_blocks(content)


_TEXTS = ("stdout", "stderr", "text", "content")


def _outcome(part: Part) -> Iterator[Block]:
    """Tell what a tool of the API's own has done: what it wrote, the files that it made, and what else is told."""
    used = []
    for name in _TEXTS:
        value = part.get(name)
        if isinstance(value, str):
            yield from [Text(text=value, label=name)] if value else []
            used.append(name)
        elif name == "content" and value is not None:
            yield from content_blocks(value)
            used.append(name)
    lines = part.get("lines")
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        yield Text(text="\n".join(lines), label="lines")
        used.append("lines")
    yield from _encrypted(part, *used)


def _failure(part: Part) -> Iterator[Block]:
    code, message = part.get("error_code"), part.get("error_message")
    yield Failure(message=str(message or code or "no message"), code=_text(code))
    yield from _rest(part, "error_code", "error_message")


def _web_page(part: Part) -> Iterator[Block]:
    yield Image(kind="Web page", source=_text(part.get("url")))
    content = part.get("content")
    yield from _encrypted(part, "url", "content")
    yield from content_blocks(content)


def _encrypted(part: Part, *used: str) -> Iterator[Block]:
    """Tell the other fields; of those that only the API can read, how long they are."""
    names = [name for name, value in part.items() if name.startswith("encrypted_") and isinstance(value, str)]
    yield from _rest(part, *used, *names)
    for name in names:
        yield Note(text=f"{name.removeprefix('encrypted_')}: {len(part[name]):,} encrypted characters")


# -- what changes the conversation itself -------------------------------------------------------------------------


def _references(part: Part) -> Iterator[Block]:
    found = part.get("tool_references")
    tools = found if isinstance(found, list) else []
    yield Tools(title="Tools found", tools=tuple(map(_referred, tools)))
    yield from _rest(part, *(("tool_references",) if isinstance(found, list) else ()))


def _reference(part: Part) -> Iterator[Block]:
    yield Tools(title="Tools referred to", tools=(_referred(part),))
    yield from breakpoint_notes(part.get("cache_control"))


def _referred(reference: Any) -> Tool:
    name = reference.get("tool_name") if isinstance(reference, dict) else None
    return Tool(name=str(name or "(no name)"), type="tool_reference", description=None, definition=reference)


def _tool_change(part: Part) -> Iterator[Block]:
    title = "Tools added" if part.get("type") == "tool_addition" else "Tools removed"
    yield Tools(title=title, tools=(_changed(part.get("tool")),))
    yield from _rest(part, "tool")


def _changed(change: Any) -> Tool:
    fields = change if isinstance(change, dict) else {}
    if fields.get("type") == "tool_definition":
        return tool(fields.get("definition"))
    return Tool(name=tool_name(fields), type=str(fields.get("type")), description=None, definition=change)


def _listing(part: Part) -> Iterator[Block]:
    tools = part.get("tools")
    listed = tools if isinstance(tools, list) else []
    yield Tools(title=f"Tools of the MCP server {part.get('mcp_server_name')}", tools=tuple(map(tool, listed)))
    yield from _rest(part, "mcp_server_name", *(("tools",) if isinstance(tools, list) else ()))


def _compaction(part: Part) -> Iterator[Block]:
    content = part.get("content")
    yield Note(text="What came before is compacted.")
    yield from content_blocks(content, "Compacted")
    changes = part.get("tool_changes")
    if isinstance(changes, list):
        yield from content_blocks(changes)
    used = ("tool_changes",) if isinstance(changes, list) else ()
    signature = part.get("signature")
    if isinstance(signature, str):
        yield Note(text=f"signature: {len(signature):,} characters")
        used = (*used, "signature")
    yield from _encrypted(part, "content", *used)


def _fallback(part: Part) -> Iterator[Block]:
    models = [part.get(name) for name in ("from", "to")]
    told = [str(model.get("model")) if isinstance(model, dict) else str(model) for model in models]
    yield Note(text=f"From here on {told[1]} answers instead of {told[0]}.")
    yield from _rest(part, *(name for name in ("from", "to") if set(_fields(part.get(name))) <= {"model"}))


def _browser_state(part: Part) -> Iterator[Block]:
    yield Note(text="State of the browser:")
    yield from _rest(part)


def _fields(value: Any) -> Part:
    return value if isinstance(value, dict) else {"told": value}


def _text(value: Any) -> str | None:
    return value if value is None else str(value)


CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Calls of a tool: of the agent's, of the API's own, of an MCP server's."""

_RESULTS = (
    *("tool_result", "mcp_tool_result", "web_search_tool_result", "web_fetch_tool_result", "advisor_tool_result"),
    *("code_execution_tool_result", "bash_code_execution_tool_result", "text_editor_code_execution_tool_result"),
    "tool_search_tool_result",
)
_OUTCOMES = (
    *("code_execution_result", "encrypted_code_execution_result", "bash_code_execution_result"),
    *("text_editor_code_execution_view_result", "text_editor_code_execution_create_result"),
    *("text_editor_code_execution_str_replace_result", "advisor_result", "advisor_redacted_result"),
)
_OWN_TOOLS = ("web_search", "web_fetch", "advisor", "code_execution", "bash_code_execution", "tool_search")
_ERRORS = tuple(f"{name}_tool_result_error" for name in (*_OWN_TOOLS, "text_editor_code_execution"))

PARTS: dict[str, Callable[[Part], Iterator[Block]]] = {
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "container_upload": _file,
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
    **dict.fromkeys(_RESULTS, _result),
    **dict.fromkeys(_OUTCOMES, _outcome),
    **dict.fromkeys(_ERRORS, _failure),
    "code_execution_output": _file,
    "bash_code_execution_output": _file,
    "web_search_result": _web_page,
    "web_fetch_result": _web_page,
    "tool_search_tool_search_result": _references,
    "tool_reference": _reference,
    "tool_addition": _tool_change,
    "tool_removal": _tool_change,
    "mcp_tool_listing": _listing,
    "compaction": _compaction,
    "fallback": _fallback,
    "browser_state": _browser_state,
}
"""What tells each type of content block, those within a tool's result included."""
