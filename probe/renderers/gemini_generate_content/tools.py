"""The tools that the model may call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Tool, Unknown
from probe.renderers.gemini_generate_content.names import spelled
from probe.renderers.parts import tool_of


def tool_blocks(value: Any) -> Iterator[Block]:
    """Yield the tools in one entry of `tools`: the caller's functions, and built-in tools of the API."""
    fields = spelled(value)
    if not fields:
        yield from [] if value in (None, {}) else [Unknown(what="tool", value=value)]
    for kind, definition in fields.items():
        if isinstance(definition, list) and definition:
            name = "functionDeclaration" if kind == "functionDeclarations" else kind
            yield from (tool_of(name, one, one) for one in definition)
        elif definition != [] or kind != "functionDeclarations":
            yield Tool(name=kind, type=kind, description=None, definition={kind: definition})
