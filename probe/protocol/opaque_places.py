"""Places that hold data of the agent and not of the protocol: schemas of its tools, and arguments of their calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCHEMA, ARGUMENTS = "JSON Schema", "arguments"

_SCHEMAS = frozenset(
    {
        "parameters", "input_schema", "inputSchema", "output_schema", "outputSchema", "parametersJsonSchema",
        "parameters_json_schema", "responseSchema", "responseJsonSchema", "response_schema", "schema",
    }
)  # fmt: skip
_ARGUMENTS = frozenset({"arguments", "args", "partial_json"})
_TEXTS = frozenset(
    {
        "content", "data", "definition", "delta", "description", "input", "instructions", "message", "output", "prompt",
        "system", "text", "thinking", "title",
    }
)  # fmt: skip
"""Members with text of the user, of a tool or of the model."""
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use", "custom_tool_call"})


def is_opaque(name: str, value: Any, parent: Mapping[str, Any]) -> str | None:
    """Return why nothing of a member's value is described; None where it is."""
    kind = type(value)
    if name in _ARGUMENTS:
        return ARGUMENTS if kind is dict or kind is str else None
    if kind is not dict:
        return None
    if name in _SCHEMAS:
        return SCHEMA
    if name == "input":
        return ARGUMENTS if parent.get("type") in _CALLS or "toolUseId" in parent else None
    return ARGUMENTS if name == "response" and "name" in parent and "type" not in parent else None


def is_prose(name: str) -> bool:
    """Check whether a member's strings are texts for a reader or a model, which may be JSON by chance."""
    return name in _TEXTS or name in _SCHEMAS
