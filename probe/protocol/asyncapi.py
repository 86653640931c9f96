"""Write the WebSocket conversations of a protocol as an AsyncAPI 3.1 document, as the agent sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from probe.protocol.client_headers import is_of_connection
from probe.protocol.component_names import Key, component_names, key_of
from probe.protocol.description import Endpoint, EventKind, Protocol
from probe.protocol.json_schema import definitions, schema_of
from probe.protocol.openapi import about
from probe.protocol.security import alternatives, credentials, scheme, scheme_names
from probe.protocol.servers import asyncapi_server, origins
from probe.protocol.values import Member

Names = Mapping[Key, str]


def asyncapi(protocol: Protocol) -> dict[str, Any] | None:
    """Return the document; None where there is no WebSocket conversation."""
    sockets = [one for one in protocol.endpoints if one.messages]
    if not sockets:
        return None
    names, known, schemes = component_names(protocol), dict(definitions(protocol)), scheme_names(sockets)
    messages = {_name(names, one, kind): kind for one in sockets for kind in _kinds(one)}
    servers = {origin: f"server_{number}" for number, origin in enumerate(origins(sockets), 1)}
    components: dict[str, Any] = {
        "messages": {name: _message(name, kind) for name, kind in messages.items()},
        "schemas": {name: known[name] for name in messages},
    }
    if schemes:
        components["securitySchemes"] = {name: scheme(one, "httpApiKey") for one, name in schemes.items()}
    operations: dict[str, Any] = {}
    for one in sockets:
        security = [name for each in alternatives([one], schemes) for name in each]
        operations |= _operations(one, names, [*dict.fromkeys(security)])
    return {
        "asyncapi": "3.1.0",
        "info": {"title": protocol.title, "version": "recorded", "description": about(protocol)},
        "defaultContentType": "application/json",
        "servers": {name: asyncapi_server(origin) for origin, name in servers.items()},
        "channels": {names[key_of(one)]: _channel(one, names, servers) for one in sockets},
        "operations": operations,
        "components": components,
    }


def _kinds(endpoint: Endpoint) -> list[EventKind]:
    """Return the kinds of messages that are text."""
    return [kind for kind in (endpoint.messages.kinds if endpoint.messages else ()) if kind.value.count]


def _name(names: Names, endpoint: Endpoint, kind: EventKind) -> str:
    return names[key_of(endpoint, "message", kind.direction, kind.kind)]


def _channel(endpoint: Endpoint, names: Names, servers: Mapping[str, str]) -> dict[str, Any]:
    binding: dict[str, Any] = {"method": endpoint.method, "bindingVersion": "0.1.0"}
    secret = {one for one, _ in credentials(endpoint)}
    query = {name: one for name, one in endpoint.query.items() if ("query", name) not in secret}
    headers = {
        name: one
        for name, one in endpoint.request_headers.items()
        if ("header", name) not in secret and not is_of_connection(name)
    }
    for name, members in (("query", query), ("headers", headers)):
        if members:
            binding[name] = _fields(members)
    messages = [_name(names, endpoint, kind) for kind in _kinds(endpoint)]
    channel: dict[str, Any] = {
        "address": endpoint.path,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": binding},
    }
    if endpoint.origins:
        channel["servers"] = [{"$ref": f"#/servers/{servers[origin]}"} for origin in endpoint.origins]
    if endpoint.listener:
        channel["x-listener"] = endpoint.listener
    if endpoint.parameters:
        channel["parameters"] = {name: {} for name in endpoint.parameters}
    return channel


def _fields(members: Mapping[str, Member]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: schema_of(member.value) for name, member in members.items()},
        "required": [name for name, member in members.items() if member.required],
    }


def _operations(endpoint: Endpoint, names: Names, security: Sequence[str]) -> dict[str, Any]:
    channel = names[key_of(endpoint)]
    found: dict[str, Any] = {}
    for action, direction in (("send", "client"), ("receive", "server")):
        messages = [_name(names, endpoint, kind) for kind in _kinds(endpoint) if kind.direction == direction]
        if messages:
            operation = found[f"{channel}_{action}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
            }
            if security:
                operation["security"] = [{"$ref": f"#/components/securitySchemes/{name}"} for name in security]
    return found


def _message(name: str, kind: EventKind) -> dict[str, Any]:
    return {
        "name": kind.kind,
        "summary": f"{kind.count} times",
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }
