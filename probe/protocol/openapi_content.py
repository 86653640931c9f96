"""Write bodies and streams by their media types, as OpenAPI wants them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from probe.protocol.component_names import Key
from probe.protocol.description import Body, Grammar
from probe.protocol.json_schema import Schema
from probe.protocol.openapi_members import any_of
from probe.renderers.events import DONE

_EVENT_STREAM = "text/event-stream"
Bodies = Sequence[tuple[Body, Key]]
"""Bodies, each with the key of its component."""


def content(bodies: Bodies, names: Mapping[Key, str]) -> dict[str, Any]:
    """Return the content of requests or answers; bodies of one media type are any of these."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(_media_type(body) for body, _ in bodies):
        alike = [(body, key) for body, key in bodies if _media_type(body) == name]
        media = found[name] = {}
        if schemas := [_reference(names[key]) for body, key in alike if body.value]:
            media["schema"] = any_of(schemas)
        if items := [one for body, key in alike for one in _items(key, body.events, names, name == _EVENT_STREAM)]:
            media["itemSchema"] = {"anyOf": items}
    return found


def _media_type(body: Body) -> str:
    """Return a body's media type as a document names it."""
    return body.media_type if re.fullmatch(r"[\w.+*-]+/[\w.+*-]+", body.media_type) else "*/*"


def _items(at: Key, events: Grammar | None, names: Mapping[Key, str], as_text: bool) -> Iterator[Schema]:
    """Yield the schema of each kind of event: that of its fields in an event stream, else that of its data."""
    for kind in events.kinds if events else ():
        data = _reference(names[*at, kind.direction, kind.kind]) if kind.value.count else {}
        if not as_text:
            yield data
            continue
        text: Schema = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
        properties: dict[str, Schema] = {"data": {"const": DONE} if kind.kind == DONE else text}
        required = ["data"]
        if kind.named and kind.kind != DONE and kind.kind != "message":
            properties["event"] = {"const": kind.kind}
            required.append("event")
        yield {"type": "object", "properties": properties, "required": required}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
