"""Hashes of a request's items, each normalised and canonical, so that equal ones are known in any run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from probe.record.canonical_json import canonical_json
from probe.record.common_parts import fits
from probe.renderers.api import Answer, Api, Kind
from probe.slots.slots import Slots
from probe.trace.canonical import canonical_value
from probe.trace.items import NewItem
from probe.trace.turns import SentItems

_WEBSOCKET = re.compile(r"^ws\[[^\]]*\]\.")
_SECRET = "⟨secret⟩".encode()
"""What a credential becomes that was redacted in the recording."""


class ItemHash(NamedTuple):
    """The hashes of one item."""

    canonical: int
    """Of what tells it from others: without what moves from call to call."""
    sent: int
    """Of all that was sent."""


class ItemHashes:
    """Hashes each distinct item once. Where something was redacted in the recording, any text is the same."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._known: set[int] = set()
        self._redacted: dict[tuple[Kind, bool], list[tuple[list[bytes], int]]] = defaultdict(list)
        """Recorded items with a credential: what is between the credentials, and the item's hash."""

    def items(
        self, api: Api, new: Iterable[NewItem], known: dict[int, ItemHash], *, recorded: bool = False, sent: bool = True
    ) -> None:
        """Hash items into `known` by their numbers; without `sent`, only what tells them from others."""
        for one in new:
            kind, at = one.known.kind, one.known.at
            canonical = self.of(api, kind, at, one.value, recorded=recorded)
            whole = self._digest(self.sent(at, one.value), (kind, True), recorded=recorded) if sent else canonical
            known[one.known.number] = ItemHash(canonical, whole)

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
        normal = self._slots.value(canonical_value(api, kind, value), _place(at))
        return self._digest(normal, (kind, False), recorded=recorded)

    def sent(self, at: str, value: Any) -> Any:
        """Return an item with slots in the place of volatile values, and nothing left out."""
        return self._slots.value(value, _place(at))

    def _digest(self, normal: Any, group: tuple[Kind, bool], *, recorded: bool) -> int:
        text = canonical_json(normal)
        digest = hash(text)
        if recorded:
            self._known.add(digest)
            if _SECRET in text:
                self._redacted[group].append((text.split(_SECRET), digest))
            return digest
        if digest in self._known:
            return digest
        return next((known for parts, known in self._redacted[group] if fits(text, parts)), digest)


def _place(at: str) -> str:
    return _WEBSOCKET.sub("", at)
