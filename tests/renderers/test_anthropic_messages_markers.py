"""Nothing that a request or an answer holds is lost, wherever it is and whatever it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.renderers.anthropic_messages import API
from tests.renderers.markers import lost
from tests.renderers.reading import read_blocks, read_request

ENCRYPTED = ("*signature: a text", "*encrypted_*: a text")
"""Only the API can read it; its length is shown."""
BYTES = ("*.source.data: a text",)
"""The bytes stay in the record; type and size are shown."""
# The number of a block only orders the events; counts at the beginning of a stream are replaced by those at its end.

TEXT = {"type": "text", "text": "Hi.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
CITED = {
    "type": "char_location",
    "cited_text": "sky",
    "document_index": 0,
    "document_title": "Sky",
    "start_char_index": 1,
    "end_char_index": 4,
}
FOUND = {
    "type": "web_search_result_location",
    "cited_text": "sea",
    "url": "u",
    "title": "Sea",
    "encrypted_index": "e",
}
CALL = {"type": "tool_use", "id": "t", "name": "run", "input": {"a": 1}, "caller": {"type": "direct"}}
PARTS: list[Any] = [
    {"type": "text", "text": "Blue.", "citations": [CITED, FOUND]},
    {"type": "thinking", "thinking": "Hm.", "signature": "s"},
    CALL,
    {"type": "mcp_tool_use", "id": "t", "name": "run", "server_name": "mcp", "input": {}},
    {"type": "web_search_tool_result", "tool_use_id": "t", "content": [
        {"type": "web_search_result", "url": "u", "title": "T", "page_age": "1d", "encrypted_content": "e"},
    ]},
    {"type": "web_search_tool_result", "tool_use_id": "t", "content": {
        "type": "web_search_tool_result_error", "error_code": "max_uses_exceeded",
    }},
    {"type": "bash_code_execution_tool_result", "tool_use_id": "t", "content": {
        "type": "bash_code_execution_result", "stdout": "o", "stderr": "e", "return_code": 1,
        "content": [{"type": "bash_code_execution_output", "file_id": "f"}],
    }},
    {"type": "compaction", "content": "So far.", "encrypted_content": "e"},
    {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}},
]  # fmt: skip
ASKED_PARTS: list[Any] = [
    TEXT,
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
    {"type": "image", "source": {"type": "url", "url": "https://example.org/a"}},
    {"type": "document", "title": "D", "context": "c", "source": {"type": "file", "file_id": "f"}},
    {"type": "document", "citations": {"enabled": True}, "source": {"type": "text", "media_type": "t", "data": "x"}},
    {"type": "search_result", "source": "s", "title": "T", "content": [{"type": "text", "text": "x"}]},
    {"type": "tool_result", "tool_use_id": "t", "is_error": False, "content": [{"type": "text", "text": "x"}]},
    {"type": "tool_reference", "tool_name": "run"},
    {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {"name": "n"}}},
    {"type": "mcp_tool_listing", "mcp_server_name": "s", "tools": [{"name": "n"}]},
]
REQUEST = {
    "model": "m",
    "max_tokens": 5,
    "thread": {"type": "continue", "previous_message_id": "p"},
    "output_config": {"format": {"type": "json_schema", "schema": {"properties": {"a": {}}}}},
    "system": [TEXT],
    "messages": [
        {"role": "user", "content": ASKED_PARTS},
        {"role": "assistant", "content": PARTS},
        {"role": "user", "content": "Go on."},
    ],
    "tools": [{"name": "run", "description": "d", "input_schema": {"type": "object"}, "cache_control": {"type": "x"}}],
}
USAGE = {
    "input_tokens": 3,
    "output_tokens": 4,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "server_tool_use": {"web_search_requests": 1},
    "service_tier": "standard",
}
ANSWER = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": PARTS,
    "stop_reason": "refusal",
    "stop_sequence": None,
    "stop_details": {"type": "refusal", "explanation": "No."},
    "usage": USAGE,
}
EVENTS: list[Any] = [
    {"type": "message_start", "message": {**ANSWER, "content": [TEXT], "stop_reason": None}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "."}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "citations_delta", "citation": CITED}},
    {"type": "content_block_stop", "index": 1},
    {"type": "content_block_start", "index": 2, "content_block": {**CALL, "input": {}}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "content_block_stop", "index": 2},
    {"type": "content_block_start", "index": 3, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 3, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
    {"type": "content_block_delta", "index": 3, "delta": {"type": "signature_delta", "signature": "s"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
    {"type": "error", "error": {"type": "overloaded_error", "message": "m"}, "request_id": "r"},
    {"type": "message_stop"},
]
BATCH = {"id": "b", "type": "message_batch", "processing_status": "ended", "request_counts": {"errored": 1}}
RESULTS: list[Any] = [
    {"custom_id": "a", "result": {"type": "succeeded", "message": {**ANSWER, "content": [TEXT]}}},
    {"custom_id": "b", "result": {"type": "errored", "error": {
        "type": "error", "error": {"type": "invalid_request", "message": "m"}, "request_id": "r",
    }}},
    {"custom_id": "c", "result": {"type": "expired"}},
]  # fmt: skip


def asked(body: Any) -> Any:
    """Return all that is shown of a request; of what is none of this API's, everything."""
    return read_request(API, body) or body


def counted(body: Any) -> Any:
    """Return all that is shown of a request that counts tokens."""
    return read_request(API, body, "/v1/messages/count_tokens") or body


def answered(body: Any) -> Any:
    """Return all that is shown of an answer; of what is none of this API's, everything."""
    return read_blocks(API, body) or body


def failed(body: Any) -> Any:
    """Return all that is shown of an error; of what is none of this API's, everything."""
    return read_blocks(API, body, status=400) or body


def streamed(events: Any) -> Any:
    """Return all that is shown of a stream, with the names of its events."""
    names = [event.get("type") if isinstance(event, dict) else None for event in events]
    data = (f"data: {json.dumps(event)}\n\n" for event in events)
    return names, read_blocks(API, "".join(data)) or events


def listed(lines: Any) -> Any:
    """Return all that is shown of a batch's results."""
    text = "\n".join(map(json.dumps, lines))
    return read_blocks(API, text) or text


CASES = {
    "a request": (REQUEST, asked, (*ENCRYPTED, *BYTES)),
    "a count": (REQUEST, counted, (*ENCRYPTED, *BYTES)),
    "a batch": ({"requests": [{"custom_id": "a", "params": REQUEST}]}, asked, (*ENCRYPTED, *BYTES)),
    "an answer": (ANSWER, answered, ENCRYPTED),
    "a stream": (EVENTS, streamed, ("*signature: a text", "*.index: a number", "0.message.usage.*_tokens: a number")),
    "an error": ({"type": "error", "error": {"type": "x", "message": "m"}, "request_id": "r"}, failed, ()),
    "a number of tokens": ({"input_tokens": 5, "context_management": {"a": 1}}, answered, ()),
    "batches": ({"data": [BATCH], "has_more": False, "first_id": "b"}, answered, ()),
    "the state of a batch": (BATCH, answered, ()),
    "results of a batch": (RESULTS, listed, ()),
}


@pytest.mark.parametrize(("body", "read", "accepted"), CASES.values(), ids=CASES.keys())
def test_nothing_is_lost(body: Any, read: Any, accepted: tuple[str, ...]) -> None:
    assert lost(body, read, accepted) == []
