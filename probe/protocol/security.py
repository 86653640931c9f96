"""Describe the credentials of endpoints as security schemes, of OpenAPI and of AsyncAPI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from probe.protocol.client_headers import is_credential, is_of_connection
from probe.protocol.component_names import unique, word
from probe.protocol.description import Endpoint
from probe.protocol.values import Member

Credential = tuple[str, str]
"""Where it is, and its name: `("header", "x-api-key")`."""


def credentials(endpoint: Endpoint) -> Iterator[tuple[Credential, Member]]:
    """Yield the credentials of an endpoint."""
    for place, members in (("header", endpoint.request_headers), ("query", endpoint.query)):
        for name, member in members.items():
            if is_credential(name, member.value) and not (place == "header" and is_of_connection(name)):
                yield (place, name), member


def scheme_names(endpoints: Iterable[Endpoint]) -> dict[Credential, str]:
    """Return what the scheme of each credential is called."""
    found = sorted({credential for endpoint in endpoints for credential, _ in credentials(endpoint)})
    taken: set[str] = set()
    return {(place, name): unique(word(name), taken) for place, name in found}


def scheme(credential: Credential, api_key: str = "apiKey") -> dict[str, Any]:
    """Return the scheme of a credential; `api_key` is the type of all but `authorization`."""
    place, name = credential
    if credential == ("header", "authorization"):
        return {"type": "http", "scheme": "bearer"}
    return {"type": api_key, "in": place, "name": name}


def alternatives(endpoints: Iterable[Endpoint], names: dict[Credential, str]) -> list[list[str]]:
    """Return the sets of schemes that requests had: those that all had, and each of the others besides."""
    found: list[list[str]] = []
    for endpoint in endpoints:
        always = [names[one] for one, member in credentials(endpoint) if member.required]
        others = [names[one] for one, member in credentials(endpoint) if not member.required]
        found += [one for one in (always, *([*always, other] for other in others)) if one not in found]
    return found
