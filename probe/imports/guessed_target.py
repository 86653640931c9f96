"""Guess which agent made the requests of a file, by the names that agents give themselves."""

from __future__ import annotations

import re
from collections import Counter

from probe.imports.source import SourceExchange

_AGENTS = {
    "claude-code": re.compile(r"claude-(?:cli|code)/"),
    "codex": re.compile(r"codex(?:_\w+|-\w+)?/"),
    "gemini-cli": re.compile(r"GeminiCLI/"),
    "qwen-code": re.compile(r"QwenCode/"),
    "opencode": re.compile(r"opencode/"),
}


class TargetGuess:
    """Counts what the exchanges of a file are signs of."""

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()

    def add(self, exchange: SourceExchange) -> None:
        """Count an exchange."""
        noted = exchange.facts.target if exchange.facts else None
        agents = (value for name, value in exchange.request.headers if name.lower() == "user-agent")
        agent = next(agents, "")
        named = next((target for target, pattern in _AGENTS.items() if pattern.match(agent)), None)
        if target := noted or named:
            self._found[target] += 1

    def best(self, known: list[str]) -> str | None:
        """Return the target of most of them that is among those that are known; None where none is."""
        return next((target for target, _ in self._found.most_common() if target in known), None)
