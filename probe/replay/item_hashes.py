"""Hashes of a request's items, each normalised and canonical, so that equal ones are known in any run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from probe.record.canonical_json import canonical_json
from probe.renderers.api import Answer, Api, Kind
from probe.slots.slots import Slots
from probe.trace.canonical import canonical_value
from probe.trace.items import NewItem
from probe.trace.turns import SentItems

_WEBSOCKET = re.compile(r"^ws\[[^\]]*\]\.")
_SECRET = "⟨secret⟩".encode()
"""What a credential becomes that was redacted in the recording."""


class ItemHashes:
    """Hashes each distinct item once. Where something was redacted in the recording, any text is the same."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._known: set[int] = set()
        self._redacted: dict[Kind, list[tuple[list[bytes], int]]] = defaultdict(list)
        """Recorded items with a credential: what is between the credentials, and the item's hash."""

    def recorded(self, api: Api, new: Iterable[NewItem], known: dict[int, int]) -> None:
        """Hash items of the recording, into `known` by their numbers."""
        for one in new:
            known[one.known.number] = self.of(api, one.known.kind, one.known.at, one.value, recorded=True)

    def live(self, api: Api, new: Iterable[NewItem], known: dict[int, int]) -> None:
        """Hash items of the agent that runs now, into `known` by their numbers."""
        for one in new:
            known[one.known.number] = self.of(api, one.known.kind, one.known.at, one.value)

    def answer(self, api: Api, items: SentItems | None, answer: Answer | None) -> tuple[str | None, list[int]]:
        """Return a recorded answer's id, and the hashes of its items that a later call repeats.

        `items` are those of its request, which name the place.
        """
        if answer is None:
            return None, []
        at = next((f"{field.at}[]" for field, _ in items or () if field.kind is Kind.MESSAGE), "")
        return answer.response_id, [self.of(api, Kind.MESSAGE, at, one, recorded=True) for one in answer.sent_back]

    def of(self, api: Api, kind: Kind, at: str, value: Any, *, recorded: bool = False) -> int:
        """Return the hash of one item."""
        text = canonical_json(self.normal(api, kind, at, value))
        digest = hash(text)
        if recorded:
            self._known.add(digest)
            if _SECRET in text:
                self._redacted[kind].append((text.split(_SECRET), digest))
            return digest
        if digest in self._known:
            return digest
        return next((known for parts, known in self._redacted[kind] if _fits(text, parts)), digest)

    def normal(self, api: Api, kind: Kind, at: str, value: Any) -> Any:
        """Return an item as it is compared."""
        return self._slots.value(canonical_value(api, kind, value), _WEBSOCKET.sub("", at))


def _fits(text: bytes, parts: Sequence[bytes]) -> bool:
    """Check whether a text has these parts in their order, with anything between them."""
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
