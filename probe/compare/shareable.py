"""Leave out of a comparison what is a vendor's or a user's text, so that it can be published."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from probe.compare.comparison import Comparison, Finding
from probe.compare.shown_values import STRING

LONGEST = 40
"""Characters of a value that is published."""
_QUOTED = re.compile(rf"“[^”]*”|{STRING.pattern}")
_WITHOUT = frozenset(
    {"message-changed", "calls-changed", "result-changed", "answer-changed", "turns-parted", "turns-added"}
    | {"turns-removed"}
)
"""Kinds of findings that are about what was said in these two runs alone."""


def shareable(comparison: Comparison) -> Comparison:
    """Return a comparison without values and texts of more than 40 characters, and without turns and numbers."""
    findings = tuple(_short(one) for one in comparison.findings if one.kind not in _WITHOUT)
    runs = {
        name: replace(run, prompt=None, replay_of=None, name=run.agent or "")
        for name, run in (("before", comparison.before), ("after", comparison.after))
    }
    return replace(comparison, findings=findings, turns=(), parting=None, measures=(), shareable=True, **runs)


def _short(one: Finding) -> Finding:
    line = _QUOTED.sub(_shortened_match, one.line)
    return replace(one, line=line, before=_shortened(one.before), after=_shortened(one.after), text=())


def _shortened_match(match: re.Match[str]) -> str:
    """Return a quoted text; without its words where it is long, or is cut since it was."""
    text = match[0]
    return text if len(text) <= LONGEST and "…" not in text else f"{text[0]}…{text[-1]}"


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else "…"
    if isinstance(value, list | tuple):
        return [_shortened(one) for one in value]
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    return value
