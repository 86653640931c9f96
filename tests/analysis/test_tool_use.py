"""Tools are counted by what offers them, calls them, and what became of the calls."""

from __future__ import annotations

from typing import Any

from probe.record.exchange import Exchange
from tests.analysis.runs import TOOL, ask, found_in, said
from tests.replay.replays import post

GO = said("Go.")


def called(*names: str) -> list[dict[str, Any]]:
    """Make calls of tools."""
    return [
        {"type": "function_call", "name": name, "call_id": f"c{number}", "arguments": "{}"}
        for number, name in enumerate(names)
    ]


def output(number: int) -> dict[str, Any]:
    """Make the result of a call."""
    return {"type": "function_call_output", "call_id": f"c{number}", "output": "done"}


def uses(*calls: Exchange) -> dict[str, tuple[int, int | None, int, int]]:
    """Return how often each tool was offered, by which turn first, and called, and how often it failed."""
    return {one.name: (one.offered, one.first, one.calls, one.failed) for one in found_in(calls).tools}


def test_offers_and_calls_are_counted_beyond_those_that_are_kept() -> None:
    names = ["shell"] * 25 + ["ghost"]
    assert uses(ask(1, GO, answer=called(*names)), ask(2, GO, tools=False)) == {
        "shell": (1, 0, 25, 0),
        "ghost": (0, None, 1, 0),
    }


def test_the_tools_of_a_namespace_are_counted_one_by_one() -> None:
    space = {"type": "namespace", "name": "files", "tools": [TOOL, {**TOOL, "name": "read"}]}
    call = ask(1, GO, tools=False)
    call.request.body["tools"] = [space]
    assert uses(call) == {"files.shell": (1, 0, 0, 0), "files.read": (1, 0, 0, 0)}


def test_a_result_belongs_to_the_next_turn_of_its_thread_that_has_it() -> None:
    [call] = called("shell")
    run = [
        ask(1, GO, answer=[call]),
        ask(2, GO, call, output(0), answer=[call]),
        ask(3, GO, call, output(0), call, {**output(0), "output": "again"}),
    ]
    found = found_in(run)
    turns = [one.turn for one in found.turns]
    results = [found.results.of(turn, "c0") for turn in turns]
    assert [result and result.turn for result in results] == [1, 2, None]


def test_failed_results_are_counted() -> None:
    def call(at: float, messages: list[Any], *content: Any) -> Exchange:
        body = {"type": "message", "role": "assistant", "content": list(content), "usage": {}}
        tools = [{"name": "shell", "input_schema": {}}]
        request = {"model": "m", "max_tokens": 9, "messages": messages, "tools": tools}
        return post(at, body, request=request, headers={}, url="https://api.test/v1/messages")

    use = {"type": "tool_use", "id": "t1", "name": "shell", "input": {}}
    asked = [{"role": "user", "content": "Go."}]
    failed = {"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True}
    later = [*asked, {"role": "assistant", "content": [use]}, {"role": "user", "content": [failed]}]
    run = [call(1, asked, use), call(2, later, {"type": "text", "text": "Oh."})]
    assert uses(*run) == {"shell": (2, 0, 1, 1)}
