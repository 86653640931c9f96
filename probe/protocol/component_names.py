"""Name the components of documents with letters, digits and underscores alone, as generators of code need it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.protocol.description import Endpoint, Grammar, Protocol
from probe.protocol.values import Value

JSON = "application/json"
Key = tuple[str, ...]
"""What a component describes: an endpoint, then `request` or a status, a media type, a direction and a kind."""


def key_of(endpoint: Endpoint, *parts: str) -> Key:
    """Return the key of an endpoint, or of a part of it."""
    return (endpoint.listener or "", endpoint.name, endpoint.method, *parts)


def components(protocol: Protocol) -> Iterator[tuple[Key, Value | None]]:
    """Yield each endpoint, body, event and message with its values; None where it has no schema."""
    for endpoint in protocol.endpoints:
        yield key_of(endpoint), None
        for body in endpoint.requests:
            yield key_of(endpoint, "request", body.media_type), body.value
        for response in endpoint.responses:
            for body in response.bodies:
                at = key_of(endpoint, str(response.status), body.media_type)
                yield at, body.value
                yield from _events(at, body.events)
        yield from _events(key_of(endpoint, "message"), endpoint.messages)


def _events(at: Key, events: Grammar | None) -> Iterator[tuple[Key, Value | None]]:
    for kind in events.kinds if events else ():
        yield (*at, kind.direction, kind.kind), kind.value if kind.value.count else None


def component_names(protocol: Protocol) -> dict[Key, str]:
    """Return the name of each component: no two are alike, in the case of their letters neither."""
    names: dict[Key, str] = {}
    taken: set[str] = set()
    for key, _ in components(protocol):
        listener, endpoint, _, *parts = key
        name = word("_".join(part for part in (listener, endpoint, *parts) if part and part != JSON))
        names[key] = unique(name, taken)
    return names


def unique(name: str, taken: set[str]) -> str:
    """Return a name that differs from all that are taken, and take it; generators leave case and underscores out."""
    found, number = name, 1
    while (plain := found.replace("_", "").lower()) in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(plain)
    return found


def word(text: str) -> str:
    """Return a text as a name is written."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return name if name[:1].isalpha() else f"at_{name}"
