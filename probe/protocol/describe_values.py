"""Describe statistics of values: constants, enums, unions, maps, members that are always there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from probe.protocol.observing import TAGS
from probe.protocol.opaque_places import is_prose
from probe.protocol.scalars import FORMATS, MOST_EXAMPLES, Numbers, Texts
from probe.protocol.statistics import TYPES, Objects, Tag, Values
from probe.protocol.values import Map, Member, Union, Value, Variant

_ENUM = 10
"""Values that must have been seen before few distinct ones are all that there are (quicktype's threshold)."""
_ALIKE, _ALIKE_TEXTS = 20, 50
"""Keys of one shape, and keys of strings, from which they are data (quicktype's thresholds)."""
_SHORT = 40
"""Characters of a value in a description that can be published."""


class Describer:
    """Describes values."""

    def __init__(self, *, shareable: bool = False) -> None:
        """`shareable` leaves out examples and values of more than 40 characters."""
        self._shareable = shareable

    def value(self, values: Values, name: str = "") -> Value:
        """Return the description of values; `name` is that of the member that they are."""
        types = {kind: count for kind, count in zip(TYPES, values.counts, strict=True) if count}
        scalar = {} if values.opaque else _scalar(values, is_tag=name in TAGS)
        if is_prose(name) and (said := [*filter(None, (scalar.get("constant"), *scalar.get("enum", ())))]):
            # What is said, not how.
            scalar = {"examples": tuple(said[:MOST_EXAMPLES])}
        objects = self._objects(values)
        constant, enum = scalar.get("constant"), scalar.get("enum", ())
        return Value(
            count=values.count,
            types=types,
            constant=constant if self._shown(constant) else None,
            # Without one of its values it would be no list of all of them.
            enum=enum if all(map(self._shown, enum)) else (),
            slot=scalar.get("slot") if self._shown(scalar.get("slot")) else None,
            format=None if "constant" in scalar else _format(values.texts),
            range=None if "constant" in scalar else _range(values.numbers),
            longest=_longest(values.texts) if "constant" not in scalar else None,
            examples=() if self._shareable else scalar.get("examples", ()),
            members=objects.get("members", {}),
            union=objects.get("union"),
            map=objects.get("map"),
            elements=self.value(values.elements) if values.elements else None,
            items=(values.fewest, values.most) if values.fewest is not None else None,
            inside=self.value(values.inside) if values.inside else None,
            opaque=", ".join(sorted(values.opaque)) or None,
        )

    def members(self, objects: Objects | None) -> dict[str, Member]:
        """Return the members of objects by name."""
        found = {}
        for name, values in sorted(objects.members.items()) if objects else ():
            required = values.count == objects.counts[0] if objects else False
            found[name] = Member(count=values.count, required=required, value=self.value(values, name))
        return found

    def _shown(self, value: object) -> bool:
        return not self._shareable or not isinstance(value, str) or len(value) <= _SHORT

    def _objects(self, values: Values) -> dict[str, Any]:
        if not values.objects:
            return {}
        tags, variants = deciding(values.objects)
        if len(variants) == 1:
            (objects,) = variants.values()
            if found := _map_of(objects):
                return {"map": self._map(objects, found)}
            return {"members": self.members(objects), "map": self._map(objects, objects.others)}
        described = [
            Variant(
                tag={name: dict(tag).get(name) for name in tags},
                count=one.counts[0],
                members=self.members(one),
                map=self._map(one, one.others),
            )
            for tag, one in sorted(variants.items())
        ]
        return {"union": Union(tag=tags, variants=tuple(described))}

    def _map(self, objects: Objects, values: Values | None) -> Map | None:
        if values is None:
            return None
        keys = ", ".join(sorted(objects.key_forms)) or "words"
        return Map(keys=keys, fewest=objects.fewest or 0, most=objects.most, values=self.value(values))


def deciding(objects: Mapping[Tag, Objects]) -> tuple[tuple[str, ...], dict[Tag, Objects]]:
    """Return the names of the tags that decide on other members or their types, and the objects by these alone."""
    names = tuple(name for name in TAGS if any(name in dict(tag) for tag in objects))
    found = dict(objects)
    # The last is the least likely to decide: most roles have the same members.
    for name in reversed(names):
        without = _grouped(found, name)
        if all(_alike(group) for group in without.values()):
            found = {tag: _sum(group) for tag, group in without.items()}
            names = tuple(one for one in names if one != name)
    return names, found


def _grouped(objects: Mapping[Tag, Objects], left: str) -> dict[Tag, list[Objects]]:
    """Group objects by their tags but one."""
    groups: dict[Tag, list[Objects]] = {}
    for tag, one in objects.items():
        groups.setdefault(tuple(pair for pair in tag if pair[0] != left), []).append(one)
    return groups


def _alike(group: Sequence[Objects]) -> bool:
    """Check whether all have the same members, always or sometimes there, of the same types."""
    first, *others = [
        {name: (values.count == one.counts[0], _types(values)) for name, values in one.members.items()} for one in group
    ]
    return all(first == other for other in others)


def _types(values: Values) -> frozenset[str]:
    return frozenset(kind for kind, count in zip(TYPES, values.counts, strict=True) if count)


def _sum(group: Sequence[Objects]) -> Objects:
    """Return what several objects are together; what they are one by one is not observed any more."""
    if len(group) == 1:
        return group[0]
    whole = Objects(group[0].at)
    for one in group:
        whole.merge(one)
    return whole


def _map_of(objects: Objects) -> Values | None:
    """Return the values of all members where their keys are data; None where they are not."""
    members = objects.members
    if not members:
        return objects.others
    kinds = {_types(values) for values in members.values()}
    texts = kinds == {frozenset({"string"})}
    enough = len(members) >= (_ALIKE_TEXTS if texts else _ALIKE) and len(kinds) == 1
    # Members of one object alone are as many as it has; keys that are data are other ones in another object.
    if not enough or objects.fewest == len(members):
        return None
    whole = Values(objects.at)
    for one in filter(None, (objects.others, *members.values())):
        whole.merge(one)
    return whole


def _scalar(values: Values, *, is_tag: bool) -> dict[str, Any]:
    """Return constant or enum, slot, and examples of the strings, numbers and booleans at one place."""
    kinds = [kind for kind in (_texts(values.texts), _numbers(values.numbers)) if kind is not None]
    if values.flags:
        kinds.append({"values": sorted(values.flags)})
    if len(kinds) != 1:
        return {"examples": tuple(one for kind in kinds for one in kind.get("examples", ()))}
    (kind,) = kinds
    if "values" not in kind:
        return kind
    known = kind["values"]
    if len(known) == 1:
        return {"constant": known[0]}
    few = values.count >= _ENUM and len(known) ** 2 < values.count
    return {"enum": tuple(known)} if (few or is_tag) and not values.flags else {"examples": kind.get("examples", ())}


def _texts(texts: Texts | None) -> dict[str, Any] | None:
    """Return what is known of strings: nothing where they are many, None where there are none."""
    if texts is None:
        return None
    volatile = [text for text in texts.values if "⟨" in text]
    if not texts.more and len(texts.values) == 1 and volatile:
        return {"slot": volatile[0]}
    examples = tuple(sorted(texts.examples))
    if texts.joined:
        return {}
    return {"examples": examples} if texts.more or volatile else {"values": sorted(texts.values), "examples": examples}


def _numbers(numbers: Numbers | None) -> dict[str, Any] | None:
    if numbers is None:
        return None
    if numbers.slots:
        return {"slot": ", ".join(f"⟨{slot}⟩" for slot in sorted(numbers.slots))}
    return {} if numbers.more else {"values": sorted(numbers.values)}


def _range(numbers: Numbers | None) -> tuple[float, float] | None:
    if numbers is None or numbers.joined or numbers.smallest is None or numbers.largest is None:
        return None
    return numbers.smallest, numbers.largest


def _longest(texts: Texts | None) -> int | None:
    return texts.longest if texts and not texts.joined else None


def _format(texts: Texts | None) -> str | None:
    return next((name for name in FORMATS if texts and texts.formats and name in texts.formats), None)
