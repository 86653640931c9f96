"""What two listeners have at one address is in each document, and everything that either recorded fits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV32SpecValidator

from probe.protocol.asyncapi import asyncapi
from probe.protocol.describing import described
from probe.protocol.description import Protocol
from probe.protocol.json_schema import DIALECT
from probe.protocol.markdown import markdown
from probe.protocol.openapi import openapi
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.reading import protocol_of
from probe.renderers.loader import AUTO, load_renderer
from probe.slots.slots import Slots
from probe.trace.trace import read_trace
from tests.protocol.recorded import RECORDS, of_exchange, statistics_of


def _listening(case: str, listener: str, folder: Path, **headers: str) -> Path:
    """Write a record as that of another listener, with more headers in each request."""
    path = folder / f"{listener}.jsonl"
    with path.open("w") as out:
        for line in RECORDS[case].read_text().splitlines():
            exchange = json.loads(line)
            exchange["listener"] = listener
            exchange["request"]["headers"] |= headers
            out.write(json.dumps(exchange) + "\n")
    return path


def _both(*records: Path) -> Protocol:
    whole = ProtocolStatistics()
    for one in records:
        whole.merge(statistics_of(one))
    return described(whole)


@pytest.fixture
def records(tmp_path: Path) -> list[Path]:
    both = {"anthropic-version": "2023-06-01", "x-api-key": "[REDACTED:0a1b2c3d]"}
    return [
        _listening("anthropic_messages/streamed-tool-loop", "model", tmp_path, **both, **{"x-app": "cli"}),
        _listening(
            "anthropic_messages/whole-json-answer", "other", tmp_path, **both, **{"x-session-key": "[REDACTED]"}
        ),
    ]


def test_an_operation_names_all_listeners_and_requires_what_all_of_them_send(records: list[Path]) -> None:
    document = openapi(_both(*records))
    operation = document["paths"]["/v1/messages"]["post"]
    assert operation["x-listener"] == ["model", "other"]
    required = {one["name"]: one["required"] for one in operation["parameters"]}
    assert required == {"beta": False, "x-app": False, "anthropic-version": True}
    assert operation["security"] == [{"x_api_key": []}, {"x_api_key": [], "x_session_key": []}]
    assert document["components"]["securitySchemes"]["x_api_key"] == {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
    }
    assert [*OpenAPIV32SpecValidator(document).iter_errors()] == []
    assert {f'"#/components/schemas/{name}"' for name in document["components"]["schemas"]} <= {
        part.split("}")[0].split(",")[0].strip() for part in json.dumps(document).split('"$ref":')
    }


def test_every_recorded_body_and_event_fits_the_one_operation(records: list[Path]) -> None:
    document = openapi(_both(*records))
    found: list[tuple[tuple[str, ...], Any]] = []
    for path in records:
        read_trace(path, load_renderer(AUTO), on_exchange=lambda traced, facts, new: found.extend(of_exchange(traced)))
    assert {key[0] for key, _ in found} == {"model", "other"}
    for key, value in found:
        schema = {"$schema": DIALECT, "components": document["components"], **_schema(document, key)}
        error = next(jsonschema_rs.validator_for(schema).iter_errors(value), None)
        assert error is None, f"{key}: {error.message}"


def _schema(document: dict[str, Any], key: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema that a document has for a body or an event."""
    _, endpoint, _, side, media_type, *event = key
    method, _, path = endpoint.partition(" ")
    operation = document["paths"][path][method.lower()]
    body = operation["requestBody"] if side == "request" else operation["responses"][side]
    content = body["content"][media_type]
    if not event:
        return {"allOf": [content["schema"]]}
    return {"anyOf": [one["properties"]["data"]["contentSchema"] for one in content["itemSchema"]["anyOf"]]}


def test_each_heading_names_its_listener(records: list[Path]) -> None:
    headings = [line for line in markdown(_both(*records)).splitlines() if line.startswith("## POST")]
    assert headings == ["## POST /v1/messages, listener model", "## POST /v1/messages, listener other"]


def test_each_heading_names_its_agents() -> None:
    whole = ProtocolStatistics()
    for agent, case in (("one 1", "codex/tool-loop"), ("two 2", "codex/tool-loop-websocket")):
        whole.merge(protocol_of(RECORDS[case], load_renderer(AUTO), Slots(), agent=agent))
    headings = [line for line in markdown(described(whole)).splitlines() if " /v1/responses" in line and "## " in line]
    assert headings == ["## WS /v1/responses, two 2", "## POST /v1/responses, one 1"]


def test_each_listener_has_its_own_channel(tmp_path: Path) -> None:
    case = "codex/tool-loop-websocket"
    document = asyncapi(_both(*[_listening(case, name, tmp_path) for name in ("a-b", "a_b")]))
    assert document
    assert {name: one["x-listener"] for name, one in document["channels"].items()} == {
        "a_b_WS_v1_responses": "a-b",
        "a_b_WS_v1_responses_2": "a_b",
    }
    assert len(document["operations"]) == 4
