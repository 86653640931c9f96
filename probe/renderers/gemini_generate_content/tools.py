"""Tell the tools that the model may call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Tool
from probe.renderers.gemini_generate_content.names import spelled


def tools_of(value: Any) -> Iterator[Tool]:
    """Tell one entry of `tools`: functions of the caller's, and tools that the API has itself."""
    fields = spelled(value)
    if not fields:
        yield Tool(name="(no name)", type="(no type)", description=None, definition=value)
    for kind, definition in fields.items():
        if kind == "functionDeclarations" and isinstance(definition, list):
            yield from (_declared("functionDeclaration", one) for one in definition)
        elif isinstance(definition, list) and definition:
            yield from (_declared(kind, one) for one in definition)
        else:
            yield Tool(name=kind, type=kind, description=None, definition={kind: definition})


def _declared(kind: str, definition: Any) -> Tool:
    """Tell one of several tools of a kind, which have names of their own."""
    fields = definition if isinstance(definition, dict) else {}
    text = fields.get("description")
    return Tool(
        name=str(fields.get("name") or "(no name)"),
        type=kind,
        description=text if isinstance(text, str) else None,
        definition=definition,
    )
