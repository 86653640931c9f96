"""Exported spans are OpenTelemetry's own: its messages, its names, its types, and the numbers of the report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes, service_attributes
from opentelemetry.semconv.attributes import error_attributes, server_attributes
from opentelemetry.semconv.schemas import Schemas
from opentelemetry.util.genai import types
from pydantic import TypeAdapter

from probe.exports import gen_ai_names as names
from probe.exports import otlp
from tests.exports.exporting import EVERY, KNOWN, case, priced
from tests.support.otlp import PROTOBUF, Receiver, attributes, parsed

USAGE = {
    "input": names.USAGE_INPUT_TOKENS,
    "output": names.USAGE_OUTPUT_TOKENS,
    "cache_read": names.USAGE_CACHE_READ,
    "cache_write": names.USAGE_CACHE_CREATION,
    "reasoning": names.USAGE_REASONING,
    "total": "agent_probe.usage.total_tokens",
}
PARTS: dict[str, Any] = {
    "text": types.TextPart,
    "reasoning": types.ReasoningPart,
    "tool_call": types.ToolCallRequestPart,
    "tool_call_response": types.ToolCallResponsePart,
    "uri": types.UriPart,
    "file": types.FilePart,
}
"""The conventions' types of parts; any other name is a generic part, which they allow."""


def spans_of(name: str) -> Sequence[Span]:
    """Return the spans of a run, each parsed by the official messages."""
    found = _spans(name)
    assert {scope.schema_url for scope in found} <= {names.SCHEMA_URL}
    return [span for scope in found for span in scope.spans]


@cache
def _spans(name: str) -> list[ScopeSpans]:
    one = case(name)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        priced(patch, Path(folder))
        otlp.export(one.run, one.target, Path(folder, "spans.jsonl"))
        sent = [parsed(line) for line in Path(folder, "spans.jsonl").read_bytes().splitlines()]
    return [scope for data in sent for resource in data.resource_spans for scope in resource.scope_spans]


def calls(spans: Sequence[Span]) -> list[tuple[Span, dict[str, Any]]]:
    """Return the spans of calls of a model, with their attributes."""
    return [(span, attributes(span)) for span in spans if span.kind == Span.SPAN_KIND_CLIENT]


@pytest.mark.parametrize("name", KNOWN)
def test_the_numbers_of_the_spans_are_those_of_the_report(name: str) -> None:
    check_numbers(name)


def check_numbers(name: str) -> None:
    """Compare spans with the summary of the same run."""
    found, summary = calls(spans_of(name)), case(name).summary
    counts = summary.counts
    assert len(found) == counts.turns + counts.side_requests + counts.failed_tries
    for field, attribute in USAGE.items():
        reported = [values[attribute] for _, values in found if attribute in values]
        assert (sum(reported) if reported else None) == getattr(summary.tokens, field), field
    dollars = [values["agent_probe.cost_usd"] for _, values in found if "agent_probe.cost_usd" in values]
    assert sum(dollars) == pytest.approx(summary.cost.dollars or 0)
    turns = {one.number: one for one in summary.turns}
    for span, values in found:
        turn = turns[values["agent_probe.turn"]]
        if "agent_probe.failed_try" not in values:
            assert span.start_time_unix_nano == pytest.approx(turn.started * 1e9, abs=2000)
            assert span.end_time_unix_nano == pytest.approx((turn.ended or turn.started) * 1e9, abs=2000)
            assert (values.get(names.REQUEST_MODEL), values.get(names.RESPONSE_ID)) == (turn.model, turn.response_id)


@pytest.mark.parametrize("name", KNOWN)
def test_each_span_is_in_one_that_exists_and_no_id_is_used_twice(name: str) -> None:
    spans = spans_of(name)
    known = {(span.trace_id, span.span_id) for span in spans}
    assert len(known) == len(spans)
    assert {len(span.trace_id) for span in spans} <= {16}
    assert {len(span.span_id) for span in spans} <= {8}
    lost = [span.name for span in spans if span.parent_span_id and (span.trace_id, span.parent_span_id) not in known]
    assert lost == []
    agents = [span for span in spans if span.name.startswith(names.INVOKE_AGENT)]
    assert len(agents) == len(case(name).summary.threads)
    assert [span.name for span in spans if not span.parent_span_id and span not in agents] == []


