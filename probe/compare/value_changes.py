"""What differs between the values of two protocols at the same place: members, types, what the values are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from probe.compare.change import Change, How, plain_path
from probe.compare.merged_values import merged_members
from probe.protocol.values import Member, Value

_TAGS = ("type", "role", "event", "kind")
"""Names of members that say what kind of object it is."""
_LONGEST_WORD = 64
"""Characters of a string that is a value of a setting, not a text."""


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
    tagged, _ = _split(at)
    return Change(how, parent, name, before, after, (old.count, old.count), (new.count, new.count), tagged)


def _split(at: str) -> tuple[str, str]:
    # A tag may have a dot: `event[response.completed].id`.
    dot = at.rfind(".", at.rfind("]") + 1)
    return (at[:dot], at[dot + 1 :]) if dot >= 0 else ("", at)


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

    objects: int
    members: Mapping[str, Member]


def _kinds(value: Value, names: tuple[str, ...]) -> dict[tuple[str, ...], _Kind]:
    """Return the kinds of objects by the values of some members, their members added up."""
    if value.union is None:
        return {tuple(_constant(value.members, name) for name in names): _Kind(value.objects, value.members)}
    found: dict[tuple[str, ...], list[_Kind]] = {}
    for variant in value.union.variants:
        tag = tuple(
            variant.tag[name] or "" if name in variant.tag else _constant(variant.members, name) for name in names
        )
        found.setdefault(tag, []).append(_Kind(variant.count, variant.members))
    return {tag: _sum(kinds) for tag, kinds in found.items()}


def _constant(members: Mapping[str, Member], name: str) -> str:
    constant = members[name].value.constant if name in members else None
    return constant if isinstance(constant, str) else ""


def _sum(kinds: list[_Kind]) -> _Kind:
    count = sum(kind.objects for kind in kinds)
    return kinds[0] if len(kinds) == 1 else _Kind(count, merged_members([kind.members for kind in kinds], count))


def _objects(before: Value, after: Value, at: str) -> Iterator[Change]:
    tags = [set(value.union.tag) if value.union else set() for value in (before, after)]
    names = tuple(sorted(tags[0] & tags[1], key=_order_of_tags))
    old, new = _kinds(before, names), _kinds(after, names)
    if tags[0] == tags[1]:
        counts = [{tag: kind.objects for tag, kind in kinds.items()} for kinds in (old, new)]
        yield from _alone(counts[0], counts[1], (before.objects, after.objects), at)
    else:
        yield from _other_tags(before, after, sorted(tags[0] | tags[1], key=_order_of_tags), at)
    for tag in old:
        if tag in new:
            words = ",".join(f"{name}={word}" for name, word in zip(names, tag, strict=True) if word)
            # What the tags are has been said.
            others = tags[0] ^ tags[1]
            yield from _members(
                _without(old[tag], others), _without(new[tag], others), f"{at}[{words}]" if words else at
            )


def _without(kind: _Kind, names: set[str]) -> _Kind:
    return _Kind(kind.objects, {name: one for name, one in kind.members.items() if name not in names})


def _other_tags(before: Value, after: Value, names: Iterable[str], at: str) -> Iterator[Change]:
    """Yield what is new or gone of the values of each tag, where the kinds of both are not known by the same tags."""
    for name in names:
        old, new = (_words(value, name) for value in (before, after))
        if old is not None and new is not None:
            yield from _alone(_tagged(old), _tagged(new), (before.objects, after.objects), at)


def _tagged(words: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    return {(word,): count for word, count in words.items()}


def _words(value: Value, name: str) -> dict[str, int] | None:
    """Return what a member of objects is, with how many have it (0: unknown); None where not all is known.

    A message may have a role alone, and no type.
    """
    found: dict[str, int] = {}
    for variant in value.union.variants if value.union else ():
        tag = variant.tag.get(name) or _constant(variant.members, name)
        tag = tag or ("message" if name == "type" and (variant.tag.get("role") or "role" in variant.members) else "")
        found[tag] = found.get(tag, 0) + variant.count
        if not tag and name in variant.members:
            return None
    if value.union is None and name in value.members:
        member = value.members[name].value
        constant = [member.constant] if member.constant is not None else list(member.enum)
        found = {str(word): member.count if len(constant) == 1 else 0 for word in constant}
        return found or None
    if value.union is None and name == "type" and "role" in value.members:
        return {"message": value.objects}
    return {tag: count for tag, count in found.items() if tag}


def _alone(
    old: Mapping[tuple[str, ...], int], new: Mapping[tuple[str, ...], int], of: tuple[int, int], at: str
) -> Iterator[Change]:
    """Yield the kinds that one of two has."""
    for how, one, other in ((How.KIND_REMOVED, old, new), (How.KIND_ADDED, new, old)):
        for tag, count in one.items():
            if tag not in other and tag:
                was, now = (count, 0) if how is How.KIND_REMOVED else (0, count)
                seen = ((was, of[0]), (now, of[1])) if count else ((0, 0), (0, 0))
                yield Change(how, plain_path(at), ".".join(filter(None, tag)) or "other", None, None, *seen)


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
        elif old.objects == new.objects and one.count != other.count:
            how = How.SHARE
        if how:
            seen, seen_after = (one.count, old.objects), (other.count, new.objects)
            yield Change(how, plain_path(at), name, _summary(one), _summary(other), seen, seen_after, at)
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
