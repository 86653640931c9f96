"""Add up what values of several kinds of objects are, so that nothing of one kind is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from probe.protocol.values import Member, Union, Value, Variant


def merged(values: Sequence[Value]) -> Value:
    """Return what all values together are."""
    if len(values) == 1:
        return values[0]
    types: Counter[str] = Counter()
    for value in values:
        types.update(value.types)
    objects = [value for value in values if value.objects]
    union = _union([value for value in objects if not value.map])
    words = _words(values)
    maps = [value.map for value in objects if value.map]
    elements = [value.elements for value in values if value.elements]
    inside = [value.inside for value in values if value.inside]
    return Value(
        count=sum(value.count for value in values),
        types=dict(types),
        constant=words[0] if len(words) == 1 else None,
        enum=tuple(words) if len(words) > 1 else (),
        slot=values[0].slot if len({value.slot for value in values}) == 1 else None,
        longest=max((value.longest for value in values if value.longest is not None), default=None),
        members={} if union or maps else merged_members([value.members for value in objects], sum_of(objects)),
        union=union,
        map=maps[0] if maps and len(maps) == len(objects) else None,
        elements=merged(elements) if elements else None,
        inside=merged(inside) if inside else None,
    )


def sum_of(values: Sequence[Value]) -> int:
    """Return how many objects values are."""
    return sum(value.objects for value in values)


def merged_members(kinds: Sequence[Mapping[str, Member]], objects: int) -> dict[str, Member]:
    """Return the members of several kinds of objects, of which there are so many."""
    found = {}
    for name in dict.fromkeys(name for members in kinds for name in members):
        having = [members[name] for members in kinds if name in members]
        count = sum(member.count for member in having)
        value = merged([member.value for member in having])
        found[name] = Member(count=count, required=count == objects, value=value)
    return found


def _words(values: Sequence[Value]) -> list[Any]:
    """Return what scalars are, where that is known of all."""
    known = [[one.constant] if one.constant is not None else list(one.enum) for one in values]
    return list(dict.fromkeys(word for words in known for word in words)) if all(known) else []


def _union(values: Sequence[Value]) -> Union | None:
    """Return the variants of all; None where no objects are tagged, or each in another way."""
    tags = {value.union.tag for value in values if value.union}
    if len(tags) != 1:
        return None
    (names,) = tags
    by_tag: dict[tuple[str | None, ...], list[Variant]] = {}
    for value in values:
        for one in value.union.variants if value.union else (_variant(value, names),):
            by_tag.setdefault(tuple(one.tag.values()), []).append(one)
    variants = []
    for tag, same in sorted(by_tag.items(), key=str):
        count = sum(one.count for one in same)
        members = merged_members([one.members for one in same], count)
        variants.append(Variant(tag=dict(zip(names, tag, strict=True)), count=count, members=members))
    return Union(tag=names, variants=tuple(variants))


def _variant(value: Value, names: Sequence[str]) -> Variant:
    words = {name: value.members[name].value.constant if name in value.members else None for name in names}
    tag = {name: word if isinstance(word, str) else None for name, word in words.items()}
    return Variant(tag=tag, count=value.objects, members=value.members)
