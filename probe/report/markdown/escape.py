"""Make hostile text harmless in Markdown: it cannot break out of a fence, a cell or a fold."""

from __future__ import annotations

import html
import json
import re
from functools import lru_cache
from typing import Any

import msgspec

from probe.report.plain_text import compact, visible

_BACKTICKS = re.compile("`+")
_PLAIN_CODE = re.compile(r"[^`<>&|\\\n\t]*[^`<>&|\\\n\t ]")
_SPECIAL = re.compile(r"[\\`*~$|]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|\[(?!REDACTED\])|:(?=//)|(?<=www)\.")
_REPEATED = 100
"""Characters of a text that may be one of those that repeat."""
_SUMMARY = 200
_INDENTATION = 1 << 12
"""Spaces that any JSON may be indented with."""
_MOST_INDENTED = 10
"""How many spaces for each character of it a larger one may; what is made by hand has about two."""


def inline(text: str) -> str:
    """Escape text for a paragraph, a heading or a table cell."""
    return _inline(text) if len(text) <= _REPEATED else _inline.__wrapped__(text)


def code(text: str) -> str:
    """Set a name as inline code where it is an ordinary one, else as escaped text."""
    return _code(text) if len(text) <= _REPEATED else _code.__wrapped__(text)


# Names of tools, roles, settings and models are in every turn: cached, they cost a tenth.
@lru_cache(maxsize=2048)
def _inline(text: str) -> str:
    # A space at either end would undo the emphasis around it, and make a list of a line.
    line = re.sub(r"[\n\t ]+", " ", visible(text)).strip(" ")
    # Backslashes first: entities hold none.
    return html.escape(_SPECIAL.sub(r"\\\g<0>", line), quote=False)


@lru_cache(maxsize=2048)
def _code(text: str) -> str:
    shown = visible(text)
    return f"`{shown}`" if is_plain_code(shown) else inline(text)


def is_plain_code(shown: str) -> bool:
    """Check whether a visible text can be inline code."""
    return bool(_PLAIN_CODE.fullmatch(shown)) and shown[0] != " "


def fence(text: str, language: str = "text") -> str:
    """Put text into a code block whose fence is longer than any run of backticks inside."""
    shown = visible(text)
    ticks = "```"
    if ticks in shown:
        ticks = "`" * (max(map(len, _BACKTICKS.findall(shown))) + 1)
    return f"{ticks}{language}\n{shown}{'' if shown.endswith(chr(10)) else chr(10)}{ticks}\n"


def fold(summary: str, content: str) -> str:
    """Fold Markdown behind a one-line summary."""
    # Between the summary's tags nothing is Markdown, so only HTML is escaped.
    line = re.sub(r"\s+", " ", visible(summary))
    line = html.escape(line if len(line) <= _SUMMARY else f"{line[:_SUMMARY]}…", quote=False)
    return f"<details>\n<summary>{line}</summary>\n\n{content}\n</details>\n"


def pretty(value: Any) -> str:
    """Return JSON as indented text; in one line where nearly all of that would be indentation."""
    text = compact(value)
    if _indentation(value) > max(_INDENTATION, _MOST_INDENTED * len(text)):
        return text
    return _indented(text, value)


def flat_json(value: Any, most: int) -> str | None:
    """Return JSON in one line, spaced as a reader likes it; None where it has more characters than that."""
    text = compact(value)
    if len(text) > most:
        return None
    line = " ".join(_indented(text, value).split())
    return line if len(line) <= most else None


def _indented(text: str, value: Any) -> str:
    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:
        # A lone surrogate again.
        return json.dumps(value, indent=2)


def _indentation(value: Any) -> int:
    """Return how many spaces an indented text has: a million values 200 levels deep have 400 million."""
    level, depth, spaces = [value] if isinstance(value, dict | list) else [], 0, 0
    while level:
        depth += 1
        below: list[Any] = []
        for container in level:
            members = container.values() if isinstance(container, dict) else container
            spaces += 2 * depth * len(members)
            below += [member for member in members if isinstance(member, dict | list)]
        level = below
    return spaces
