"""Recognize texts that an agent's harness puts among the user's words."""

from __future__ import annotations

import re

AGENTS_FILE = "# AGENTS.md instructions"
"""How codex begins the text of that file."""
_OPEN = re.compile(r"\s*<([A-Za-z]+[-_][\w-]*)(?:\s[^<>]*)?>")
"""An opening tag that no page of HTML has."""
_WORDS = frozenset({"user_query", "user_message", "user_input", "user_prompt"})
"""Tags that agents put around what the user typed."""


def injected_as(text: str) -> str | None:
    """Return the tag that a text is wholly within, or the heading that it begins with; None where people write so."""
    found = _OPEN.match(text)
    if found is None:
        return AGENTS_FILE.lstrip("# ") if text.lstrip().startswith(AGENTS_FILE) else None
    name = found[1]
    within = text.rstrip().endswith(f"</{name}>") or _only_tagged(text)
    return name if within and name not in _WORDS else None


def _only_tagged(text: str) -> bool:
    """Check whether a text is nothing but texts within tags."""
    end = len(text.rstrip())
    place = 0
    while place < end:
        found = _OPEN.match(text, place)
        close = text.find(f"</{found[1]}>", found.end()) if found else -1
        if found is None or close < 0:
            return False
        place = close + len(found[1]) + 3
    return True
