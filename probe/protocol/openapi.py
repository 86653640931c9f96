"""Write a protocol as an OpenAPI 3.2 document, which knows event streams: `itemSchema` is the schema of one event."""

from __future__ import annotations

import re
from typing import Any

from probe.protocol.description import Body, Endpoint, Grammar, Protocol, Response
from probe.protocol.json_schema import Schema, definitions, name_of, schema_of, suffix, word
from probe.protocol.values import Member
from probe.renderers.events import DONE

_NO_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI describes elsewhere, and ignores among the parameters."""
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_EVENT_STREAM = "text/event-stream"


def openapi(protocol: Protocol) -> dict[str, Any]:
    """Return the document; an address that two listeners have is described once, as the first one has it."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in protocol.endpoints:
        path = paths.setdefault(endpoint.path if endpoint.path.startswith("/") else f"/{endpoint.path}", {})
        method = endpoint.method.lower()
        if method in _METHODS:
            path.setdefault(method, _operation(endpoint))
        elif _TOKEN.fullmatch(endpoint.method):
            path.setdefault("additionalOperations", {}).setdefault(endpoint.method, _operation(endpoint))
    return {
        "openapi": "3.2.0",
        "info": {"title": title(protocol), "version": "recorded", "description": about(protocol)},
        "paths": paths,
        "components": {"schemas": dict(definitions(protocol))},
    }


def title(protocol: Protocol) -> str:
    """Return what a document about a protocol is called."""
    return ", ".join(protocol.agents) or "A recorded protocol"


def about(protocol: Protocol) -> str:
    """Return what a document was made from."""
    return f"Read off recordings: {protocol.recordings}, with {protocol.exchanges} exchanges."


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    at = name_of(endpoint)
    operation: dict[str, Any] = {
        "operationId": at,
        "summary": f"{endpoint.api}, in {endpoint.count} exchanges",
        "parameters": _parameters(endpoint),
        "responses": {
            str(response.status): _response(f"{at}.{response.status}", response)
            for response in endpoint.responses
            if response.status is not None
        }
        or {"default": {"description": "None came."}},
    }
    if endpoint.requests:
        whole = sum(body.count for body in endpoint.requests) == endpoint.count
        content = {media_type(body): _media(f"{at}.request", body) for body in endpoint.requests}
        operation["requestBody"] = {"required": whole, "content": content}
    return operation


def media_type(body: Body) -> str:
    """Return a body's media type as a document names it."""
    return body.media_type if re.fullmatch(r"[\w.+*-]+/[\w.+*-]+", body.media_type) else "*/*"


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": schema_of(value)}
        for name, value in endpoint.parameters.items()
    ]
    found += [_parameter(name, "query", member) for name, member in endpoint.query.items()]
    headers = [(name, one) for name, one in endpoint.request_headers.items() if name not in _NO_PARAMETERS]
    return found + [_parameter(name, "header", member) for name, member in headers]


def _parameter(name: str, place: str, member: Member) -> dict[str, Any]:
    return {"name": name, "in": place, "required": member.required, "schema": schema_of(member.value)}


def _response(at: str, response: Response) -> dict[str, Any]:
    found: dict[str, Any] = {"description": f"In {response.count} exchanges."}
    headers = {name: one for name, one in response.headers.items() if name != "content-type"}
    if headers:
        found["headers"] = {
            name: {"required": member.required, "schema": schema_of(member.value)} for name, member in headers.items()
        }
    if response.bodies:
        found["content"] = {media_type(body): _media(at, body) for body in response.bodies}
    return found


def _media(at: str, body: Body) -> dict[str, Any]:
    name = at + suffix(body.media_type)
    found: dict[str, Any] = {}
    if body.value:
        found["schema"] = _reference(name)
    if body.events:
        found["itemSchema"] = _item(name, body.events, as_text=media_type(body) == _EVENT_STREAM)
    return found


def _item(at: str, events: Grammar, *, as_text: bool) -> Schema:
    """Return the schema of one event: that of its fields in an event stream, else that of its data."""
    choices: list[Schema] = []
    for kind in events.kinds:
        data = _reference(f"{at}.{word(kind.direction)}.{word(kind.kind)}")
        if not as_text:
            choices.append(data)
            continue
        text: Schema = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
        properties: dict[str, Schema] = {"data": {"const": DONE} if kind.kind == DONE else text}
        required = ["data"]
        if kind.named and kind.kind != DONE and kind.kind != "message":
            properties["event"] = {"const": kind.kind}
            required.append("event")
        choices.append({"type": "object", "properties": properties, "required": required})
    return {"anyOf": choices}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
