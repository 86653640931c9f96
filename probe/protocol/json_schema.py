"""Write values as JSON Schema 2020-12: every recorded value fits, and one that is changed does not.

Members beyond those that were seen are allowed; those that were always there are required. A tag is a constant from
one sighting on, another value once it was seen ten times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from probe.protocol.component_names import component_names, components
from probe.protocol.description import Protocol
from probe.protocol.observing import TAGS
from probe.protocol.values import Member, Union, Value

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CERTAIN = 10
"""Sightings from which what was always the same is a constant."""
_FORMATS = frozenset({"date-time", "date", "uuid", "uri"})

Schema = dict[str, Any]


def bodies_schema(protocol: Protocol) -> Schema:
    """Return one document with a definition for each body, event and message."""
    return {
        "$schema": DIALECT,
        "title": protocol.title,
        "$defs": dict(definitions(protocol)),
    }


def definitions(protocol: Protocol) -> Iterator[tuple[str, Schema]]:
    """Yield name and schema of each body, event and message."""
    names = component_names(protocol)
    for key, value in components(protocol):
        if value:
            yield names[key], schema_of(value)


def schema_of(value: Value, name: str = "") -> Schema:
    """Return the schema of values; `name` is that of the member that they are."""
    kinds = _kinds(value)
    schema: Schema = {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}
    if value.opaque:
        # Some of what is here was not looked into.
        return schema | {"description": value.opaque}
    if known := _known(value, name):
        return schema | known
    if value.slot:
        schema["description"] = f"volatile: {value.slot}"
    if value.format in _FORMATS:
        schema["format"] = value.format
    if value.inside:
        schema |= {"contentMediaType": "application/json", "contentSchema": schema_of(value.inside, name)}
    if value.elements:
        schema["items"] = schema_of(value.elements)
    if value.map:
        schema["additionalProperties"] = schema_of(value.map.values)
    if value.union:
        return _union(schema, [kind for kind in kinds if kind != "object"], value.union)
    return schema | (_members(value.members) if value.members else {})


def _kinds(value: Value) -> list[str]:
    kinds = sorted(value.types)
    return [kind for kind in kinds if kind != "integer"] if "number" in kinds else kinds


def _known(value: Value, name: str) -> Schema:
    """Return constant or enum, where it is sure; with null, where that was seen too."""
    kinds = set(value.types) - {"null"}
    values = [*value.enum] or ([value.constant] if value.constant is not None else [])
    certain = name in TAGS or value.enum or value.count >= _CERTAIN
    if not values or not certain or kinds & {"object", "array"} or value.inside:
        return {}
    if "null" in value.types:
        return {"enum": [*values, None]}
    return {"const": values[0]} if len(values) == 1 else {"enum": values}


def _members(members: Mapping[str, Member]) -> Schema:
    required = [name for name, member in members.items() if member.required]
    properties = {name: schema_of(member.value, name) for name, member in members.items()}
    return {"properties": properties} | ({"required": required} if required else {})


def _union(schema: Schema, others: list[str], union: Union) -> Schema:
    """Return the schema of objects with a tag, and of values that are no objects."""
    choices: list[Schema] = [{"type": others[0] if len(others) == 1 else others}] if others else []
    for variant in union.variants:
        one = {"type": "object", **_members(variant.members)}
        properties = one.setdefault("properties", {})
        if variant.map:
            one["additionalProperties"] = schema_of(variant.map.values)
        else:
            # What has no such tag must not fit by having one that nobody knows.
            properties.update({name: False for name in variant.tag if name not in variant.members})
        choices.append(one)
    return schema | {"anyOf": choices}
