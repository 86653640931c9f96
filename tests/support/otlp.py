"""OpenTelemetry's side of an export: the official messages, and a receiver of them on loopback."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PROTOBUF = "application/x-protobuf"
_IDS = ("traceId", "spanId", "parentSpanId")


def parsed(line: str | bytes) -> ExportTraceServiceRequest:
    """Return the message that a line is: another member, or a value of another type, is an error."""
    data = json.loads(line)
    for resource in data["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                # OTLP writes ids as hex where the JSON of protobuf has base64.
                span |= {name: base64.b64encode(bytes.fromhex(span[name])).decode() for name in _IDS if name in span}
    return json_format.ParseDict(data, ExportTraceServiceRequest(), ignore_unknown_fields=False)


class Receiver:
    """Takes spans over HTTP as a collector does, as protobuf or as JSON."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    async def _traces(self, request: web.Request) -> web.Response:
        body = await request.read()
        sent = ExportTraceServiceRequest.FromString(body) if request.content_type == PROTOBUF else parsed(body)
        self.spans += [span for one in sent.resource_spans for scope in one.scope_spans for span in scope.spans]
        if request.content_type == PROTOBUF:
            return web.Response(body=ExportTraceServiceResponse().SerializeToString(), content_type=PROTOBUF)
        return web.json_response({})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Run on loopback; the value is the address for traces."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/traces", self._traces)
        async with TestServer(app, host="127.0.0.1") as server:
            yield str(server.make_url("/v1/traces"))


def attributes(span: Span) -> dict[str, Any]:
    """Return a span's attributes as plain values."""
    found: dict[str, Any] = {}
    for one in span.attributes:
        kind = one.value.WhichOneof("value")
        value = getattr(one.value, str(kind))
        found[one.key] = [item.string_value for item in value.values] if kind == "array_value" else value
    return found
