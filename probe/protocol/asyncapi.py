"""Write the WebSocket conversations of a protocol as an AsyncAPI 3.1 document, as the agent sees them."""

from __future__ import annotations

from typing import Any

from probe.protocol.description import Endpoint, EventKind, Protocol
from probe.protocol.json_schema import definitions, name_of, schema_of, word
from probe.protocol.openapi import about, title
from probe.protocol.values import Member


def asyncapi(protocol: Protocol) -> dict[str, Any] | None:
    """Return the document; None where there is no WebSocket conversation."""
    sockets = [one for one in protocol.endpoints if one.messages]
    if not sockets:
        return None
    known = dict(definitions(protocol))
    return {
        "asyncapi": "3.1.0",
        "info": {"title": title(protocol), "version": "recorded", "description": about(protocol)},
        "defaultContentType": "application/json",
        "channels": {name_of(one): _channel(one) for one in sockets},
        "operations": {name: operation for one in sockets for name, operation in _operations(one).items()},
        "components": {
            "messages": {_name(one, kind): _message(one, kind) for one in sockets for kind in _kinds(one)},
            "schemas": {_name(one, kind): known[_name(one, kind)] for one in sockets for kind in _kinds(one)},
        },
    }


def _kinds(endpoint: Endpoint) -> list[EventKind]:
    """Return the kinds of messages that are text."""
    return [kind for kind in (endpoint.messages.kinds if endpoint.messages else ()) if kind.value.count]


def _name(endpoint: Endpoint, kind: EventKind) -> str:
    return f"{name_of(endpoint)}.message.{word(kind.direction)}.{word(kind.kind)}"


def _channel(endpoint: Endpoint) -> dict[str, Any]:
    binding: dict[str, Any] = {"method": endpoint.method, "bindingVersion": "0.1.0"}
    for name, members in (("query", endpoint.query), ("headers", endpoint.request_headers)):
        if members:
            binding[name] = _fields(members)
    channel: dict[str, Any] = {
        "address": endpoint.path,
        "messages": {
            _name(endpoint, kind): {"$ref": f"#/components/messages/{_name(endpoint, kind)}"}
            for kind in _kinds(endpoint)
        },
        "bindings": {"ws": binding},
    }
    if endpoint.parameters:
        channel["parameters"] = {name: {} for name in endpoint.parameters}
    return channel


def _fields(members: dict[str, Member]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: schema_of(member.value) for name, member in members.items()},
        "required": [name for name, member in members.items() if member.required],
    }


def _operations(endpoint: Endpoint) -> dict[str, Any]:
    channel = name_of(endpoint)
    found = {}
    for action, direction in (("send", "client"), ("receive", "server")):
        names = [_name(endpoint, kind) for kind in _kinds(endpoint) if kind.direction == direction]
        if names:
            found[f"{channel}.{action}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
            }
    return found


def _message(endpoint: Endpoint, kind: EventKind) -> dict[str, Any]:
    return {
        "name": kind.kind,
        "summary": f"{kind.count} times",
        "payload": {"$ref": f"#/components/schemas/{_name(endpoint, kind)}"},
    }