@pytest.mark.parametrize("name", KNOWN)
def test_what_was_said_is_of_the_conventions_own_types(name: str) -> None:
    check_messages(spans_of(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_the_spans_of_any_record_are_valid(name: str) -> None:
    check_messages(spans_of(name))
    check_numbers(name)


def check_messages(spans: Sequence[Span]) -> None:
    """Build the conventions' own objects of all that calls sent and got."""
    for _, values in calls(spans):
        for message in json.loads(values.get(names.INPUT_MESSAGES, "[]")):
            assert types.InputMessage(**message).role
            check_parts(message["parts"])
        for message in json.loads(values.get(names.OUTPUT_MESSAGES, "[]")):
            assert types.OutputMessage(**message).finish_reason
            check_parts(message["parts"])
        check_parts(json.loads(values.get(names.SYSTEM_INSTRUCTIONS, "[]")))
        for tool in json.loads(values.get(names.TOOL_DEFINITIONS, "[]")):
            kind = types.FunctionToolDefinition if tool["type"] == "function" else types.GenericToolDefinition
            TypeAdapter(kind).validate_python({"description": None, "parameters": None, **tool})


def check_parts(parts: Sequence[dict[str, Any]]) -> None:
    """Build the conventions' own objects of parts."""
    for part in parts:
        assert isinstance(part["type"], str)
        if part["type"] in PARTS:
            TypeAdapter(PARTS[part["type"]]).validate_python(part)


def test_a_receiver_takes_every_line_as_json_and_as_protobuf(tmp_path: Path) -> None:
    one, receiver = case("demo/sample"), Receiver()
    otlp.export(one.run, one.target, tmp_path / "spans.jsonl")
    lines = (tmp_path / "spans.jsonl").read_bytes().splitlines()

    async def send() -> None:
        async with receiver.running() as url, aiohttp.ClientSession() as client:
            for line in lines:
                for body, kind in ((line, "application/json"), (parsed(line).SerializeToString(), PROTOBUF)):
                    async with client.post(url, data=body, headers={"content-type": kind}) as answer:
                        assert answer.status == 200, await answer.text()

    asyncio.run(asyncio.wait_for(send(), 30))
    assert receiver.spans[0::2] == receiver.spans[1::2]
    assert [span.name for span in receiver.spans[0::2]] == [
        *("invoke_agent demo", "chat demo-1", "execute_tool write_file"),
        *("chat demo-1", "execute_tool shell", "chat demo-1"),
    ]


def test_every_name_is_in_the_released_conventions() -> None:
    released = {
        value
        for module in (gen_ai_attributes, service_attributes, error_attributes, server_attributes)
        for value in vars(module).values()
        if isinstance(value, str)
    }
    ours = {value for name, value in vars(names).items() if name.isupper() and "." in value} - {
        names.SCHEMA_URL,
        names.OWN,
    }
    assert len(ours) > 35
    assert ours - released == set()
    assert names.SCHEMA_URL in {one.value for one in Schemas}
    operations = {one.value for one in gen_ai_attributes.GenAiOperationNameValues}
    assert {names.CHAT, names.GENERATE_CONTENT, names.INVOKE_AGENT, names.EXECUTE_TOOL} <= operations


def test_the_input_of_anthropic_has_the_tokens_of_its_cache() -> None:
    record = EVERY["anthropic_messages/streamed-tool-loop"].read_text()
    assert all(
        words in record for words in ('"input_tokens\\": 12, ', '_input_tokens\\": 300, ', '_input_tokens\\": 2000, ')
    )
    first, second = (values for _, values in calls(spans_of("anthropic_messages-streamed-tool-loop")))
    assert first[names.USAGE_INPUT_TOKENS] == 12 + 300 + 2000
    assert (first[names.USAGE_CACHE_CREATION], first[names.USAGE_CACHE_READ]) == (300, 2000)
    assert second[names.USAGE_INPUT_TOKENS] == 20 + 2300
    assert (first[names.PROVIDER_NAME], first[names.RESPONSE_FINISH_REASONS]) == ("anthropic", ["tool_call"])


def test_tools_that_are_sent_in_a_message_are_definitions_too() -> None:
    found = [values for _, values in calls(spans_of("codex/tool-loop-websocket"))]
    (tools,) = (json.loads(one[names.TOOL_DEFINITIONS]) for one in found if names.TOOL_DEFINITIONS in one)
    assert len(tools) > 5
    assert tools[0]["name"] == "functions.exec"


def test_a_sub_agent_is_within_the_call_that_started_it() -> None:
    spans = {span.span_id: span for span in spans_of("a-sub-agent-beside-its-parent")}
    inner = [one for one in spans.values() if one.name.startswith(names.INVOKE_AGENT) and one.parent_span_id]
    assert [spans[one.parent_span_id].name for one in inner] == ["execute_tool delegate"]
    task = spans[inner[0].parent_span_id]
    assert task.start_time_unix_nano <= inner[0].start_time_unix_nano <= inner[0].end_time_unix_nano
    assert inner[0].end_time_unix_nano <= task.end_time_unix_nano


def test_a_failed_call_and_its_next_try_are_two_spans() -> None:
    found = calls(spans_of("retries-that-fail-then-succeed"))
    failed = [(span, values) for span, values in found if values.get("agent_probe.failed_try")]
    assert failed
    assert {span.status.code for span, _ in failed} == {Status.STATUS_CODE_ERROR}
    assert {values[names.ERROR_TYPE] for _, values in failed} <= {"429", "500", "503", "529", "no_response"}
    tried = {values["agent_probe.turn"] for _, values in failed}
    assert tried <= {values["agent_probe.turn"] for _, values in found if "agent_probe.failed_try" not in values}


def test_an_export_is_the_same_each_time(tmp_path: Path) -> None:
    one = case("demo/sample")
    otlp.export(one.run, one.target, tmp_path / "one")
    otlp.export(one.run, one.target, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600


def test_what_spans_do_not_hold_is_said(tmp_path: Path) -> None:
    one = case("side-requests-and-other-exchanges")
    said = otlp.export(one.run, one.target, tmp_path / "spans.jsonl")
    assert any("call no model" in sentence for sentence in said)
    one = case("malformed-lines")
    assert any("no exchange" in sentence for sentence in otlp.export(one.run, one.target, tmp_path / "spans.jsonl"))
