"""Credentials as detect-secrets finds them: its plugins share nothing with this project's redactor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_NOT_USED = frozenset(
    {
        # Any random text: ids, hashes and encrypted reasoning are all of it.
        "Base64 High Entropy String",
        "Hex High Entropy String",
        # Versions of browsers and examples; private hosts and addresses are pseudonyms in a copy.
        "Public IP (ipv4)",
    }
)
_SHORTEST = 8
"""Characters of a line that can hold any of them."""
_MOST = 1_000_000
_BLOCK = 200
"""Lines that are searched at once: a search has a fixed cost."""
_BY_NAME = "Secret Keyword"
_TELEGRAM = "Telegram Bot Token"
_NAMES = ("key", "pass", "pwd", "secret", "contrase")


class Secrets:
    """The plugins that are of use here."""

    def __init__(self) -> None:
        # Here: it takes a while, and little of the program needs it.
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

        plugins: dict[str, Any] = get_mapping_from_secret_type_to_class()
        self.plugins: list[Any] = [made() for name, made in sorted(plugins.items()) if name not in _NOT_USED]

        self._clean: set[int] = set()
        """Hashes of lines in which nothing was found: agents send their history again and again."""

    def found(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield kind and value of what looks like a credential in a text."""
        lines = [line for line in text.splitlines() if len(line) >= _SHORTEST and hash(line) not in self._clean]
        if len(self._clean) + len(lines) > _MOST:
            self._clean.clear()
        for start in range(0, len(lines), _BLOCK):
            block = lines[start : start + _BLOCK]
            found = list(self._in_block(block))
            yield from found
            if not found:
                self._clean.update(map(hash, block))

    def _in_block(self, lines: list[str]) -> Iterator[tuple[str, str]]:
        """Yield what is in lines: those in which a plugin can find something are searched one by one."""
        text = "\n".join(lines)
        lower = text.lower()
        for plugin in self.plugins:
            if plugin.secret_type == _BY_NAME:
                # Its expressions are slow, and each needs one of these words.
                has_name = any(word in lower for word in _NAMES)
                tried = [line for line in lines if any(word in line.lower() for word in _NAMES)] if has_name else []
            else:
                tried = lines if any(True for _ in plugin.analyze_string(text)) else []
            for line in tried:
                for value in plugin.analyze_string(line):
                    if "REDACTED" not in value and not (plugin.secret_type == _TELEGRAM and _is_tail(value, line)):
                        yield f"{plugin.secret_type} (detect-secrets)", value


def _is_tail(value: str, line: str) -> bool:
    """Check whether a value never begins a word: an id may end with digits, and a colon and another id follow it."""
    return re.search(rf"(?<![\w-]){re.escape(value)}", line) is None
