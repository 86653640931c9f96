"""The tools that the model may call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Tool, Unknown
from probe.renderers.gemini_generate_content.names import spelled


def tool_blocks(value: Any) -> Iterator[Block]:
    """Yield the tools in one entry of `tools`: functions of the caller's, and tools that the API has itself."""
    fields = spelled(value)
    if not fields:
        yield from [] if value in (None, {}) else [Unknown(what="tool", value=value)]
    for kind, definition in fields.items():
        if isinstance(definition, list) and definition:
            name = "functionDeclaration" if kind == "functionDeclarations" else kind
            yield from (_declared(name, one) for one in definition)
        elif definition != [] or kind != "functionDeclarations":
            yield Tool(name=kind, type=kind, description=None, definition={kind: definition})


def _declared(kind: str, definition: Any) -> Tool:
    """Return one of several tools of a kind, which have names of their own."""
    fields = definition if isinstance(definition, dict) else {}
    text = fields.get("description")
    return Tool(
        name=str(fields.get("name") or "(no name)"),
        type=kind,
        description=text if isinstance(text, str) else None,
        definition=definition,
    )
