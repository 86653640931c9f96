"""The redactor of a copy: credentials become their tags, and personal values their pseudonyms."""

from __future__ import annotations

import os
from collections.abc import Iterable

from probe.addon.redaction.environment_secrets import secret_values
from probe.addon.redaction.redactor import Redactor
from probe.errors import UserError
from probe.redact.personal_values import PersonalValues

_SHORTEST = 3


class CountingRedactor(Redactor):
    """A redactor that knows what it has replaced."""

    def __init__(self, salt: bytes, personal: PersonalValues) -> None:
        super().__init__(salt, sorted(secret_values(os.environ)))
        self.replaced: set[bytes] = set()
        """The marks and pseudonyms."""
        self.recall(personal)

    def _spans(self, data: bytes, begin: int, limit: int) -> list[tuple[int, int, bytes]]:
        spans = super()._spans(data, begin, limit)
        # What begins behind the limit is found again with the next block, and may not be complete here.
        self.replaced.update(mark for start, _, mark in spans if start < limit)
        return spans

    def _learned(self, value: str, shortest: int) -> str:
        mark = super()._learned(value, shortest)
        if mark != value:
            self.replaced.add(mark.encode())
        return mark


def checked_words(words: Iterable[str]) -> list[str]:
    """Return the user's own words to hide. Raises UserError for what would break JSON, or every text."""
    checked = []
    for word in map(str.strip, words):
        if len(word) < _SHORTEST or not any(map(str.isalnum, word)):
            raise UserError(f"--also {word!r}: too short to be searched for", f"give at least {_SHORTEST} characters")
        if word.lower() in ("true", "false", "null") or any(one in word for one in '"\\{}[]\n\r\t'):
            raise UserError(f"--also {word!r}: this is a part of JSON", "give one word or phrase, without quotes")
        checked.append(word)
    return checked
