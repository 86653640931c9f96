"""Write values as they are: JSON, text, and text within JSON."""

from __future__ import annotations

from typing import Any

from probe.report.markdown.escape import fence, fold, inline, pretty
from probe.report.markdown.tables import plural

LONG = 2000
"""Characters from which a text is folded."""


def body(value: Any, *, folded: bool) -> str:
    """Show a body as it is."""
    if value is None or value == "":
        return "*No body.*\n"
    if not folded:
        return in_place(value)
    name = f"Text ({plural(len(value), 'character')})" if isinstance(value, str) else "JSON"
    return fold(name, json_block(value))


def in_place(value: Any) -> str:
    """Show arguments or a result; texts of several lines, which JSON puts into one, are shown by themselves."""
    lines = {name: text for name, text in value.items() if _has_lines(text)} if isinstance(value, dict) else {}
    others = {name: text for name, text in value.items() if name not in lines} if lines else value
    parts = [json_block(others)] if others or not lines else []
    parts += [f"**{inline(str(name))}:**\n\n{fence(text)}" for name, text in lines.items()]
    shown = "\n".join(parts)
    return fold(f"{plural(len(shown), 'character')}", shown) if len(shown) > LONG else shown


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.rstrip("\n")


def json_block(value: Any) -> str:
    """Put JSON, or text, into a code block."""
    return fence(value) if isinstance(value, str) else fence(pretty(value), "json")
