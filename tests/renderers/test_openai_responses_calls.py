"""Calls of the Responses API: what they ask for, which messages belong together, when an answer is complete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from probe.renderers.api import Answer, Asked, Kind
from probe.renderers.events import Stream
from probe.renderers.json_reader import Json, json_of
from probe.renderers.openai_responses import API
from tests.renderers.reading import paths, places, read_answer, read_request, read_split, unknowns

FIRST = {"type": "message", "role": "user", "content": "first"}


def events(name: str) -> list[str]:
    """Return the data of an answer's events; `name` is the response's id and its text."""
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": name}]}
    return [
        json.dumps({"type": "response.created", "response": {"id": name}}),
        json.dumps({"type": "response.output_item.done", "item": message}),
        json.dumps({"type": "response.completed", "response": {"id": name, "output": [message]}}),
    ]


def stream(name: str) -> str:
    """Return an answer as an event stream."""
    return "".join(f"event: {json.loads(data)['type']}\ndata: {data}\n\n" for data in events(name))


def answer_of(messages: Sequence[str]) -> Answer:
    """Read the messages of a WebSocket turn."""
    return read_split(API, Stream(["message"] * len(messages), messages))


CALLS = {
    "a call": ("POST", "/v1/responses", True),
    "a path of another host": ("POST", "/responses/", True),
    "codex's backend": ("POST", "/backend-api/codex/responses", True),
    "a models listing": ("GET", "/v1/models", False),
    "a compaction": ("POST", "/v1/responses/compact", False),
    "a stored response read again": ("GET", "/v1/responses/resp_1", False),
    "an upgrade": ("GET", "/v1/responses", False),
    "another WebSocket": ("GET", "/v1/realtime", False),
}


@pytest.mark.parametrize(("method", "path", "is_call"), CALLS.values(), ids=CALLS.keys())
def test_a_call_is_known_by_the_end_of_its_path(method: str, path: str, is_call: bool) -> None:
    assert API.is_call(method, path) is is_call


INPUTS: dict[str, tuple[dict[str, Any], list[Any], Asked]] = {
    "the fields themselves": ({"input": [FIRST]}, [FIRST], Asked()),
    "the fields under response": ({"response": {"input": [FIRST], "model": "m"}}, [FIRST], Asked(model="m")),
    "a string is one message of the user": ({"input": "first"}, ["first"], Asked()),
    "no input": ({}, [], Asked()),
    "behind another response": (
        {"previous_response_id": "r", "input": [FIRST]},
        [FIRST],
        Asked(previous_id="r"),
    ),
    "behind another response, under response": (
        {"response": {"previous_response_id": "r", "input": [FIRST]}},
        [FIRST],
        Asked(previous_id="r"),
    ),
    "behind something that is no id": (
        {"previous_response_id": [1], "input": [FIRST]},
        [FIRST],
        Asked(elsewhere=True),
    ),
    "in a conversation that the API keeps": (
        {"conversation": "conv_1", "input": [FIRST]},
        [FIRST],
        Asked(elsewhere=True),
    ),
    "a warm-up": ({"generate": False, "input": []}, [], Asked(no_answer=True)),
    "a limit": ({"max_output_tokens": 16, "input": []}, [], Asked(most_output=16)),
    "a schema": (
        {"input": [], "text": {"format": {"type": "json_schema", "schema": {"properties": {"title": {}}}}}},
        [],
        Asked(schema_fields=("title",)),
    ),
    "any JSON": ({"input": [], "text": {"format": {"type": "json_object"}}}, [], Asked(schema_fields=())),
    "text": ({"input": [], "text": {"format": {"type": "text"}, "verbosity": "low"}}, [], Asked()),
}


@pytest.mark.parametrize(("fields", "given", "asked"), INPUTS.values(), ids=INPUTS.keys())
def test_a_call_says_what_it_asks_for(fields: dict[str, Any], given: list[Any], asked: Asked) -> None:
    body = json_of({"type": "response.create", **fields})
    assert [item.value for kind, _, item in places(API, body) if kind is Kind.MESSAGE] == given
    assert API.asked("/", body) == asked


def test_each_field_of_a_call_is_one_item_at_its_path() -> None:
    wrapped = {"tools": [{"type": "x"}], "input": [FIRST], "instructions": "Work.", "model": "m", "store": False}
    flat = ["model", "store", "instructions", "input[0]", "tools[0]"]
    assert paths(API, wrapped) == flat
    assert paths(API, {"type": "response.create", "stream_id": "s", "response": wrapped}) == [
        "type",
        "stream_id",
        *("response." + at for at in flat),
    ]


def test_a_response_that_is_no_object_is_an_unknown_setting() -> None:
    assert unknowns(read_request(API, {"type": "response.create", "response": "x"})) == ["setting 'response'"]


@pytest.mark.parametrize("body", [{"a": 1}, {"model": "m"}, [], "text", None, {"type": "message"}], ids=repr)
def test_a_body_without_the_fields_of_a_call_is_none(body: Any) -> None:
    assert API.items("/", json_of(body)) is None
    assert API.request_blocks("/", body) is None


def test_a_request_beside_the_calls_is_shown_as_a_call_is() -> None:
    body = {"model": "m", "instructions": "Work.", "input": [FIRST], "tools": [{"type": "x"}]}
    assert [type(block).__name__ for block in API.request_blocks("/v1/responses/compact", body) or ()] == [
        *("Settings", "Instructions", "Conversation", "Tools")
    ]


MESSAGES: dict[str, tuple[str, bool, str | None]] = {
    "a call": ('{"type":"response.create"}', True, None),
    "a call in a lane": ('{"type":"response.create","stream_id":"a"}', True, "a"),
    "a call in a lane, under response": ('{"type":"response.create","response":{"stream_id":"a"}}', True, "a"),
    "an event of a lane": ('{"type":"response.completed","stream_id":"a","response":{"stream_id":"b"}}', False, "a"),
    "an event": ('{"type":"response.completed","response":{"id":"r"}}', False, None),
    "steering": ('{"type":"response.steer"}', False, None),
    "a type that is a list": ('{"type":["response.create"],"stream_id":[1]}', False, None),
    "an array": ("[1]", False, None),
    "no JSON": ("\x00{", False, None),
    "deep": ("[" * 100_000, False, None),
}


@pytest.mark.parametrize(("text", "begins", "lane"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_says_whether_it_begins_a_call_and_its_lane(text: str, begins: bool, lane: str | None) -> None:
    message = Json(text.encode())
    assert (API.begins_call(message), API.lane(message)) == (begins, lane)


ERROR = '{"type":"error","status":400,"error":{"message":"no"}}'
COMPLETE = {
    "a stream to its end": (stream("r"), True),
    "a stream that stops before its end": (stream("r")[:120], False),
    "a last event that is cut": (stream("r")[:-4], False),
    "a failed answer": ('data: {"type":"response.failed"}\n\n', True),
    "an incomplete answer": ('data: {"type":"response.incomplete"}\n\n', True),
    "an error in the stream": (f"event: error\ndata: {ERROR}\n\n", True),
    "an end named in a text only": ('data: {"type":"x","text":"response.completed"}\n\n', False),
    "a whole JSON answer": ({"id": "r", "output": []}, True),
}


@pytest.mark.parametrize(("body", "complete"), COMPLETE.values(), ids=COMPLETE.keys())
def test_an_answer_is_complete_when_the_api_ended_it(body: Any, complete: bool) -> None:
    found = read_answer(API, body)
    assert (found is not None and found.ended) is complete


CONVERSATIONS = {
    "to the end": (events("r"), True),
    "cut in the answer": (events("r")[:2], False),
    "an error": ([ERROR], True),
}


@pytest.mark.parametrize(("messages", "complete"), CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_a_websocket_answer_is_complete_when_the_api_ended_it(messages: list[str], complete: bool) -> None:
    assert answer_of(messages).ended is complete


def test_an_answer_whose_items_only_the_last_event_lists_is_sent_back_whole() -> None:
    message = {"type": "message", "role": "assistant", "content": "second"}
    end = json.dumps({"type": "response.completed", "response": {"id": "r", "output": [message]}})
    found = answer_of([end])
    assert (found.response_id, found.sent_back) == ("r", (message,))


def test_an_item_that_the_last_event_repeats_is_sent_back_once() -> None:
    assert answer_of(events("r")).sent_back == (json.loads(events("r")[1])["item"],)


HOSTILE = {
    "a type that is a list": '{"type":["response.completed"]}',
    "a response that is a text": '{"type":"response.completed","response":"x"}',
    "an id that is a list": '{"type":"response.completed","response":{"id":[1],"output":7}}',
    "an array": "[1]",
    "lines": '{"type":"a\\nb",\n"x":1}',
    "no JSON": "\x00{",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_message_breaks_an_answer(text: str) -> None:
    found = answer_of([*events("r")[:2], text])
    assert len(found.parts) == 1
    assert unknowns(found.blocks)


def test_errors_have_the_api_s_shape() -> None:
    error = {"message": "no", "type": "invalid_request_error", "param": None, "code": None}
    assert API.error_answer(400, "no") == {"error": error}
    assert API.error_answer(503, "no")["error"]["type"] == "server_error"
    assert API.error_message(400, "no") == {"type": "error", "status": 400, "error": error}


SIDES = {
    "models, for the API's users and for codex": ("GET", "/v1/models", {"object": "list", "data": [], "models": []}),
    "telemetry": ("POST", "/backend-api/codex/analytics-events/events", {}),
    "a compaction": ("POST", "/v1/responses/compact", {}),
    "a call of the model has none": ("POST", "/v1/responses", None),
}


@pytest.mark.parametrize(("method", "path", "expected"), SIDES.values(), ids=SIDES.keys())
def test_a_side_request_has_an_empty_answer(method: str, path: str, expected: Any) -> None:
    assert API.side_answer(method, path) == expected


def test_the_answer_to_a_warm_up_has_an_id_and_no_items() -> None:
    found = answer_of(API.warm_up_messages())
    assert found.ended
    assert found.response_id
    assert found.parts == found.sent_back == ()
