"""Observe JSON values: what is at which place, added to statistics.

An item that an agent sends again with each request is read once: what it adds to the statistics is remembered as the
counters that it moves, and added as often as the item was sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from probe.protocol.opaque_places import is_opaque, is_prose
from probe.protocol.scalars import LONGEST, Numbers, Texts
from probe.protocol.statistics import (
    ARRAY,
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    Objects,
    Tag,
    Values,
    latest,
)
from probe.renderers.json_reader import parsed_json

TAGS = ("type", "event", "object", "kind", "role", "method")
"""Members that decide, as a rule, on the others: their values are distinguished from the first sighting on."""
_WORD = re.compile(r"[A-Za-z_][\w./:+ -]{0,59}")
_SLOT = re.compile("⟨[^⟨⟩]*⟩")
_DEEPEST = 40
_GROWTH = 256
"""Characters by which names of slots make a text longer, at most: what they replace is rarely shorter."""
_READ = 1 << 14
"""Characters of a string that may hold JSON."""

Normal = Callable[[str, str], str]
"""Returns a string, that is at a place, with slots for its volatile parts."""
Touched = list[tuple[Values | Objects, int]]
"""Counters that a value moves: of what, and which of it."""


class Observer:
    """Adds values to statistics."""

    def __init__(self, normal: Normal, slot: Callable[[float, str], str | None]) -> None:
        """`slot` returns what a number at a place is, where it changes from run to run."""
        self._normal, self._slot = normal, slot
        self._touched: Touched | None = None
        self._joined = False

    def add(self, node: Values, value: Any, count: int = 1) -> None:
        """Add a value as often as it was sent."""
        self._value(node, value, count, 0)

    def add_joined(self, node: Values, event: Any, count: int) -> None:
        """Add one event for several that carry pieces of one text: it has all of the text, and the numbers of one."""
        self._joined = count > 1
        self._value(node, event, count, 0)
        self._joined = False

    def touched(self, node: Values, value: Any) -> Touched:
        """Add a value that was not counted yet; return the counters that each sending of it moves."""
        touched: Touched = []
        self._touched = touched
        try:
            self._value(node, value, 0, 0)
        finally:
            self._touched = None
        return touched

    def add_object(self, node: Values, tag: Tag, size: int) -> Objects:
        """Add an object whose members are added one by one; return the statistics of those."""
        node.counts[OBJECT] += 1
        objects = node.tagged(tag)
        objects.counts[0] += 1
        objects.sized(size)
        return objects

    def member(self, objects: Objects, name: str) -> Values:
        """Return the statistics of a member."""
        return objects.members.get(name) or objects.member(name, self._key)

    def _value(self, node: Values, value: Any, count: int, depth: int, name: str = "") -> None:
        """Add a value; `name` is that of the member, which a map does not keep."""
        kind = type(value)
        if kind is str:
            code = STRING
            self._text(node, value, count, depth, name or _name(node))
        elif kind is dict:
            code = OBJECT
            self._object(node, value, count, depth)
        elif kind is list:
            code = ARRAY
            self._array(node, value, count, depth)
        elif kind is bool:
            code = BOOLEAN
            node.flags |= {value}
        elif value is None:
            code = NULL
        else:
            code = INTEGER if kind is int or value.is_integer() else NUMBER
            if node.numbers is None:
                node.numbers = Numbers()
            node.numbers.add(value, self._slot(value, node.at))
            if self._joined:
                node.numbers.join()
        node.counts[code] += count
        if self._touched is not None:
            self._touched.append((node, code))

    def _text(self, node: Values, text: str, count: int, depth: int, name: str) -> None:
        texts = node.texts
        if texts is None:
            texts = node.texts = Texts()
        # What is long is neither an example nor one of a few values.
        long = len(text) > 2 * LONGEST
        normal = text if long or text in texts.values else self._normal(text, node.at)
        texts.add(text, normal, self._length(text, texts, node.at) if long else len(normal))
        if self._joined and name not in TAGS and "⟨" not in normal:
            texts.join()
        if text[:1] in ("{", "[") and len(text) <= _READ and depth < _DEEPEST and not is_prose(name):
            inner = parsed_json(text)
            if type(inner) is not str:
                if node.inside is None:
                    node.inside = Values(node.at)
                self._value(node.inside, inner, count, depth + 1)

    def _length(self, text: str, texts: Texts, at: str) -> int:
        """Return the length of a long string with slots; 0 where it cannot be the longest, which is known sooner."""
        if self._joined or len(text) + _GROWTH <= texts.longest:
            return 0
        return len(self._normal(text, at))

    def _array(self, node: Values, value: list[Any], count: int, depth: int) -> None:
        node.sized(len(value))
        if depth >= _DEEPEST:
            node.opaque |= {"deep"}
            return
        if value and node.elements is None:
            node.elements = Values(f"{node.at}[]")
        for one in value:
            assert node.elements is not None
            self._value(node.elements, one, count, depth + 1)

    def _object(self, node: Values, value: dict[str, Any], count: int, depth: int) -> None:
        objects = node.tagged(tag_of(value))
        objects.counts[0] += count
        if self._touched is not None:
            self._touched.append((objects, 0))
        if len(value) > objects.most or objects.fewest is None or len(value) < objects.fewest:
            objects.sized(len(value))
        if depth >= _DEEPEST:
            node.opaque |= {"deep"}
            return
        for name, one in value.items():
            member = objects.members.get(name) or objects.member(name, self._key)
            why = is_opaque(name, one, value)
            if why:
                self._opaque(member, one, count, why)
            else:
                self._value(member, one, count, depth + 1, name)
            # A key too many makes a map of the objects, and those of many tags one.
            objects = latest(objects)

    def _opaque(self, node: Values, value: Any, count: int, why: str) -> None:
        node.opaque |= {why}
        code = OBJECT if type(value) is dict else STRING
        node.counts[code] += count
        if self._touched is not None:
            self._touched.append((node, code))

    def _key(self, name: str) -> str:
        """Return what a key is where it is data, else the key."""
        if name.isdigit():
            return "digits"
        normal = self._normal(name, "")
        # The text around a slot may be the name of a file, another one in each key.
        return name if normal == name else " ".join(dict.fromkeys(_SLOT.findall(normal)))


def _name(node: Values) -> str:
    """Return the name of the member that values are."""
    return node.at.rpartition(".")[2]


def tag_of(value: Mapping[str, Any]) -> Tag:
    """Return the members of an object that may decide on the others."""
    found = [(name, value[name]) for name in TAGS if name in value]
    return tuple([(name, one) for name, one in found if type(one) is str and _WORD.fullmatch(one)])
