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
_TEXTS = frozenset({"content", "data", "delta", "input", "output", "text", "thinking", "instructions"})
"""Members with text of the user, of a tool or of the model, which may be JSON by chance."""
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use", "custom_tool_call"})


def is_opaque(name: str | None, value: Any, parent: Mapping[str, Any] | None) -> str | None:
    """Return why nothing below a value is described; None where it is. A string is one that may hold JSON."""
    if type(value) is str:
        return ARGUMENTS if parent is None and (name in _ARGUMENTS or name in _TEXTS or name in _SCHEMAS) else None
    if type(value) is not dict or parent is None:
        return None
    if name in _SCHEMAS:
        return SCHEMA
    if name in _ARGUMENTS:
        return ARGUMENTS
    if name == "input":
        return ARGUMENTS if parent.get("type") in _CALLS or "toolUseId" in parent else None
    return ARGUMENTS if name == "response" and "name" in parent and "type" not in parent else None
