"""What values at one place of a protocol are, and how often: a part of `protocol.json`.

Every claim has its count: `count` of a member against the number of objects that could have it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of the description; what is empty is left out."""


class Value(Part, frozen=True, kw_only=True):
    """Values at one place."""

    count: int
    """How many values were seen here."""
    types: dict[str, int]
    """How many of each JSON type: null, boolean, integer, number, string, array, object."""
    constant: str | int | float | bool | None = None
    """What all strings, numbers or booleans here are; null where they differ, or where they are volatile."""
    enum: tuple[str | int | float, ...] = ()
    """All that strings or integers here are, where there are few of them; empty where that is unknown."""
    slot: str | None = None
    """What the strings or numbers are when normalised, where they are volatile and alike: `⟨uuid⟩`, `msg_⟨id⟩`."""
    format: str | None = None
    """What all strings are, where their form is known: `date-time`, `date`, `uuid`, `uri`, `digits`, `base64`."""
    range: tuple[float, float] | None = None
    """The smallest and the largest number."""
    longest: int | None = None
    """Characters of the longest string, its slots by their names: ⟨cwd⟩ has five, however long the folder's path is."""
    examples: tuple[str | int | float, ...] = ()
    """Some of the strings or numbers, normalised and cut; the same for the same recordings."""
    members: dict[str, Member] = {}
    """The members of objects that belong to no variant and are no map, by name."""
    union: Union | None = None
    """The variants of objects, where a tag decides which members there are."""
    map: Map | None = None
    """What the objects hold besides `members`, where their keys are data."""
    elements: Value | None = None
    """The elements of arrays."""
    items: tuple[int, int] | None = None
    """The smallest and the largest number of elements in an array."""
    inside: Value | None = None
    """What is in strings that hold JSON."""
    opaque: str | None = None
    """Why nothing below is described: `JSON Schema`, `arguments`; the data belong to the agent, not to the protocol."""

    @property
    def objects(self) -> int:
        """Return how many objects were seen here."""
        return self.types.get("object", 0)


class Member(Part, frozen=True, kw_only=True):
    """One member of objects."""

    count: int
    """In how many of the objects it is."""
    required: bool
    """True where all of the objects have it."""
    value: Value
    """What the member is."""


class Union(Part, frozen=True, kw_only=True):
    """Objects of which a member, the tag, decides what other members there are."""

    tag: tuple[str, ...]
    """Names of the members that decide: `type`, or `type` and `role`."""
    variants: tuple[Variant, ...]
    """Sorted by their tags."""


class Variant(Part, frozen=True, kw_only=True):
    """The objects with one tag."""

    tag: dict[str, str | None]
    """The value of each member that decides; null where it is absent or no word."""
    count: int
    """How many objects."""
    members: dict[str, Member]
    """The members of these objects, by name."""
    map: Map | None = None
    """What the objects hold besides, where their keys are data."""

    @property
    def place(self) -> str:
        """Return how these objects are written in a place: `[type=message]`."""
        tag = ",".join(f"{name}={value}" for name, value in self.tag.items() if value is not None)
        return f"[{tag or 'other'}]"

    @property
    def name(self) -> str:
        """Return the tag's values in one word: `message.user`."""
        return ".".join(value for value in self.tag.values() if value is not None) or "other"


class Map(Part, frozen=True, kw_only=True):
    """Objects whose keys are data."""

    keys: str
    """What the keys are: `digits`, `⟨uuid⟩`, `words`."""
    fewest: int
    """Keys of the smallest object."""
    most: int
    """Keys of the largest object."""
    values: Value
    """The values of all keys."""


class Place(Part, frozen=True, kw_only=True):
    """One place below a value, as `places` yields it."""

    at: str
    """`input[].content[type=input_text].text`; empty for the value itself."""
    value: Value
    """What is there."""
    of: int
    """How many values could be here: objects that could have the member."""
    required: bool = True
    """False where an object was seen without it."""
    variants: tuple[str, ...] = ()
    """Names of the variants of the objects here."""


def places(value: Value, at: str = "", of: int | None = None, required: bool = True) -> Iterator[Place]:
    """Yield a value and every value below it, each with its place, in order of names."""
    variants = tuple(one.name for one in value.union.variants) if value.union else ()
    yield Place(at=at, value=value, of=value.count if of is None else of, required=required, variants=variants)
    yield from _of_members(value.members, at, value.objects)
    for variant in value.union.variants if value.union else ():
        yield from _of_members(variant.members, f"{at}{variant.place}", variant.count)
        if variant.map:
            yield from places(variant.map.values, f"{at}{variant.place}.*")
    if value.map:
        yield from places(value.map.values, joined(at, "*"))
    if value.elements:
        yield from places(value.elements, f"{at}[]")
    if value.inside:
        yield from places(value.inside, f"{at}→")


def joined(at: str, name: str) -> str:
    """Return the place of a member of what is at a place."""
    return f"{at}.{name}" if at else name


def _of_members(members: dict[str, Member], at: str, of: int) -> Iterator[Place]:
    for name, member in sorted(members.items()):
        yield from places(member.value, joined(at, name), of, member.required)
