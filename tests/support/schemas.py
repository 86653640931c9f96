"""Make the smallest value that a JSON schema admits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLE = "List the files"
"""What a conversation is called, wherever a title is asked for."""

_TEXTS = {"title": TITLE, "description": "Lists the files of the folder", "summary": "The files were listed."}
"""Texts by the name of their property; any other is short and says nothing."""


def instance(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None, name: str = "") -> Any:
    """Make a value: of an object what is required, of alternatives the first, of numbers the least."""
    root = schema if root is None else root
    if "$ref" in schema:
        return instance(_referred(schema["$ref"], root), root, name)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if schema.get(word):
            return instance(schema[word][0], root, name)
    return _of_type(_type(schema), schema, root, name)


def _of_type(kind: str, schema: Mapping[str, Any], root: Mapping[str, Any], name: str) -> Any:
    match kind:
        case "object":
            properties = schema.get("properties") or {}
            return {key: instance(properties.get(key) or {}, root, key) for key in schema.get("required") or ()}
        case "array":
            # Gemini writes numbers of items as texts.
            return [instance(schema.get("items") or {}, root, name)] * int(schema.get("minItems") or 0)
        case "number" | "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "null":
            return None
    return _TEXTS.get(name, "fine").ljust(int(schema.get("minLength") or 0), ".")


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type by its name in lower case, the first of several; Gemini writes them in capitals."""
    told = schema.get("type") or ("object" if "properties" in schema else "string")
    return str(told if isinstance(told, str) else told[0]).lower()


def _referred(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find what `#/$defs/Name` refers to."""
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found if isinstance(found, dict) else {}
