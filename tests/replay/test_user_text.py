"""A replay that is asked something else than the recording says so, whatever the API."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from probe.replay.user_text import TextComparison, parsed, user_text

REMINDER = "<system-reminder>\nThe time is now.\n</system-reminder>"
BODIES: dict[str, tuple[Any, str | None]] = {
    "Responses, a text": ({"input": "Hello"}, "Hello"),
    "Responses, items": (
        {
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "<environment_context>…"}]},
                {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
                {"type": "function_call_output", "output": "no"},
            ]
        },
        "Hello",
    ),
    "Messages, after a tool": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": REMINDER}]},
                {"role": "assistant", "content": "Yes?"},
                {"role": "user", "content": [{"type": "tool_result", "content": "no"}]},
            ]
        },
        "Hello",
    ),
    "Chat Completions": (
        {"messages": [{"role": "system", "content": "Be"}, {"role": "user", "content": "Hello"}]},
        "Hello",
    ),
    "generateContent": ({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}, "Hello"),
    "Code Assist": ({"request": {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}}, "Hello"),
    "no user": ({"messages": [{"role": "system", "content": "Be"}]}, None),
    "odd types": ({"input": [1, {"role": "user", "content": [None, {"text": 1}]}, {"role": "user"}]}, None),
    "no object": ([1], None),
}


@pytest.mark.parametrize(("body", "text"), BODIES.values(), ids=BODIES.keys())
def test_the_last_text_of_the_user_is_found(body: Any, text: str | None) -> None:
    assert user_text(body) == text


def test_a_compressed_request_is_read_and_what_is_no_json_is_nothing() -> None:
    assert parsed(gzip.compress(json.dumps({"input": "Hello"}).encode()), "gzip") == {"input": "Hello"}
    assert parsed(b"no gzip", "gzip") is parsed(b"{", "") is parsed(b"[" * 100_000, "") is None


PAIRS = {
    "the same": ("List", "List", False),
    "another": ("Delete everything", "List", True),
    "none now": (None, "List", False),
    "none then": ("List", None, False),
    "a credential then": ("Use sk-1", "Use [REDACTED:01234567]", False),
}


@pytest.mark.parametrize(("given", "recorded", "differs"), PAIRS.values(), ids=PAIRS.keys())
def test_only_another_text_is_noted(given: str | None, recorded: str | None, differs: bool) -> None:
    texts = TextComparison()
    texts.compare(given, recorded)
    assert bool(texts.notes) == differs
    assert not differs or texts.notes[0].endswith("call 1 was recorded with: List")
