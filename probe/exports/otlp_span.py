"""One span of OTLP as JSON: ids as hex, 64-bit integers as texts, enumerations as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from probe.exports.times import microseconds
from probe.report.summary import Summary

INTERNAL, CLIENT = 1, 3
"""Kinds of spans."""
_ERROR = 2
"""The status code of a span that failed."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One span."""

    trace: str
    key: str
    """What its id is made of: the same at each export of a run."""
    parent: str | None
    """Key of the span that it is in, of the same trace."""
    name: str
    kind: int = INTERNAL
    started: float
    """Epoch seconds."""
    ended: float
    attributes: Mapping[str, Any]
    """A value of None is left out."""
    error: str | None = None
    """What went wrong; None where nothing did."""


def trace_id(summary: Summary, session: int) -> str:
    """Return the id of a session's trace: the same at each export of a run, another for each record."""
    run = summary.run
    identity = f"{summary.proof.traffic_sha256} {run.target}/{run.name} {run.started} {session}"
    return sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def span_json(span: Span) -> dict[str, Any]:
    """Return a span as its JSON is."""
    made = {
        "traceId": span.trace,
        "spanId": _span_id(span.trace, span.key),
        **({"parentSpanId": _span_id(span.trace, span.parent)} if span.parent else {}),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(microseconds(span.started) * 1000),
        "endTimeUnixNano": str(microseconds(max(span.started, span.ended)) * 1000),
        "attributes": attributes_of(span.attributes),
    }
    return made if span.error is None else made | {"status": {"code": _ERROR, "message": span.error}}


def _span_id(trace: str, key: str) -> str:
    return sha256(f"{trace} {key}".encode()).hexdigest()[:16]


def attributes_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return attributes as OTLP has them; a value of None is left out."""
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(one) for one in value]}}
        case _:
            return {"stringValue": str(value)}
