"""The documents that describe a protocol, by the names of their files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from probe.protocol.asyncapi import asyncapi
from probe.protocol.description import Protocol
from probe.protocol.json_schema import bodies_schema
from probe.protocol.markdown import markdown
from probe.protocol.openapi import openapi
from probe.report.plain_text import indented

MARKDOWN, DESCRIPTION = "protocol.md", "protocol.json"
SCHEMA, OPENAPI, ASYNCAPI = "bodies.schema.json", "openapi.json", "asyncapi.json"


def documents(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Yield name and text of each document; AsyncAPI only where there is a WebSocket."""
    yield MARKDOWN, markdown(protocol)
    yield DESCRIPTION, indented(protocol)
    yield SCHEMA, _text(bodies_schema(protocol))
    yield OPENAPI, _text(openapi(protocol))
    sockets = asyncapi(protocol)
    if sockets:
        yield ASYNCAPI, _text(sockets)


def _text(document: Any) -> str:
    # Escaped, since half a surrogate pair has no UTF-8 form.
    return json.dumps(document, indent=2) + "\n"
