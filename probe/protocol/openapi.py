"""Write a protocol as an OpenAPI 3.2 document, which knows event streams: `itemSchema` is the schema of one event.

What several listeners have at one address is one operation: any of their bodies, and what all of them have is required.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from probe.protocol.component_names import Key, component_names, key_of
from probe.protocol.description import Endpoint, Protocol, Response
from probe.protocol.json_schema import definitions
from probe.protocol.openapi_content import Bodies, content
from probe.protocol.openapi_members import headers, parameters
from probe.protocol.security import alternatives, scheme, scheme_names
from probe.protocol.servers import openapi_servers

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


def openapi(protocol: Protocol) -> dict[str, Any]:
    """Return the document."""
    names, schemes = component_names(protocol), scheme_names(protocol.endpoints)
    servers = openapi_servers(protocol.endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), endpoints in _by_address(protocol).items():
        operation = _operation(endpoints, names)
        if security := alternatives(endpoints, schemes):
            operation["security"] = [{name: [] for name in one} for one in security]
        if (own := openapi_servers(endpoints)) != servers:
            operation["servers"] = own
        inner = paths.setdefault(path, {})
        if method not in _METHODS:
            inner = inner.setdefault("additionalOperations", {})
        inner[method] = operation
    used = _referenced(paths)
    schemas = {name: schema for name, schema in definitions(protocol) if name in used}
    components: dict[str, Any] = {"schemas": schemas}
    if schemes:
        components["securitySchemes"] = {name: scheme(one) for one, name in schemes.items()}
    return {
        "openapi": "3.2.0",
        "info": {"title": protocol.title, "version": "recorded", "description": about(protocol)},
        "servers": servers,
        "paths": paths,
        "components": components,
    }


def about(protocol: Protocol) -> str:
    """Return what a document was made from."""
    return f"Read off recordings: {protocol.recordings}, with {protocol.exchanges} exchanges."


def _by_address(protocol: Protocol) -> dict[tuple[str, str], list[Endpoint]]:
    """Return the endpoints at each path and method."""
    found: dict[tuple[str, str], list[Endpoint]] = {}
    for endpoint in protocol.endpoints:
        path = endpoint.path if endpoint.path.startswith("/") else f"/{endpoint.path}"
        method = endpoint.method.lower()
        if method in _METHODS:
            found.setdefault((path, method), []).append(endpoint)
        elif _TOKEN.fullmatch(endpoint.method):
            found.setdefault((path, endpoint.method), []).append(endpoint)
    return found


def _operation(endpoints: Sequence[Endpoint], names: Mapping[Key, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": names[key_of(endpoints[0])],
        "summary": "; ".join(f"{one.api}, in {one.count} exchanges" for one in endpoints),
    }
    if listeners := sorted({one.listener for one in endpoints if one.listener}):
        operation["x-listener"] = listeners
    operation["parameters"] = parameters(endpoints)
    requests: Bodies = [(body, key_of(one, "request", body.media_type)) for one in endpoints for body in one.requests]
    if requests:
        whole = sum(body.count for body, _ in requests) == sum(one.count for one in endpoints)
        operation["requestBody"] = {"required": whole, "content": content(requests, names)}
    operation["responses"] = _responses(endpoints, names)
    return operation


def _responses(endpoints: Sequence[Endpoint], names: Mapping[Key, str]) -> dict[str, Any]:
    by_status: dict[int, list[tuple[Endpoint, Response]]] = {}
    for endpoint in endpoints:
        for response in endpoint.responses:
            if response.status is not None:
                by_status.setdefault(response.status, []).append((endpoint, response))
    found = {str(status): _response(by_status[status], names) for status in sorted(by_status)}
    return found or {"default": {"description": "None came."}}


def _response(alike: Sequence[tuple[Endpoint, Response]], names: Mapping[Key, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": f"In {sum(one.count for _, one in alike)} exchanges."}
    if members := headers([one.headers for _, one in alike]):
        found["headers"] = members
    bodies: Bodies = [
        (body, key_of(endpoint, str(one.status), body.media_type)) for endpoint, one in alike for body in one.bodies
    ]
    if bodies:
        found["content"] = content(bodies, names)
    return found


def _referenced(document: Any) -> set[str]:
    """Return the names of all components that a document refers to."""
    found: set[str] = set()
    for key, one in document.items() if isinstance(document, dict) else enumerate(document):
        if key == "$ref":
            found.add(one.rpartition("/")[2])
        elif isinstance(one, dict | list):
            found |= _referenced(one)
    return found
