"""A recorded run of Ollama's API answers an agent again, line by line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from probe.record.reader import read_unread
from probe.renderers.loader import load_renderer
from probe.replay.playback import EXHAUSTED_STATUS
from probe.replay.server import ReplayServer
from tests.conftest import GOLDEN
from tests.support.background import in_thread
from tests.support.client import ask

ASKED_ONCE = "the agent asked once for an answer that the recording does not have"


@asynccontextmanager
async def serving(case: str) -> AsyncIterator[tuple[str, ReplayServer]]:
    """Serve a golden case; give the address without any path, and the server."""
    recorded = read_unread(GOLDEN / "ollama" / f"{case}.jsonl", lambda _number, reason: pytest.fail(reason))
    server = ReplayServer(recorded, load_renderer("auto"))
    port = await server.start()
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        await server.stop()


def answers(case: str) -> list[str]:
    """Return the recorded answers of a golden case."""
    lines = (GOLDEN / "ollama" / f"{case}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["response"]["body"] for line in lines]


def requests(case: str) -> list[bytes]:
    """Return the recorded requests of a golden case."""
    lines = (GOLDEN / "ollama" / f"{case}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.dumps(json.loads(line)["request"]["body"]).encode() for line in lines]


def test_both_turns_of_a_tool_loop_come_back_and_then_an_error_of_the_api() -> None:
    with in_thread(serving("streamed-tool-loop")) as (url, server):
        got = [ask(f"{url}/api/chat", one) for one in (*requests("streamed-tool-loop"), b"{}")]
    assert [one.body.decode() for one in got[:2]] == answers("streamed-tool-loop")
    assert dict(got[0].headers)["content-type"] == "application/x-ndjson"
    assert got[2].status == EXHAUSTED_STATUS
    assert "all were given" in json.loads(got[2].body)["error"]
    assert [one.partition(":")[0] for one in server.problems] == [ASKED_ONCE]


def test_loading_a_model_is_answered_as_recorded() -> None:
    with in_thread(serving("loading-and-unloading")) as (url, server):
        load, unload = requests("loading-and-unloading")
        loaded, unloaded = ask(f"{url}/api/generate", load), ask(f"{url}/api/chat", unload)
    assert [json.loads(one.body)["done_reason"] for one in (loaded, unloaded)] == ["load", "unload"]
    assert (server.problems, server.notes) == ([], [])
