"""Tools of a request by their names, so that each is compared with its namesake."""

from __future__ import annotations

from typing import Any

LISTS = frozenset({"tools", "functionDeclarations", "function_declarations"})
"""Members that hold lists of tools."""
_ORDER = "(order)"


def by_name(value: Any, *, tools: bool = False) -> Any:
    """Return a value with each list of named tools as a map, which has their order as a member of its own."""
    if isinstance(value, dict):
        return {key: by_name(one, tools=key in LISTS) for key, one in value.items()}
    if not isinstance(value, list):
        return value
    values = [by_name(one) for one in value]
    names = [_name(one) for one in values]
    if not tools or None in names or len(set(names)) < len(names):
        return values
    # A tuple is compared as one value.
    return {f"[{name}]": one for name, one in zip(names, values, strict=True)} | {_ORDER: tuple(names)}


def place_of(at: str) -> str:
    """Return a place in such a value as it is shown: `tools[shell].description`."""
    return at.replace(".[", "[").replace(f".{_ORDER}", f" {_ORDER}")


def follows(at: str, before: Any, after: Any) -> bool:
    """Check whether an order differs only because the tools do."""
    both = isinstance(before, tuple) and isinstance(after, tuple)
    return at.endswith(_ORDER) and both and set(before) != set(after)


def _name(tool: Any) -> str | None:
    if not isinstance(tool, dict):
        return None
    inner = tool.get("function") or tool.get("toolSpec")
    found = tool.get("name") or (inner.get("name") if isinstance(inner, dict) else None) or tool.get("type")
    return found if isinstance(found, str) else None
