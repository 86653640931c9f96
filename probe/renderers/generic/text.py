"""Texts that hold more than text: lines of JSON, and forms."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from probe.addon.json_text import too_many_values
from probe.renderers.json_reader import parsed

_FORM = re.compile(r"[^\s=&{}<>\"]+=[^\s=&{}<>\"]*(?:&[^\s=&{}<>\"]+=[^\s=&{}<>\"]*)*")
_MOST_FIELDS = 1000
"""Fields of a form; what has more is shown as text."""


def json_lines(body: Any) -> tuple[list[Any], str] | None:
    """Return the values of newline-delimited JSON, and a last line that was cut short; None for any other body."""
    if not isinstance(body, str) or body.lstrip()[:1] not in ("{", "[") or too_many_values(body):
        return None
    # Not splitlines(), which would also cut at U+2028 that JSON may hold.
    lines = [line for line in body.split("\n") if line.strip()]
    values: list[Any] = []
    for number, line in enumerate(lines, 1):
        value = parsed(line.strip())
        if isinstance(value, dict | list):
            values.append(value)
        elif not values or number < len(lines):
            return None
    return (values, lines[-1] if len(values) < len(lines) else "") if len(lines) > 1 else None


def form_fields(body: Any) -> list[tuple[str, Any]]:
    """Return the fields of a URL-encoded form; none for any other body."""
    if not isinstance(body, str) or (body.endswith("=") and "&" not in body) or not _FORM.fullmatch(body):
        return []
    try:
        return list(parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    except ValueError:
        return []
