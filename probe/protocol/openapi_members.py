"""Write parameters and headers, of one endpoint or of several at one address, as OpenAPI wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from probe.protocol.client_headers import is_of_connection
from probe.protocol.description import Endpoint
from probe.protocol.json_schema import Schema, schema_of
from probe.protocol.security import credentials
from probe.protocol.values import Member

_ELSEWHERE = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI describes elsewhere, and ignores among the parameters."""


def any_of(schemas: Sequence[Schema]) -> Schema:
    """Return a schema that whatever fits one of several fits."""
    distinct = [one for place, one in enumerate(schemas) if one not in schemas[:place]]
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def parameters(endpoints: Sequence[Endpoint]) -> list[dict[str, Any]]:
    """Return the parameters of endpoints at one address."""
    inside: dict[str, list[Schema]] = {}
    for endpoint in endpoints:
        for name, value in endpoint.parameters.items():
            inside.setdefault(name, []).append(schema_of(value))
    found = [
        {"name": name, "in": "path", "required": True, "schema": any_of(schemas)} for name, schemas in inside.items()
    ]
    for place, sides in (
        ("query", [one.query for one in endpoints]),
        ("header", [one.request_headers for one in endpoints]),
    ):
        secret = {name for one in endpoints for (where, name), _ in credentials(one) if where == place}
        for name, member in _merged(sides).items():
            if name not in secret and not (place == "header" and (name in _ELSEWHERE or is_of_connection(name))):
                found.append({"name": name, "in": place, **member})
    return found


def headers(sides: Sequence[Mapping[str, Member]]) -> dict[str, Any]:
    """Return the headers of answers."""
    return {
        name: member for name, member in _merged(sides).items() if name != "content-type" and not is_of_connection(name)
    }


def _merged(sides: Sequence[Mapping[str, Member]]) -> dict[str, dict[str, Any]]:
    """Return members by name; required are those that all sides always have."""
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for side in sides for name in side):
        members = [side[name] for side in sides if name in side]
        found[name] = {
            "required": len(members) == len(sides) and all(one.required for one in members),
            "schema": any_of([schema_of(one.value) for one in members]),
        }
    return found
