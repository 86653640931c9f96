"""Nothing of an Ollama request or answer is lost on the way to its blocks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.renderers.ollama import API
from tests.renderers.markers import lost
from tests.renderers.reading import read_blocks, read_request

_CALL = {"id": "call_1", "type": "function", "function": {"index": 0, "name": "read", "arguments": {"path": "a"}}}
_ASSISTANT = {"role": "assistant", "content": "a", "thinking": "Hm.", "images": ["QUJD"], "tool_calls": [_CALL]}
CHAT = {
    "model": "m",
    "think": "high",
    "options": {"num_predict": 7},
    "format": {"type": "object", "properties": {"a": {}}},
    "keep_alive": "5m",
    "messages": [
        {"role": "user", "content": "a", "images": ["QUJD"]},
        _ASSISTANT,
        {"role": "tool", "tool_name": "read", "tool_call_id": "call_1", "content": "{}", "images": ["QUJD"]},
    ],
    "tools": [{"type": "function", "function": {"name": "read", "description": "Reads.", "parameters": {}}}],
}
PROMPT = {
    "model": "m",
    "prompt": "a",
    "suffix": "b",
    "system": "c",
    "template": "{{ .Prompt }}",
    "context": [1, 2],
    "raw": True,
    "images": ["QUJD"],
}
_FIELDS = {"model": "m", "remote_model": "r", "created_at": "2026-01-01T00:00:00Z"}
_END = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 9,
    "load_duration": 1,
    "prompt_eval_count": 20,
    "prompt_eval_duration": 2,
    "eval_count": 30,
    "eval_duration": 6,
    "logprobs": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1.5}]}],
}
CHAT_ANSWER = {**_FIELDS, "message": _ASSISTANT, **_END}
PROMPT_ANSWER = {**_FIELDS, "response": "a", "thinking": "Hm.", "image": "QUJD", "context": [1], **_END}
CHAT_LINES = [
    *({**_FIELDS, "message": {"role": "assistant", "content": "", "thinking": one}, "done": False} for one in "ab"),
    *({**_FIELDS, "message": {"role": "assistant", "content": one}, "done": False} for one in "cde"),
    {**_FIELDS, "message": _ASSISTANT, "logprobs": [{"token": "x"}], "done": False},
    CHAT_ANSWER,
]
PROMPT_LINES = [
    *({**_FIELDS, "response": "", "thinking": one, "done": False} for one in "ab"),
    *({**_FIELDS, "response": one, "done": False} for one in "cde"),
    {**_FIELDS, "completed": 1, "total": 2, "done": False},
    PROMPT_ANSWER,
]
IMAGES = ("*images: a list", "*images.?: a text")
"""Their bytes stay in the record; the size is shown."""
PLACES = ("*.function.index: a number",)
"""The place in a list says nothing of its own."""
TIMES = ("*.created_at: a text",)
"""Each line has a new one; the last one is shown."""


def asked(body: Any) -> Any:
    """Return all that is shown of a request; of what is none of this API's, everything."""
    return read_request(API, body) or body


def answered(body: Any) -> Any:
    """Return all that is shown of an answer; of what is none of this API's, everything."""
    return read_blocks(API, body) or body


def streamed(lines: Any) -> Any:
    """Return all that is shown of a stream."""
    return read_blocks(API, "".join(json.dumps(line) + "\n" for line in lines)) or lines


CASES = {
    "a chat": (CHAT, asked, (*IMAGES, *PLACES)),
    "a prompt": (PROMPT, asked, (*IMAGES, "images: a text")),
    "an answer of a chat": (CHAT_ANSWER, answered, (*IMAGES, *PLACES)),
    "an answer to a prompt": (PROMPT_ANSWER, answered, ("image: a text",)),
    "a streamed chat": (CHAT_LINES, streamed, (*IMAGES, *PLACES, *TIMES)),
    "a streamed answer to a prompt": (PROMPT_LINES, streamed, ("6.image: a text", *TIMES)),
}


@pytest.mark.parametrize(("body", "read", "accepted"), CASES.values(), ids=CASES.keys())
def test_nothing_is_lost(body: Any, read: Any, accepted: tuple[str, ...]) -> None:
    assert lost(body, read, accepted) == []
