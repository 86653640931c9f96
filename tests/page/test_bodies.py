"""What a reader finds of an exchange: its body in every form, its events and messages, and copies of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probe.places import PROJECT
from tests.page.pages import opened, page_of_file, see, until_shown
from tests.report.reports import exchange, record
from tests.support.browsers import Browser

pytestmark = [pytest.mark.browsers, pytest.mark.timeout(120)]

GOLDEN = PROJECT / "tests" / "golden"
LONG = "x" * 1_000_000
EVENTS = 'event: one\r\ndata: {"a": 1}\r\n\r\n: keep-alive\n\ndata: {"type": "two",\ndata: "b": 2}\n\ndata: [DONE]'
BODIES = {
    "JSON as a tree": ({"members": [{"name": "first"}]}, None, "json", ["members", "[1 element]"]),
    "JSON as it was sent": ({"members": [1]}, None, "raw", ['{"members": [1]}']),
    "JSON in a string": ({"inner": json.dumps({"k": ["v"] * 200})}, None, "json", ["characters"]),
    "one long line": (LONG, "text/plain", "raw", ["x" * 1000]),
    "events, with comments and without an end": (EVENTS, "text/event-stream", "events", ["one", "comment", "two"]),
    "bytes": ("AAECA0FCQw==", "application/octet-stream", "hex", ["00 01 02 03 41 42 43", "····ABC"]),
    "control characters": ("a\u202eb\u200bc", "text/plain", "raw", ["aU+202EbU+200Bc"]),
}


@pytest.mark.parametrize(("body", "kind", "mode", "expected"), BODIES.values(), ids=BODIES.keys())
def test_a_body_is_shown_as(
    browser: Browser, tmp_path: Path, body: Any, kind: str | None, mode: str, expected: list[str]
) -> None:
    line = exchange(1.0)
    line["response"] |= {"body": body, "headers": {"content-type": kind} if kind else {}}
    if mode == "hex":
        line["response"]["body_kind"] = "base64"
    address = page_of_file(record(tmp_path, line), tmp_path)
    with opened(browser, address, f"#exchange-1/response/{mode}") as tab:
        until_shown(tab, expected)


def test_the_frames_of_aws_are_events(browser: Browser, tmp_path: Path) -> None:
    address = page_of_file(GOLDEN / "bedrock_invoke" / "streamed-tool-call.jsonl", tmp_path)
    with opened(browser, address, "#turn-1/response") as tab:
        until_shown(tab, ["11 events", "chunk", "content_block_delta"])


def test_a_turn_of_a_websocket_begins_at_its_own_message(browser: Browser, tmp_path: Path) -> None:
    run = PROJECT / "data" / "codex" / "tool-loop-websocket" / "traffic.jsonl"
    with opened(browser, page_of_file(run, tmp_path), "#turn-2/websocket") as tab:
        until_shown(tab, ["63 messages", "client, text, 9.7 KB", "proved", "response.create"])


def test_what_was_sent_before_is_not_new_where_a_mark_of_the_cache_moved(browser: Browser, tmp_path: Path) -> None:
    def sent(*texts: str) -> dict[str, Any]:
        parts: list[list[dict[str, Any]]] = [[{"type": "text", "text": text}] for text in texts]
        parts[-1][0] |= {"cache_control": {"type": "ephemeral"}}
        line = exchange(float(len(texts)), "/v1/messages")
        line["request"]["body"] = {"model": "m", "messages": [{"role": "user", "content": part} for part in parts]}
        return line

    address = page_of_file(record(tmp_path, sent("the first"), sent("the first", "the second")), tmp_path)
    with opened(browser, address, "#turn-2") as tab:
        until_shown(tab, ["the second", "1 message, compared with"])
        assert "the first" not in tab.text(".turn-body")
        see(tab, "#turn-2/context")
        until_shown(tab, ["#1", "#2 new"])
