"""One difference between the values of two protocols, and which differences one line can say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

TEXTS = frozenset({"text", "content", "thinking", "arguments", "partial_json", "delta", "input", "output", "refusal"})
"""Names of members that are content: turns compare it."""
_TAG_OF_PATH = re.compile(r"\[[^\]]+\]")


class How(StrEnum):
    """How two places differ."""

    REQUIRED = "field-required"
    """A member that not all objects had is in all of them."""
    ADDED = "field-added"
    REMOVED = "field-removed"
    OPTIONAL = "field-optional"
    """A member that all objects had is not in all of them."""
    SHARE = "field-share-changed"
    """A member that some objects have, in both, is in more or fewer of as many."""
    TYPE = "type-changed"
    VALUE = "value-changed"
    KIND_ADDED = "kind-added"
    KIND_REMOVED = "kind-removed"


class Change(NamedTuple):
    """One difference."""

    how: How
    parent: str
    """The place without the tags of variants: `input[]`."""
    name: str
    """Of the member, or of the kind; empty for the place itself."""
    before: Any
    after: Any
    seen: tuple[int, int]
    """In how many of the first's objects."""
    seen_after: tuple[int, int]
    tagged: str = ""
    """The parent with the tags of its variants: `input[][type=message]`."""
    unit: str = ""
    """What is counted, where that is not the objects: ` runs`."""

    @property
    def place(self) -> str:
        """Return the place of the member."""
        return ".".join(filter(None, (self.parent, self.name)))


def plain_path(at: str) -> str:
    """Return a place without the tags of variants."""
    return _TAG_OF_PATH.sub("", at)


def grouped(changes: Iterable[Change]) -> list[list[Change]]:
    """Group changes that one line can say: of the same kind, in members of the same object, seen as often."""
    groups: dict[Any, list[Change]] = {}
    for change in _added_up(changes):
        alone = change.how in (How.TYPE, How.VALUE)
        counts = (change.seen, change.seen_after) if change.how not in (How.KIND_ADDED, How.KIND_REMOVED) else ()
        key = (change.how, change.tagged, change.name, str((change.before, change.after)))
        groups.setdefault(key if alone else (change.how, change.parent, change.tagged, counts), []).append(change)
    return list(groups.values())


def _added_up(changes: Iterable[Change]) -> Iterable[Change]:
    """Return changes of which several say the same of a member, of kinds of one object, as one."""
    found: dict[Any, Change] = {}
    for change in changes:
        values = str((change.before, change.after)) if change.how in (How.TYPE, How.VALUE) else ""
        key = change.how, change.parent, change.name, values
        if key not in found:
            found[key] = change
        elif found[key].tagged != change.tagged:
            found[key] = _sum_of(found[key], change)
    return found.values()


def _sum_of(one: Change, other: Change) -> Change:
    if one.unit:
        # The same runs show both.
        seen, seen_after = max(one.seen, other.seen), max(one.seen_after, other.seen_after)
        return one._replace(seen=seen, seen_after=seen_after, tagged=one.parent)
    seen, seen_after = (
        (first[0] + second[0], first[1] + second[1])
        for first, second in ((one.seen, other.seen), (one.seen_after, other.seen_after))
    )
    return one._replace(seen=seen, seen_after=seen_after, tagged=one.parent)
