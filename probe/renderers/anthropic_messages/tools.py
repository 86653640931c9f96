"""Tell the tools that the model may call: the agent's, the API's own with their settings, and whole toolsets."""

from __future__ import annotations

from typing import Any

from probe.renderers.blocks import Tool
from probe.renderers.markdown.escape import compact

_NAMES = ("name", "tool_name", "mcp_server_name", "server_name", "type")


def tool_name(definition: dict[str, Any]) -> str:
    """Name a tool, or the toolset or server that it stands for."""
    return next((str(definition[name]) for name in _NAMES if definition.get(name)), "(no name)")


def tool(definition: Any, depth: int = 0) -> Tool:
    """Tell one tool definition; those of an MCP server's toolset are told with it."""
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


def _settings(fields: dict[str, Any]) -> str | None:
    """Tell how a tool of the API's own is set."""
    told = ("type", "tools", "input_schema", "cache_control", *_NAMES)
    pairs = [f"{name}: {compact(value)}" for name, value in fields.items() if name not in told and value is not None]
    return ", ".join(pairs) or None
