"""Nothing of a Chat Completions request or answer is lost on the way to its blocks."""

from __future__ import annotations

from typing import Any

from probe.renderers.events import split_stream
from probe.renderers.openai_chat_completions import API
from tests.renderers.body_markers import is_shown, marked
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
DROPPED = [
    # Bytes stay in the record, and an address that is none counts as bytes.
    *((f".{name}", "string") for name in ("data", "file_data", "url", "image_url", "input_audio", "file")),
    # A place in a list says nothing of its own.
    *((f".{name}[].index", "number") for name in ("tool_calls", "reasoning_details")),
]
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
PADDING = (".obfuscation", "string")


def test_nothing_in_a_request_is_dropped() -> None:
    lost = [where for where, body in marked(REQUEST, DROPPED) if not is_shown(read_request(API, body) or [body])]
    assert lost == []


def test_nothing_in_a_whole_answer_is_dropped() -> None:
    lost = [where for where, body in marked(ANSWER, DROPPED) if not is_shown(read_blocks(API, body) or [body])]
    assert lost == []


def test_nothing_in_a_streamed_answer_is_dropped() -> None:
    lost = []
    for number, chunk in enumerate(CHUNKS[:-1]):
        for where, changed in marked(chunk, [*DROPPED, PADDING]):
            events = [*CHUNKS[:number], changed, *CHUNKS[number + 1 :]]
            if not is_shown(read_split(API, split_stream(event_stream(*events))).blocks):
                lost.append(f"chunk {number} {where}")
    assert lost == []
