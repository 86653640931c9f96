"""Nothing of a Chat Completions request or answer is lost on the way to its blocks."""

from __future__ import annotations

from typing import Any

import pytest

from probe.renderers.events import split_stream
from probe.renderers.openai_chat_completions import API
from tests.renderers.markers import lost
from tests.renderers.reading import event_stream, read_blocks, read_request, read_split

_CALL = {"id": "call_1", "type": "function", "index": 0, "function": {"name": "read", "arguments": "{}"}}
_CUSTOM = {"id": "call_2", "type": "custom", "custom": {"name": "patch", "input": "x"}}
_AUDIO = {"id": "audio_1", "data": "QUJD", "transcript": "Hm.", "expires_at": 1}
_USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 30,
    "total_tokens": 50,
    "prompt_cache_hit_tokens": 4,
    "cached_tokens": 4,
    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 21},
    "cost": 0.5,
}
_ANSWERED = {
    "role": "assistant",
    "content": [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": [{"type": "text", "text": "b"}]}],
    "refusal": "No.",
    "reasoning_content": "Hm.",
    "reasoning": "So.",
    "reasoning_details": [{"type": "reasoning.text", "text": "So.", "index": 0, "signature": "s"}],
    "annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.org"}}],
    "audio": _AUDIO,
    "images": [{"type": "image_url", "index": 0, "image_url": {"url": "https://example.org/i"}}],
    "function_call": {"name": "read", "arguments": "{}"},
    "tool_calls": [_CALL, _CUSTOM],
}
_PARTS = [
    {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
    {"type": "image_url", "image_url": {"url": "https://example.org/i", "detail": "low"}},
    {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
    {"type": "file", "file": {"file_data": "QUJD", "filename": "f", "file_id": "file_1"}},
    {"type": "refusal", "refusal": "No."},
]
REQUEST = {
    "model": "m",
    "max_tokens": 7,
    "response_format": {"type": "json_object"},
    "messages": [
        {"role": "user", "name": "me", "content": _PARTS},
        _ANSWERED,
        {"role": "tool", "tool_call_id": "call_1", "content": "{}"},
        {"role": "function", "name": "read", "content": [{"type": "text", "text": "a"}]},
    ],
    "tools": [{"type": "function", "function": {"name": "read", "description": "Reads.", "parameters": {}}}],
    "functions": [{"name": "read"}],
}
_CHOICE = {"index": 0, "finish_reason": "stop", "logprobs": {"content": [{"token": "a"}]}, "stop_reason": "x"}
_FIELDS = {"id": "c", "model": "m", "created": 1, "system_fingerprint": "f", "service_tier": "default"}
ANSWER = {
    **_FIELDS,
    "object": "chat.completion",
    "choices": [{**_CHOICE, "message": _ANSWERED}, {**_CHOICE, "index": 1, "message": {"content": "b"}}],
    "usage": _USAGE,
}
_CHUNK = {**_FIELDS, "object": "chat.completion.chunk"}
CHUNKS: list[Any] = [
    {**_CHUNK, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "a"}}], "obfuscation": "x"},
    {**_CHUNK, "choices": [{"index": 0, "delta": {"content": "b"}}], "obfuscation": "y"},
    {**_CHUNK, "choices": [{"index": 0, "delta": {"content": "c"}}], "usage": None},
    {**_CHUNK, "choices": [{"index": 0, "delta": {"tool_calls": [_CALL]}}]},
    {**_CHUNK, "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "1"}}]}}]},
    {**_CHUNK, "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "2"}}]}}]},
    {**_CHUNK, "choices": [{**_CHOICE, "delta": _ANSWERED}, {**_CHOICE, "index": 1, "delta": {"content": "b"}}]},
    {**_CHUNK, "choices": [], "usage": _USAGE},
    "[DONE]",
]
BYTES = ("*.data: a text", "*.image_url: a text", "*.url: a text")
"""They stay in the record, and an address that is none counts as bytes."""
FILES = ("*.input_audio: a text", "*.file: a text", "*.file_data: a text")
PLACES = tuple(f"*.{name}.*.index: a number" for name in ("tool_calls", "reasoning_details"))
"""A place in a list says nothing of its own."""
PADDING = ("*.obfuscation: a text",)


def asked(body: Any) -> Any:
    """Return all that is shown of a request; of what is none of this API's, everything."""
    return read_request(API, body) or body


def answered(body: Any) -> Any:
    """Return all that is shown of an answer; of what is none of this API's, everything."""
    return read_blocks(API, body) or body


def streamed(chunks: Any) -> Any:
    """Return all that is shown of a stream."""
    return list(read_split(API, split_stream(event_stream(*chunks))).blocks)


CASES = {
    "a request": (REQUEST, asked, (*BYTES, *FILES, *PLACES)),
    "an answer": (ANSWER, answered, (*BYTES, *PLACES)),
    "a stream": (CHUNKS, streamed, (*BYTES, *PLACES, *PADDING)),
}


@pytest.mark.parametrize(("body", "read", "accepted"), CASES.values(), ids=CASES.keys())
def test_nothing_is_lost(body: Any, read: Any, accepted: tuple[str, ...]) -> None:
    assert lost(body, read, accepted) == []
