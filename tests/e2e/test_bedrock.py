"""What Bedrock streams in binary frames is recorded exactly, shown in words, and keeps no credential."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from probe.record.exchange import Exchange
from probe.replay.timed_answer import stored_bytes
from tests.support.captures import Machine
from tests.support.client import ask
from tests.support.frames import MEDIA_TYPE, chunk
from tests.support.upstream import Handler, Upstream, upstream_running

PATH = "/model/eu.anthropic.claude-sonnet-4-5-v1%3A0/invoke-with-response-stream"
BODY = json.dumps({"anthropic_version": "bedrock-2023-05-31", "messages": [{"role": "user", "content": "Hi."}]})


def answer(*words: str) -> list[bytes]:
    """Make an answer that says words, each in a frame of its own."""
    usage = {"input_tokens": 40, "cache_read_input_tokens": 2, "output_tokens": 1}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "model": "claude-sonnet-4-5", "content": [], "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": one}} for one in words),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 8}},
        {"type": "message_stop"},
    ]
    return [chunk(event) for event in events]


@pytest.fixture
def frames() -> list[bytes]:
    """Hold what the upstream sends; a test fills it."""
    return []


@pytest.fixture
def upstream(frames: list[bytes]) -> Iterator[Upstream]:
    def stream(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.stream(MEDIA_TYPE)
        for one in [*frames, b""]:
            handler.chunk(one)

    with upstream_running({PATH: stream}) as server:
        yield server


def captured(machine: Machine, upstream: Upstream, key: str) -> tuple[bytes, Exchange]:
    """Ask once through the proxies; return what the client got, and the record."""
    with machine.listening(f"--upstream=model={upstream.url}") as live:
        got = ask(live.url + PATH, BODY.encode(), headers={"Authorization": f"Bearer {key}"}).body
        assert live.end().code == 0
    (exchange,) = machine.records
    verified = machine.run("verify", "--run", str(machine.run_folder))
    assert verified.code == 0, verified.stdout + verified.stderr
    return got, exchange


def reported(machine: Machine) -> str:
    """Return the report of the run's record, whose API is known by the path."""
    record, report_file = machine.run_folder / "traffic.jsonl", machine.run_folder / "report.md"
    assert machine.run("analyze", f"--input={record}", f"--output={report_file}").code == 0
    report = report_file.read_text()
    assert report.splitlines()[2] == "No problems were found."
    return report


def test_frames_are_recorded_exactly_and_shown_in_words(
    machine: Machine, upstream: Upstream, frames: list[bytes]
) -> None:
    frames += answer("Hello ", "there.")
    got, exchange = captured(machine, upstream, secrets.token_hex(20))
    sent = b"".join(frames)
    response = exchange.response
    assert response
    assert got == sent
    assert (response.body_kind, response.size, response.redactions) == ("base64", len(sent), 0)
    assert response.sha256 == hashlib.sha256(sent).hexdigest()
    assert stored_bytes(response) == sent
    text = reported(machine)
    assert "Hello there." in text
    assert "42 input (2 cached) | 8 output | 50 total" in text


def test_a_key_that_the_model_says_again_is_in_no_frame_of_the_record(
    machine: Machine, upstream: Upstream, frames: list[bytes]
) -> None:
    key = secrets.token_hex(20)
    frames += answer(f"It is {key}, ", f"I say: {key[:10]}", key[10:], ", right?")
    got, exchange = captured(machine, upstream, key)
    assert got == b"".join(frames)
    response = exchange.response
    assert response
    assert response.redactions == 3
    assert response.sha256 == hashlib.sha256(got).hexdigest()
    assert response.stored_sha256 == hashlib.sha256(stored_bytes(response)).hexdigest()
    text = reported(machine)
    assert "It is [REDACTED], I say: [REDACTED], right?" in text
    everything = b"".join(path.read_bytes() for path in machine.run_folder.iterdir() if path.is_file())
    assert key.encode() not in everything
    assert key not in text
