"""Write values as they are: JSON, text, and text within JSON."""

from __future__ import annotations

from typing import Any

from probe.report.markdown.escape import code, fence, flat_json, fold, inline, is_plain_code, pretty
from probe.report.plain_text import plural

LONG = 2000
"""Characters from which a text is folded."""
_INLINE = 80
"""Characters up to which a value is written in line."""


def body(value: Any, *, folded: bool, brief: bool = False) -> str:
    """Show a body as it is; with `brief`, JSON that fits there is in one line."""
    if value is None or value == "":
        return "*No body.*\n"
    if not folded or (brief and _line(value)):
        return in_place(value, brief=brief)
    name = f"Text ({plural(len(value), 'character')})" if isinstance(value, str) else "JSON"
    return fold(name, json_block(value))


def in_place(value: Any, *, brief: bool = False) -> str:
    """Show arguments or a result; texts of several lines, which JSON puts into one, are shown by themselves."""
    lines = {name: text for name, text in value.items() if _has_lines(text)} if isinstance(value, dict) else {}
    others = {name: text for name, text in value.items() if name not in lines} if lines else value
    parts = [((brief and _line(others)) or json_block(others))] if others or not lines else []
    parts += [f"**{inline(str(name))}:**\n\n{fence(text)}" for name, text in lines.items()]
    shown = "\n".join(parts)
    return fold(f"{plural(len(shown), 'character')}", shown) if len(shown) > LONG else shown


def _line(value: Any) -> str | None:
    """Return a value as one line of code; None where it is too long for that, or a text, or has to be escaped."""
    line = None if isinstance(value, str) else flat(value)
    return code(line) + "\n" if line is not None and is_plain_code(line) else None


def flat(value: Any) -> str | None:
    """Return a value in one line, or None when it is too long for that."""
    if isinstance(value, str):
        return value if len(value) <= _INLINE and value.isprintable() and value else None
    return flat_json(value, _INLINE)


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.rstrip("\n")


def json_block(value: Any) -> str:
    """Put JSON, or text, into a code block."""
    return fence(value) if isinstance(value, str) else fence(pretty(value), "json")
