"""The structure of JSON values: which members there are, of which types, and how often. Counts that can be added up.

A shape is a value without its content. Equal values have equal shapes, so a shape is built once for each distinct
piece of JSON and counted wherever that piece is sent again.
"""

from __future__ import annotations

import heapq
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

Shape = str | tuple[Any, ...]
"""A JSON type for a scalar; ("object", (name, shape), …) or ("array", (shape, count), …)."""

MAX_PATHS = 5000
"""Distinct key paths that are reported for each side; keys may be data, and then there is no end to them."""
MAX_SHAPES = 20_000
"""Distinct shapes that are kept while counting."""
MAX_DEPTH = 40
BODY = "(body)"
"""Name of a whole body that is no stream."""

_SCALARS: dict[type, str] = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
_EMPTY = ("array",)
_WORD = re.compile(r"[\w$@-]{1,100}")


class CountedShape(tuple[Any, ...]):
    """A large shape that is counted again and again: its hash is known."""

    def __init__(self, _: tuple[Any, ...]) -> None:
        self._hash = super().__hash__()

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    def __reduce__(self) -> tuple[Any, ...]:
        # Hashes of texts differ from process to process.
        return tuple, (tuple(self),)


def shape_of(value: Any, depth: int = 0) -> Shape:
    """Return the shape of a value."""
    kind = type(value)
    if kind is dict:
        if depth >= MAX_DEPTH:
            return "deeper"
        return ("object", *[(name, _SCALARS.get(type(one)) or shape_of(one, depth + 1)) for name, one in value.items()])
    if kind is list:
        if depth >= MAX_DEPTH:
            return "deeper"
        if not value:
            return _EMPTY
        if len(value) == 1:
            # As nearly all are; a Counter takes longer than all the rest.
            return ("array", (shape_of(value[0], depth + 1), 1))
        return ("array", *Counter([_SCALARS.get(type(one)) or shape_of(one, depth + 1) for one in value]).items())
    return _SCALARS[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPath:
    """One place in the payloads of one side."""

    path: str
    """`[]` means the elements of an array, `sse[TYPE]` and `ws[TYPE]` an event or message."""
    types: tuple[tuple[str, int], ...]
    """JSON type and how often."""
    count: int


class Structure:
    """Shapes of one side's payloads with how often each was sent."""

    def __init__(self) -> None:
        self.shapes: dict[tuple[str, Shape], list[int]] = {}
        """Each with its count: in a list, since the hash of a shape takes long, and a Counter would need two."""

    def add(self, root: str, shape: Shape, count: int = 1) -> None:
        """Count a shape; `root` is `(body)`, `sse[TYPE]` or `ws[TYPE]`, or the path of a piece of a body."""
        self.shapes.setdefault((root, shape), [0])[0] += count
        if len(self.shapes) > 2 * MAX_SHAPES:
            self._trim()

    def add_value(self, root: str, value: Any, shape: Shape | None = None, count: int = 1) -> None:
        """Count the shape of a value, which may be known."""
        self.add(root, shape or shape_of(value), count)

    def merge(self, other: Structure) -> None:
        """Add what another part of the record holds."""
        for key, (count,) in other.shapes.items():
            self.shapes.setdefault(key, [0])[0] += count
        self._trim()

    def _trim(self) -> None:
        """Keep the shapes with the smallest hashes: one that is kept in the end was never dropped on the way."""
        if len(self.shapes) > MAX_SHAPES:
            self.shapes = dict(heapq.nsmallest(MAX_SHAPES, self.shapes.items(), key=_hash_of_shape))

    def paths(self) -> tuple[tuple[KeyPath, ...], int]:
        """Return the key paths, the most frequent first, and how many values are at paths beyond `MAX_PATHS`."""
        self._trim()
        counts: dict[str, Counter[str]] = {}
        for (root, shape), (count,) in self.shapes.items():
            _count(counts, root, shape, count)
        kept, left = _smallest(counts)
        paths = [
            KeyPath(
                path=path, types=tuple(sorted(types.items(), key=lambda pair: (-pair[1], pair[0]))), count=types.total()
            )
            for path, types in kept
        ]
        return tuple(sorted(paths, key=lambda path: (-path.count, path.path))), left


class NoStructure(Structure):
    """Counts nothing: for who shows no structure."""

    def add(self, root: str, shape: Shape, count: int = 1) -> None:
        """Count nothing."""

    def add_value(self, root: str, value: Any, shape: Shape | None = None, count: int = 1) -> None:
        """Count nothing, and make no shape."""


def _smallest(counts: dict[str, Counter[str]]) -> tuple[list[tuple[str, Counter[str]]], int]:
    """Keep the paths with the smallest hashes, so that the choice does not depend on the order of the record."""
    if len(counts) <= MAX_PATHS:
        return list(counts.items()), 0
    kept = heapq.nsmallest(
        MAX_PATHS, counts.items(), key=lambda pair: sha256(pair[0].encode("utf-8", "replace")).digest()
    )
    return kept, sum(types.total() for types in counts.values()) - sum(types.total() for _, types in kept)


def _hash_of_shape(pair: tuple[tuple[str, Shape], list[int]]) -> bytes:
    return sha256(repr(pair[0]).encode("utf-8", "replace")).digest()


def _count(counts: dict[str, Counter[str]], path: str, shape: Shape, count: int) -> None:
    if path not in counts:
        counts[path] = Counter()
    counts[path][shape if isinstance(shape, str) else shape[0]] += count
    if isinstance(shape, str):
        return
    # The members of a body stand for themselves: `model`, not `(body).model`.
    base = "" if path == BODY else path
    if shape[0] == "object":
        for name, inner in shape[1:]:
            _count(counts, _joined(base, name), inner, count)
    else:
        for inner, times in shape[1:]:
            _count(counts, f"{base}[]", inner, count * times)


@lru_cache(maxsize=MAX_PATHS)
def _joined(path: str, key: str) -> str:
    """Append a key to a path; one that is no plain word is quoted."""
    if not _WORD.fullmatch(key):
        return f"{path}[{json.dumps(key[:100], ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key
