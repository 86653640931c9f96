"""The tools that the model may call: the agent's, the API's own with their settings, and whole toolsets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from probe.renderers.anthropic_messages.cache import breakpoints
from probe.renderers.blocks import Block, Tool, Unknown
from probe.renderers.fields import Fields

_NAMES = ("name", "tool_name", "mcp_server_name", "server_name", "type")
_SHOWN = ("type", "tools", "input_schema", "cache_control", *_NAMES)


def tool_blocks(definition: Any) -> Iterator[Block]:
    """Yield one tool, and the cache breakpoint after it."""
    yield tool(definition) if isinstance(definition, dict) else Unknown(what="tool", value=definition)
    yield from breakpoints(Fields(definition))


def tool_name(definition: dict[str, Any]) -> str:
    """Return the name of a tool, or of the toolset or server that it represents."""
    return next((str(definition[name]) for name in _NAMES if definition.get(name)), "(no name)")


def tool(definition: Any, depth: int = 0) -> Tool:
    """Return one tool definition; those of an MCP server's toolset are within it."""
    fields = definition if isinstance(definition, dict) else {}
    text, nested = fields.get("description"), fields.get("tools")
    return Tool(
        name=tool_name(fields),
        # A tool without a type is the agent's own.
        type=str(fields.get("type") or ("custom" if fields else "(no type)")),
        description=text if isinstance(text, str) else _settings(fields),
        definition=definition,
        tools=tuple(tool(one, 1) for one in nested) if isinstance(nested, list) and not depth else (),
    )


def reference(referred: Any) -> Tool:
    """Return a tool that content names without its definition."""
    fields = referred if isinstance(referred, dict) else {}
    kind = str(fields.get("type") or "tool_reference")
    return Tool(name=tool_name(fields), type=kind, description=None, definition=referred)


def _settings(fields: dict[str, Any]) -> str | None:
    """Return the settings of a tool of the API's own in one line."""
    pairs = [
        f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in fields.items()
        if name not in _SHOWN and value is not None
    ]
    return ", ".join(pairs) or None
