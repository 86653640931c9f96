"""What differs between the values of two protocols at the same place: members, types, what the values are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from probe.protocol.values import Member, Value

_TAGS = ("type", "role", "event", "kind")
"""Names of members that say what kind of object it is."""
TEXTS = frozenset({"text", "content", "thinking", "arguments", "partial_json", "delta", "input", "output", "refusal"})
"""Names of members that are content: turns compare it."""
_LONGEST_WORD = 64
"""Characters of a string that is a value of a setting, not a text."""
_TAG_OF_PATH = re.compile(r"\[[^\]]+\]")


class How(StrEnum):
    """How two places differ."""

    REQUIRED = "field-required"
    """A member that not all objects had is in all of them."""
    ADDED = "field-added"
    REMOVED = "field-removed"
    OPTIONAL = "field-optional"
    """A member that all objects had is not in all of them."""
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

    @property
    def place(self) -> str:
        """Return the place of the member."""
        return ".".join(filter(None, (self.parent, self.name)))


def value_words(value: Value) -> Any:
    """Return what is known of the values: the one, the few or the slot; None where they are open."""
    if value.constant is not None:
        return value.constant
    if value.enum:
        return sorted(value.enum, key=str)
    return value.slot


def value_changes(before: Value, after: Value, at: str = "") -> Iterator[Change]:
    """Yield what differs; what is new or gone is not looked into, since that follows."""
    yield from _types(before, after, at)
    yield from _scalars(before, after, at)
    if before.objects and after.objects and not (before.map or after.map):
        yield from _objects(before, after, at)
    elif before.map and after.map:
        yield from value_changes(before.map.values, after.map.values, f"{at}.*")
    if before.elements and after.elements:
        yield from value_changes(before.elements, after.elements, f"{at}[]")
    if before.inside and after.inside:
        yield from value_changes(before.inside, after.inside, f"{at}→")


def _change(how: How, at: str, before: Any, after: Any, old: Value, new: Value) -> Change:
    parent, name = _split(plain_path(at))
    return Change(how, parent, name, before, after, (old.count, old.count), (new.count, new.count))


def plain_path(at: str) -> str:
    """Return a place without the tags of variants."""
    return _TAG_OF_PATH.sub("", at)


def _split(at: str) -> tuple[str, str]:
    parent, dot, name = at.rpartition(".")
    return (parent, name) if dot else ("", at)


def _types(before: Value, after: Value, at: str) -> Iterator[Change]:
    old, new = _type_names(before), _type_names(after)
    if old != new and old and new:
        yield _change(How.TYPE, at, sorted(old), sorted(new), before, after)


def _type_names(value: Value) -> set[str]:
    return {"number" if name == "integer" else name for name in value.types}


def _scalars(before: Value, after: Value, at: str) -> Iterator[Change]:
    """Yield what scalars are, where both are known; one value against many says nothing of what is allowed."""
    one, other = value_words(before), value_words(after)
    if one == other or one is None or other is None or _is_text(before) or _is_text(after):
        return
    if _type_names(before) != _type_names(after):
        return
    yield _change(How.VALUE, at, one, other, before, after)


def _is_text(value: Value) -> bool:
    """Check whether strings are texts, which are compared as such."""
    return (value.longest or 0) > _LONGEST_WORD and value.slot is None


class _Kind(NamedTuple):
    """Objects of one kind."""

    tag: str
    objects: int
    members: Mapping[str, Member]


def _kinds(value: Value, names: tuple[str, ...]) -> dict[str, _Kind]:
    """Return the kinds of objects by the values of some members, their members added up."""
    if value.union is None:
        tag = ".".join(_constant(value.members, name) for name in names)
        return {tag: _Kind(tag, value.objects, value.members)}
    found: dict[str, list[_Kind]] = {}
    for variant in value.union.variants:
        words = [variant.tag[name] or "" if name in variant.tag else _constant(variant.members, name) for name in names]
        kind = _Kind(".".join(words), variant.count, variant.members)
        found.setdefault(kind.tag, []).append(kind)
    return {tag: _sum(tag, kinds) for tag, kinds in found.items()}


def _constant(members: Mapping[str, Member], name: str) -> str:
    constant = members[name].value.constant if name in members else None
    return constant if isinstance(constant, str) else ""


def _sum(tag: str, kinds: list[_Kind]) -> _Kind:
    """Add up kinds; of a member that several have, the one that was seen most stands for all."""
    if len(kinds) == 1:
        return kinds[0]
    count = sum(kind.objects for kind in kinds)
    members: dict[str, Member] = {}
    for name in dict.fromkeys(name for kind in kinds for name in kind.members):
        having = [kind.members[name] for kind in kinds if name in kind.members]
        seen = sum(member.count for member in having)
        most = max(having, key=lambda member: member.count)
        members[name] = Member(count=seen, required=seen == count, value=most.value)
    return _Kind(tag, count, members)


def _objects(before: Value, after: Value, at: str) -> Iterator[Change]:
    tags = [set(value.union.tag) if value.union else set() for value in (before, after)]
    shared = tags[0] & tags[1] if all(tags) else tags[0] | tags[1]
    names = tuple(name for name in sorted(shared, key=_order_of_tags))
    old, new = _kinds(before, names), _kinds(after, names)
    for how, one, other, place in ((How.KIND_REMOVED, old, new, 0), (How.KIND_ADDED, new, old, 1)):
        for tag, kind in one.items():
            if tag not in other and names:
                seen = ((kind.objects, before.objects), (0, after.objects))
                if place:
                    seen = ((0, before.objects), (kind.objects, after.objects))
                yield Change(how, plain_path(at), tag or "other", None, None, *seen)
    for tag in old:
        if tag in new:
            yield from _members(old[tag], new[tag], f"{at}[{tag}]" if tag else at)


def _order_of_tags(name: str) -> tuple[int, str]:
    return (_TAGS.index(name) if name in _TAGS else len(_TAGS), name)


_NOTHING = Member(count=0, required=False, value=Value(count=0, types={}))


def _members(old: _Kind, new: _Kind, at: str) -> Iterator[Change]:
    for name in dict.fromkeys([*old.members, *new.members]):
        one, other = old.members.get(name, _NOTHING), new.members.get(name, _NOTHING)
        how = None
        if not other.count:
            how = How.REMOVED
        elif other.required and not one.required:
            how = How.REQUIRED
        elif not one.count:
            how = How.ADDED
        elif one.required and not other.required:
            how = How.OPTIONAL
        if how:
            seen, seen_after = (one.count, old.objects), (other.count, new.objects)
            yield Change(how, plain_path(at), name, _summary(one), _summary(other), seen, seen_after)
        if one.count and other.count:
            yield from value_changes(one.value, other.value, f"{at}.{name}" if at else name)


def _summary(member: Member) -> Any:
    """Return what a member is, where there is one: its value, or its types."""
    if not member.count:
        return None
    value = member.value
    words = None if _is_text(value) else value_words(value)
    if words is None and value.objects and value.members:
        return {name: _summary(inner) for name, inner in value.members.items()}
    return words if words is not None else "|".join(value.types)


def grouped(changes: Iterable[Change]) -> list[list[Change]]:
    """Group changes that one line can say: of the same kind, in members of the same object."""
    groups: dict[Any, list[Change]] = {}
    for change in changes:
        alone = change.how in (How.TYPE, How.VALUE)
        key = (
            change.how,
            change.place if alone else change.parent,
            str((change.before, change.after)) if alone else "",
        )
        same = groups.setdefault(key, [])
        if all(one.name != change.name for one in same):
            same.append(change)
    return list(groups.values())
