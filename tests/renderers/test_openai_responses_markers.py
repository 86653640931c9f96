"""Nothing that a request or an answer of the Responses API holds is lost, wherever it is and whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from probe.renderers.events import Stream
from probe.renderers.openai_responses import API
from tests.renderers.markers import lost
from tests.renderers.reading import answer_blocks, read_blocks, read_request, read_split
from tests.renderers.test_openai_responses import bodies

Read = Callable[[Any], Any]

ENCRYPTED = ("*.encrypted_content: a text",)
"""Only the API can read it; its length is shown."""
BYTES = ("*.file_data: a text", "*.input_audio.data: a text", "*.result: a text")
"""The bytes stay in the record; their size is shown."""
IDS = ("[0-9]*.id: a text", "*output.[0-9].id: a text")
"""Calls and results name each other by call_id, and nothing refers to the id of an item of an answer."""
PLACES = ("*_index: a number", "*.item_id: a text", "*.item_id: a number")
"""They say where the content of an event belongs, which is where it is shown."""
SAID_AGAIN = (
    *("[0-2].response.*", "6[67].response.*"),
    *("*.part.type: *", "*.part.text: *", "53.delta.stdout: a text"),
    "57.delta: a text",
)
"""A later event has the same whole; the delta of 57 is bytes."""

CONTENT = [
    {"type": "input_text", "text": "Hi.", "prompt_cache_breakpoint": {"mode": "explicit"}},
    {"type": "input_image", "image_url": "https://example.org/i", "detail": "low"},
    {"type": "input_image", "file_id": "file_1"},
    {"type": "input_file", "filename": "f", "file_data": "QUJD", "file_id": "file_2"},
    {"type": "input_file", "file_url": "https://example.org/f", "filename": "f"},
    {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
    {"type": "output_text", "text": "Yes.", "annotations": [{"type": "url_citation"}], "logprobs": [{"token": "Yes"}]},
    {"type": "refusal", "refusal": "No."},
    {"type": "encrypted_content", "encrypted_content": "xyz"},
]
FIELDS = {
    "model": "m",
    "instructions": "Work.",
    "max_output_tokens": 16,
    "text": {"format": {"type": "json_schema", "schema": {"properties": {"title": {}}}}},
    "previous_response_id": "r",
    "tools": [{"type": "function", "name": "ls"}, {"type": "namespace", "name": "n", "tools": [{"name": "x"}]}],
    "input": [{"type": "message", "id": "m", "role": "user", "status": "completed", "content": CONTENT}],
}
USAGE = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens": 10,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 30,
    "cost": 0.5,
    "cost_details": {"upstream_inference_cost": 0.25},
}
ANSWER = {
    "id": "r",
    "object": "response",
    "model": "m",
    "status": "incomplete",
    "service_tier": "default",
    "created_at": 1,
    "instructions": "Work.",
    "tools": [{"type": "x"}],
    "temperature": 1.0,
    "metadata": {"a": "b"},
    "incomplete_details": {"reason": "max_output_tokens"},
    "error": {"code": "c", "message": "m"},
    "usage": USAGE,
    "output": [
        {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": CONTENT[-3:]},
        {"type": "function_call", "id": "f", "name": "ls", "arguments": "{}", "call_id": "c", "status": "completed"},
    ],
}


def read_output(items: Any) -> Any:
    """Read items as those of an answer."""
    return read_blocks(API, {"object": "response", "output": items})


def read_events(events: Any) -> Any:
    """Read events as the messages of a WebSocket."""
    stream = Stream(["message"] * len(events), [json.dumps(event) for event in events])
    return list(answer_blocks(read_split(API, stream)))


def read_response(event: Any) -> Any:
    """Read the answer's fields that the last event of a stream holds, without what says which event it is."""
    return read_events([{"type": "response.created", "response": {"id": "r", "status": "in_progress"}}, event])


ITEMS: list[Any] = bodies("every-kind-of-item")[0]["input"]
EVENTS: list[Any] = [
    json.loads(line.removeprefix("data: "))
    for line in bodies("every-event-of-the-sdk")[1].splitlines()
    if line.startswith("data: ")
]
BODIES: dict[str, tuple[Any, Read, tuple[str, ...]]] = {
    "a request": (FIELDS, lambda body: read_request(API, body), (*ENCRYPTED, *BYTES[:2])),
    "a message that calls": (
        {"stream_id": "s", "generate": False, "response": FIELDS},
        lambda fields: read_request(API, {**fields, "type": "response.create"}),
        (*ENCRYPTED, *BYTES[:2]),
    ),
    "items of an input": (ITEMS, lambda items: read_request(API, {"input": items}), (*ENCRYPTED, BYTES[2])),
    "items of an answer": (ITEMS, read_output, (*ENCRYPTED, BYTES[2], IDS[0])),
    "an answer": (ANSWER, lambda body: read_blocks(API, body), (*ENCRYPTED, IDS[1])),
    "events": (
        EVENTS,
        read_events,
        (*PLACES, *SAID_AGAIN, *ENCRYPTED, "*.partial_image_b64: a text", "*item.id: a text"),
    ),
    "the last event": ({"type": "response.incomplete", "response": ANSWER}, read_response, (*ENCRYPTED, IDS[1])),
}


@pytest.mark.parametrize(("body", "read", "accepted"), BODIES.values(), ids=BODIES.keys())
def test_nothing_is_lost(body: Any, read: Read, accepted: tuple[str, ...]) -> None:
    assert lost(body, read, accepted) == []
