"""Build samples of an SDK's types: the smallest value of each, and one for each alternative of each field."""

from __future__ import annotations

import base64
import typing
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from fnmatch import fnmatchcase
from itertools import count
from types import NoneType
from typing import Any, Literal

from tests.completeness.annotations import bare, fields, is_base64, is_list, is_mapping, is_record, is_union, variants

_NUMBERS = count(70001)
_BYTES = 48
"""Length of a sample's bytes; a multiple of three, so that its base64 has no padding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One value of a sample that a reader should find."""

    field: str
    """`Type.field` that declares it."""
    value: str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """JSON that a type admits."""

    name: str
    """The type, and what is special about the sample: `Message`, `Message.content: list: Image.detail`."""
    value: Any
    leaves: tuple[Leaf, ...]
    """Its values, but for constants such as a type's only possible `type`."""


def samples(annotation: Any, depth: int = 4, without: Collection[str] = ()) -> Iterator[Sample]:
    """Yield the minimal value of each type that an annotation admits, and one for each alternative of each field.

    Below `depth` records within records only minimal ones are built. `without` names fields (`Type.field`, or a pattern
    of it) that need not be told, such as those whose types another test looks at: they are there if required.
    """
    for record in variants(annotation):
        yield from _samples(record, depth, (), without)


def is_among(name: str, patterns: Collection[str]) -> bool:
    """Check whether a name fits one of some fnmatch patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _samples(record: Any, depth: int, stack: tuple[Any, ...], without: Collection[str]) -> Iterator[Sample]:
    name, parts = record.__name__, _parts(record, stack)
    for field, part in parts.items():
        if is_among(f"{name}.{field}", without):
            parts[field] = replace(part, leaves=())
    yield _joined(name, parts)
    for field, (annotation, _) in fields(record).items():
        place = f"{name}.{field}"
        if is_among(place, without):
            continue
        alternatives = list(_alternatives(annotation, place, depth - 1, (*stack, record), without))
        # The first of a required field is what the minimal value has.
        for other in alternatives[1:] if field in parts else alternatives:
            special = place if other.name == place else f"{place}: {other.name}"
            yield _joined(special, {**parts, field: other})


def _alternatives(
    annotation: Any, place: str, depth: int, stack: tuple[Any, ...], without: Collection[str] = ()
) -> Iterator[Sample]:
    """Yield one value for each alternative of an annotation; what would go round in circles is left out."""
    encoded, annotation = is_base64(annotation), bare(annotation)
    arguments = typing.get_args(annotation)
    if encoded:
        yield _leaf(_encoded(), place)
    elif is_record(annotation):
        if annotation not in stack:
            yield from (
                _samples(annotation, depth, stack, without) if depth > 0 else [_minimal(annotation, place, stack)]
            )
    elif is_union(annotation):
        for part in arguments:
            yield from _alternatives(part, place, depth, stack, without)
    elif typing.get_origin(annotation) is Literal:
        for value in arguments:
            yield _leaf(value, place, constant=len(arguments) == 1)
    elif is_mapping(annotation):
        for inner in _alternatives(arguments[1] if arguments else str, place, depth, stack, without):
            yield Sample(name=inner.name, value={_word(): inner.value}, leaves=inner.leaves)
    elif is_list(annotation):
        for inner in _alternatives(arguments[0] if arguments else str, place, depth, stack, without):
            yield Sample(name=f"list: {inner.name}", value=[inner.value], leaves=inner.leaves)
    elif annotation is not NoneType:
        yield from _scalar(annotation, place)


def _minimal(annotation: Any, place: str, stack: tuple[Any, ...]) -> Sample:
    """Build the smallest value for an annotation."""
    annotation = bare(annotation)
    if is_record(annotation):
        return _joined(annotation.__name__, _parts(annotation, stack))
    if is_union(annotation):
        parts = [part for part in typing.get_args(annotation) if part is not NoneType and bare(part) not in stack]
        return next(built for part in parts for built in _tried(part, place, stack))
    found = next(_alternatives(annotation, place, 0, stack), None)
    if found is None and is_list(annotation):
        return Sample(name=place, value=[], leaves=())
    if found is None:
        raise LookupError(f"{place}: JSON has no {annotation}")
    return Sample(name=place, value=found.value, leaves=found.leaves)


def _tried(annotation: Any, place: str, stack: tuple[Any, ...]) -> Iterator[Sample]:
    """Yield the smallest value for an annotation, if JSON can hold one."""
    try:
        yield _minimal(annotation, place, stack)
    except LookupError:
        return


def _parts(record: Any, stack: tuple[Any, ...]) -> dict[str, Sample]:
    """Build the required fields of a record."""
    name, within = record.__name__, (*stack, record)
    told = fields(record).items()
    return {field: _minimal(kind, f"{name}.{field}", within) for field, (kind, required) in told if required}


def _joined(name: str, parts: Mapping[str, Sample]) -> Sample:
    """Make a record of its fields."""
    value = {field: part.value for field, part in parts.items()}
    return Sample(name=name, value=value, leaves=tuple(leaf for part in parts.values() for leaf in part.leaves))


def _scalar(kind: Any, place: str) -> Iterator[Sample]:
    """Yield a value of a plain type; none where JSON has no such thing (an open file)."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = [member for member in kind if "UNSPECIFIED" not in member.name]
        for member in members:
            yield _leaf(member.value, place, constant=len(members) == 1)
    elif kind is bytes:
        yield _leaf(_encoded(), place)
    elif kind in (datetime, date):
        yield _leaf(f"2026-01-01T00:00:00.{next(_NUMBERS):06}Z", place)
    elif kind is bool:
        yield _leaf(True, place)
    elif kind is int:
        yield _leaf(next(_NUMBERS), place)
    elif kind is float:
        yield _leaf(next(_NUMBERS) + 0.5, place)
    elif kind in (str, Any, object):
        yield _leaf(_text(place), place)


def _text(place: str) -> str:
    """Return a text that is found again; where a URL belongs, it is one."""
    field = place.rpartition(".")[2].lower()
    return f"https://example.org/{_word()}" if field in ("url", "uri") or field.endswith(("_url", "uri")) else _word()


def _encoded() -> str:
    return base64.b64encode(_word().encode().ljust(_BYTES)).decode()


def _word() -> str:
    return f"word{next(_NUMBERS)}"


def _leaf(value: Any, place: str, *, constant: bool = False) -> Sample:
    leaves = () if constant else (Leaf(field=place, value=value),)
    return Sample(name=place, value=value, leaves=leaves)
