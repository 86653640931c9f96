"""The definition of a tool: the schema of its arguments, wherever its API puts that, and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "inputSchema")
_WRAPPERS = ("function", "toolSpec")
"""Members within which the definition of a tool is."""
_SAID_ELSEWHERE = ("name", "type", "description", "tools")


def definition_of(definition: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the schema of a tool's arguments, and the other members of its definition."""
    if not isinstance(definition, dict):
        return None, {"definition": definition}
    inner = next((definition[name] for name in _WRAPPERS if isinstance(definition.get(name), dict)), definition)
    name = next((name for name in _SCHEMAS if isinstance(inner.get(name), dict)), None)
    schema = inner[name] if name else None
    if name == "inputSchema" and isinstance(schema, dict) and isinstance(schema.get("json"), dict):
        schema = schema["json"]
    rest = {key: value for key, value in inner.items() if key != name and key not in _SAID_ELSEWHERE}
    return schema, rest
