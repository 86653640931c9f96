"""Statistics of JSON values, place by place, that can be added up.

`merge` of the statistics of two recordings gives those of both together, bit for bit. What is kept of a place is
bounded: when there are too many members or tags, all of them become one, and the order does not matter for that either.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TypeVar, cast

from probe.protocol.scalars import Numbers, Texts
from probe.protocol.values import joined
from probe.smallest_hashes import smallest

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
NULL, BOOLEAN, INTEGER, NUMBER, STRING, ARRAY, OBJECT = range(7)

MOST_MEMBERS = 200
"""Distinct members of the objects at one place; where there are more, keys are data."""
MOST_TAGS = 64
"""Distinct tags of the objects at one place; where there are more, they are data."""

MOST_FORMS = 20
"""Forms of the keys at one place; of more, those with the smallest hashes are kept, with `MORE_FORMS`."""
WORDS, MORE_FORMS = "words", "…"

Tag = tuple[tuple[str, str], ...]
"""The members that may decide on the others, with their values: `(("type", "message"), ("role", "user"))`."""
_T = TypeVar("_T", bound="Values | Objects")


class Objects:
    """Objects at one place that have the same tag."""

    __slots__ = ("at", "counts", "fewest", "key_forms", "members", "most", "moved", "others")

    def __init__(self, at: str) -> None:
        self.at = at
        self.counts = [0]
        self.members: dict[str, Values] = {}
        self.others: Values | None = None
        """The values of all volatile keys; of all keys, once there are too many."""
        self.key_forms: frozenset[str] = frozenset()
        """What the keys in `others` are."""
        self.fewest: int | None = None
        self.most = 0
        self.moved: Objects | None = None
        """What it has become a part of."""

    def sized(self, size: int) -> None:
        """Note how many keys an object has."""
        self.fewest = size if self.fewest is None else min(self.fewest, size)
        self.most = max(self.most, size)

    def member(self, name: str, normal: Callable[[str], str]) -> Values:
        """Return the statistics of a member that is new here."""
        form = normal(name)
        if form == name and self.others is not None and self._all_moved:
            form = WORDS
        if form != name:
            self._add_forms({form})
            self.others = self.others or Values(joined(self.at, "*"))
            return self.others
        found = self.members[name] = Values(joined(self.at, name))
        self._bound()
        return latest(found)

    @property
    def _all_moved(self) -> bool:
        return WORDS in self.key_forms

    def _add_forms(self, forms: Set[str]) -> None:
        self.key_forms |= forms
        if len(self.key_forms) > MOST_FORMS:
            known = self.key_forms - {WORDS, MORE_FORMS}
            kept = smallest(known, MOST_FORMS)
            self.key_forms &= {WORDS, MORE_FORMS, *kept}
            self.key_forms |= {MORE_FORMS} if len(kept) < len(known) else set()

    def _bound(self) -> None:
        """Move all members into one where there are too many, or where that has happened already."""
        if self.members and (len(self.members) > MOST_MEMBERS or self._all_moved):
            self.key_forms |= {WORDS}
            self.others = self.others or Values(joined(self.at, "*"))
            for one in self.members.values():
                self.others.merge(one)
            self.members = {}

    def merge(self, other: Objects) -> None:
        """Add other objects, which then count here."""
        other.moved = self
        self.counts[0] += other.counts[0]
        if other.fewest is not None:
            self.sized(other.fewest)
            self.sized(other.most)
        self._add_forms(other.key_forms)
        if other.others is not None:
            self.others = self.others or Values(joined(self.at, "*"))
            self.others.merge(other.others)
        for name, one in other.members.items():
            self.members.setdefault(name, Values(joined(self.at, name))).merge(one)
        self._bound()


class Values:
    """Values at one place."""

    __slots__ = (
        "at", "counts", "elements", "fewest", "flags", "inside", "most", "moved", "numbers", "objects", "opaque",
        "texts", "untagged",
    )  # fmt: skip

    def __init__(self, at: str) -> None:
        self.at = at
        """As the rules of slots name it: `input[].id`."""
        self.counts = [0] * len(TYPES)
        self.flags: frozenset[bool] = frozenset()
        """The booleans."""
        self.texts: Texts | None = None
        self.numbers: Numbers | None = None
        self.objects: dict[Tag, Objects] | None = None
        """By tag."""
        self.untagged = False
        """True where there were too many tags: they are data, and all objects are one."""
        self.elements: Values | None = None
        self.fewest: int | None = None
        """Elements of the shortest array."""
        self.most = 0
        self.inside: Values | None = None
        """What is in strings that hold JSON."""
        self.opaque: frozenset[str] = frozenset()
        """Why nothing below is read."""
        self.moved: Values | None = None
        """What it has become a part of."""

    @property
    def count(self) -> int:
        """Return how many there are."""
        return sum(self.counts)

    def sized(self, size: int) -> None:
        """Note how many elements an array has."""
        self.fewest = size if self.fewest is None else min(self.fewest, size)
        self.most = max(self.most, size)

    def tagged(self, tag: Tag) -> Objects:
        """Return the statistics of objects with a tag."""
        if self.objects is None:
            self.objects = {}
        if self.untagged:
            tag = ()
        found = self.objects.get(tag)
        if found is None:
            found = self.objects[tag] = Objects(self.at)
            self._bound()
        return latest(found)

    def whole(self) -> Objects:
        """Return all objects as one, whatever their tags; nothing may be observed after it."""
        whole = Objects(self.at)
        for one in (self.objects or {}).values():
            whole.merge(one)
        return whole

    def join_tags(self) -> None:
        """Make one of all objects, and of those that come later."""
        if self.objects is not None:
            self.untagged = True
            self._bound()

    def _bound(self) -> None:
        """Make one of all objects where there are too many tags, or where that has happened already."""
        objects = self.objects or {}
        self.untagged |= len(objects) > MOST_TAGS
        if self.untagged and [*objects] != [()]:
            self.objects = {(): self.whole()}

    def merge(self, other: Values) -> None:
        """Add other values, which then count here."""
        other.moved = self
        self.counts = [here + there for here, there in zip(self.counts, other.counts, strict=True)]
        self.flags |= other.flags
        self.opaque |= other.opaque
        if other.fewest is not None:
            self.sized(other.fewest)
            self.sized(other.most)
        if other.texts:
            self.texts = self.texts or Texts()
            self.texts.merge(other.texts)
        if other.numbers:
            self.numbers = self.numbers or Numbers()
            self.numbers.merge(other.numbers)
        if other.elements:
            self.elements = self.elements or Values(f"{self.at}[]")
            self.elements.merge(other.elements)
        if other.inside:
            self.inside = self.inside or Values(self.at)
            self.inside.merge(other.inside)
        if other.objects is not None:
            self.untagged |= other.untagged
            self.objects = self.objects or {}
            for tag, one in other.objects.items():
                self.objects.setdefault(tag, Objects(self.at)).merge(one)
            self._bound()


def latest(one: _T) -> _T:
    """Return the statistics that others have become a part of."""
    while one.moved is not None:
        one = cast(_T, one.moved)
    return one
