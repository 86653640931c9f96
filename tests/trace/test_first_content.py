"""The first token is the first piece of content: what announces an item, a block or a role is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.exchange import Exchange, Request, Response
from probe.renderers.loader import AUTO, load_renderer
from probe.trace.trace import read_trace
from tests.support.bundled import RECORDS
from tests.trace.tracing import traced


def _responses(*events: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    end = {"type": "response.completed", "response": {"id": "r", "status": "completed"}}
    return "/v1/responses", [{"type": "response.created", "response": {"id": "r"}}, *events, end]


def _messages(*events: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    start = {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": {}}}
    stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
    return "/v1/messages", [start, *events, stop, {"type": "message_stop"}]


def _chunks(*deltas: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    chunks = [{"id": "c", "choices": [{"index": 0, "delta": one, "finish_reason": None}]} for one in deltas]
    last = {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return "/v1/chat/completions", [*chunks, last]


def _candidates(*parts: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    pieces = [{"candidates": [{"content": {"role": "model", "parts": [one]}}]} for one in parts]
    return "/v1beta/models/m:streamGenerateContent", [*pieces, {"candidates": [{"finishReason": "STOP"}]}]


def _block(kind: str, **delta: str) -> list[dict[str, Any]]:
    start = {"type": kind, **({"text": ""} if kind == "text" else {"id": "t", "name": "n", "input": {}})}
    return [
        {"type": "content_block_start", "index": 0, "content_block": start},
        *({"type": "content_block_delta", "index": 0, "delta": delta | {name: one}}
          for name, text in delta.items() if name != "type" for one in ("", text)),
        {"type": "content_block_stop", "index": 0},
    ]  # fmt: skip


_CALL = {"id": "i", "type": "function_call", "call_id": "c", "name": "n", "arguments": ""}
_REASONING = {"id": "i", "type": "reasoning", "summary": []}
CASES: dict[str, tuple[tuple[str, list[dict[str, Any]]], int | None]] = {
    "responses: reasoning": (
        _responses(
            {"type": "response.output_item.added", "output_index": 0, "item": _REASONING},
            {"type": "response.reasoning_summary_part.added", "output_index": 0, "item_id": "i", "summary_index": 0,
             "part": {"type": "summary_text", "text": ""}},
            {"type": "response.reasoning_summary_text.delta", "output_index": 0, "item_id": "i", "summary_index": 0,
             "delta": "so"},
        ), 3,
    ),
    "responses: a call": (
        _responses(
            {"type": "response.output_item.added", "output_index": 0, "item": _CALL},
            {"type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "i", "delta": ""},
            {"type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "i", "delta": "{}"},
        ), 3,
    ),
    "responses: an item without deltas": (
        _responses(
            {"type": "response.output_item.added", "output_index": 0, "item": _CALL},
            {"type": "response.output_item.done", "output_index": 0, "item": {**_CALL, "arguments": "{}"}},
        ), 2,
    ),
    "responses: nothing but a frame": (
        (_responses({"type": "response.output_item.added", "output_index": 0, "item": _CALL})[0],
         _responses({"type": "response.output_item.added", "output_index": 0, "item": _CALL})[1][:-1]), None,
    ),
    "messages: text": (_messages(*_block("text", type="text_delta", text="a")), 3),
    "messages: a call": (_messages(*_block("tool_use", type="input_json_delta", partial_json="{}")), 3),
    "messages: a result that comes whole": (
        _messages({"type": "content_block_start", "index": 0, "content_block": {
            "type": "web_search_tool_result", "tool_use_id": "t", "content": [{"type": "web_search_result"}]}}), 1,
    ),
    "chat: text": (_chunks({"role": "assistant", "content": ""}, {"content": "a"}), 1),
    "chat: reasoning": (_chunks({"role": "assistant", "content": ""}, {"reasoning_content": "a"}), 1),
    "chat: a call": (
        _chunks(
            {"role": "assistant", "content": None,
             "tool_calls": [{"index": 0, "id": "t", "type": "function", "function": {"name": "n", "arguments": ""}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        ), 1,
    ),
    "gemini: text": (_candidates({"text": ""}, {"text": "a"}), 1),
    "gemini: a call": (_candidates({"functionCall": {"name": "n", "args": {}}}), 0),
}  # fmt: skip
ASKED = {"model": "m", "messages": [], "input": "x", "contents": []}


@pytest.mark.parametrize("case", CASES)
def test_the_first_token_is_the_first_piece_with_content(case: str) -> None:
    (path, events), expected = CASES[case]
    texts = [f"data: {json.dumps(event)}\n\n" for event in events]
    pieces = [(100.0 + number, sum(map(len, texts[:number]))) for number in range(len(texts))]
    exchange = Exchange(
        timestamp=1.0,
        request=Request(method="POST", url=f"https://api.example{path}", body=ASKED),
        response=Response(status_code=200, headers={"content-type": "text/event-stream"}, body="".join(texts),
                          body_kind="sse", pieces=pieces, ended=200.0),
    )  # fmt: skip
    (turn,) = traced(exchange).turns
    assert turn.first_part == (None if expected is None else 100.0 + expected)


def test_a_recorded_websocket_had_its_first_token_when_the_first_text_came() -> None:
    turn = read_trace(RECORDS["codex/tool-loop-websocket"], load_renderer(AUTO)).turns[1]
    assert turn.first_part is not None
    assert round(turn.first_part - turn.started, 3) == 0.086
