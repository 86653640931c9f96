"""Nothing of an Ollama request or answer is lost on the way to its blocks."""

from __future__ import annotations

import json
from typing import Any

from probe.renderers.ollama import API
from tests.renderers.body_markers import is_shown, marked
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
DROPPED = [
    # Bytes stay in the record.
    *(("images[]", "string"), (".images", "list"), (".images", "string"), (".image", "string")),
    # The place in a list says nothing of its own.
    (".function.index", "number"),
]
PROGRESS = [(".created_at", "string"), (".completed", "number")]
"""What each line says anew."""


def test_nothing_in_a_request_is_dropped() -> None:
    for request in (CHAT, PROMPT):
        lost = [where for where, body in marked(request, DROPPED) if not is_shown(read_request(API, body) or [body])]
        assert lost == []


def test_nothing_in_a_whole_answer_is_dropped() -> None:
    for answer in (CHAT_ANSWER, PROMPT_ANSWER):
        lost = [where for where, body in marked(answer, DROPPED) if not is_shown(read_blocks(API, body) or [body])]
        assert lost == []


def test_nothing_in_a_streamed_answer_is_dropped() -> None:
    for lines in (CHAT_LINES, PROMPT_LINES):
        lost = []
        for number, line in enumerate(lines):
            for where, changed in marked(line, DROPPED + (PROGRESS if number < len(lines) - 1 else [])):
                if not is_shown(read_blocks(API, _text([*lines[:number], changed, *lines[number + 1 :]]))):
                    lost.append(f"line {number} {where}")
        assert lost == []


def _text(lines: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)
