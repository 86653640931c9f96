"""Exported trajectories are ATIF's own, hold the whole conversation, and lead back to the bytes of the record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from atif import Step, Trajectory

from probe.errors import UserError
from probe.exports import atif
from probe.exports.reading import NEVER_HELD
from probe.record.manifest import Manifest
from probe.record.runs import TRAFFIC, Run
from tests.exports.exporting import EVERY, KNOWN, case, priced
from tests.exports.pointed import body_hash, item_hash, lines_of

NO_CALL = "no-call-of-the-model"
WITH_CALLS = [name for name in KNOWN if name != NO_CALL]
SUMS = {"input": "total_prompt_tokens", "output": "total_completion_tokens", "cache_read": "total_cached_tokens"}
MORE = {"cache_write": "total_cache_write_tokens", "reasoning": "total_reasoning_tokens", "total": "total_tokens"}


@cache
def roots_of(name: str) -> list[Trajectory]:
    """Return the trajectories of a run, each read by the format's own models."""
    one = case(name)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        priced(patch, Path(folder))
        atif.export(one.run, one.target, Path(folder, "trajectory.json"))
        return [Trajectory.model_validate_json(path.read_bytes()) for path in sorted(Path(folder).glob("*.json"))]


def every(trajectories: Sequence[Trajectory] | None) -> Iterator[Trajectory]:
    """Yield trajectories, each with those within it behind it."""
    for one in trajectories or ():
        yield one
        yield from every(one.subagent_trajectories)


def answers(trajectories: Sequence[Trajectory]) -> list[Step]:
    """Return the steps that are calls of a model, in this record."""
    return [step for one in every(trajectories) for step in one.steps if step.llm_call_count]


@pytest.mark.parametrize("name", WITH_CALLS)
def test_the_numbers_of_trajectories_are_those_of_the_report(name: str) -> None:
    check_numbers(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_the_trajectories_of_any_record_are_valid(name: str) -> None:
    if not case(name).summary.turns:
        return
    check_numbers(name)
    check_pointers(name)


def check_numbers(name: str) -> None:
    """Compare trajectories with the summary of the same run."""
    found, summary = list(every(roots_of(name))), case(name).summary
    steps = answers(roots_of(name))
    assert len(steps) == summary.counts.turns + summary.counts.side_requests
    assert sum(len((step.extra or {}).get("failed_tries", ())) for step in steps) == summary.counts.failed_tries
    sums = [one.final_metrics for one in found if one.final_metrics is not None]
    for field, attribute in SUMS.items():
        assert _sum(getattr(one, attribute) for one in sums) == getattr(summary.tokens, field), field
    for field, attribute in MORE.items():
        assert _sum((one.extra or {}).get(attribute) for one in sums) == getattr(summary.tokens, field), field
    assert (_sum(one.total_cost_usd for one in sums) or 0) == pytest.approx(summary.cost.dollars or 0)
    turns = {turn.number: turn for turn in summary.turns}
    for step in steps:
        turn = turns.pop((step.extra or {})["turn"])
        assert (step.metrics.prompt_tokens if step.metrics else None) == (turn.tokens.input if turn.tokens else None)
        assert len(step.tool_calls or ()) == len(turn.tool_calls) + turn.more_tool_calls
    assert turns == {}


def _sum(numbers: Iterator[Any]) -> Any:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


@pytest.mark.parametrize("name", WITH_CALLS)
def test_every_hash_of_a_step_is_that_of_the_bytes_it_points_to(name: str) -> None:
    check_pointers(name)


def check_pointers(name: str) -> None:
    """Follow every pointer of a run's steps, and compare the hashes."""
    lines, checked = lines_of(case(name).run.traffic), 0
    for one in every(roots_of(name)):
        for step in one.steps:
            extra = step.extra or {}
            for item in extra["items"]:
                assert item_hash(lines[item["line"] - 1], item["pointer"]) == item["sha256"], item
                checked += 1
            for place in (extra, *extra.get("failed_tries", ())):
                for side in (place.get("request"), place.get("response")):
                    if side and side["sha256"]:
                        assert body_hash(lines[place["line"] - 1], side["pointer"]) == side["sha256"], side
    assert checked


@pytest.mark.parametrize("name", ["codex/tool-loop", "codex/tool-loop-websocket", "demo/sample"])
def test_the_bodies_of_a_recording_have_hashes(name: str) -> None:
    for step in answers(roots_of(name)):
        extra = step.extra or {}
        assert extra["request"]["sha256"]
        assert extra["response"]["sha256"]


def test_a_conversation_has_prompt_tools_calls_results_and_reasoning() -> None:
    (root,) = roots_of("demo/sample")
    assert [step.source for step in root.steps] == ["system", "user", "agent", "agent", "agent"]
    assert (root.schema_version, root.agent.name, root.steps[1].message) == (
        "ATIF-v1.8",
        "demo",
        "Write a prime checker",
    )
    assert str(root.steps[0].message).startswith("You are a small coding agent.")
    tools = [tool["function"]["name"] for tool in root.agent.tool_definitions or ()]
    assert tools == ["write_file", "shell"]
    call = root.steps[2]
    assert call.reasoning_content
    assert call.tool_calls is not None
    assert call.observation is not None
    assert call.tool_calls[0].arguments["path"] == "prime.py"
    assert [one.source_call_id for one in call.observation.results] == [call.tool_calls[0].tool_call_id]
    assert str(call.observation.results[0].content).startswith("wrote")
    assert str(root.steps[4].message) == case("demo/sample").summary.final_answer.text  # type: ignore[union-attr]


def test_a_sub_agent_is_embedded_and_linked_from_the_call_that_started_it() -> None:
    (root,) = roots_of("a-sub-agent-beside-its-parent")
    assert [one.trajectory_id for one in root.subagent_trajectories or ()] == ["thread-2"]
    links = [
        (step.tool_calls[0].function_name, [ref.trajectory_id for ref in result.subagent_trajectory_ref])
        for step in root.steps
        if step.observation and step.tool_calls
        for result in step.observation.results
        if result.subagent_trajectory_ref
    ]
    assert links == [("delegate", ["thread-2"])]


def test_a_side_request_is_a_trajectory_of_its_own() -> None:
    (root,) = roots_of("side-requests-and-other-exchanges")
    assert [(one.extra or {})["side_request"] for one in root.subagent_trajectories or ()] == ["title"]
    assert "title" not in " ".join(str(step.message) for step in root.steps)


def test_a_warm_up_sends_what_the_conversation_begins_with() -> None:
    (root,) = roots_of("codex/tool-loop-websocket")
    assert [step.source for step in root.steps] == [*["system"] * 4, *["user"] * 2, "agent", "agent"]
    assert len(root.agent.tool_definitions or ()) > 5


def test_conversations_of_one_run_are_files_beside_one_another(tmp_path: Path) -> None:
    one = case("openai_responses-websocket-conversation")
    said = atif.export(one.run, one.target, tmp_path / "trajectory.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["trajectory-2.json", "trajectory.json"]
    assert said == [NEVER_HELD, "1 other conversation of the run: in trajectory-2.json"]


def test_a_run_without_a_call_has_no_trajectory(tmp_path: Path) -> None:
    one = case(NO_CALL)
    with pytest.raises(UserError, match="no call of a model"):
        atif.export(one.run, one.target, tmp_path / "trajectory.json")
    assert list(tmp_path.iterdir()) == []


_CALL = {"type": "tool_use", "id": "t1", "name": "ls", "input": {}}
RESUMED = [
    {"role": "user", "content": "Old question"},
    {"role": "assistant", "content": [{"type": "text", "text": "I look."}, _CALL]},
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": "a.txt"},
            {"type": "text", "text": "And now?"},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "gone", "content": "b.txt"}]},
]


def test_what_was_said_before_the_record_is_copied_context(tmp_path: Path) -> None:
    body = {"model": "claude-x", "max_tokens": 10, "messages": RESUMED}
    answer = {"type": "message", "role": "assistant", "model": "claude-x", "stop_reason": "end_turn"}
    request = {"method": "POST", "url": "https://api.anthropic.com/v1/messages", "headers": {}, "body": body}
    content = [{"type": "text", "text": "Now."}]
    response = {"status_code": 200, "headers": {}, "body": {**answer, "content": content}}
    (tmp_path / TRAFFIC).write_text(json.dumps({"timestamp": 1.0, "request": request, "response": response}) + "\n")
    run = Run(folder=tmp_path, target="claude-code", manifest=Manifest(tmp_path, {}))
    said = atif.export(run, None, tmp_path / "trajectory.json")
    root = Trajectory.model_validate_json((tmp_path / "trajectory.json").read_bytes())
    assert [(step.source, step.message, step.is_copied_context) for step in root.steps] == [
        ("user", "Old question", None),
        ("agent", "I look.", True),
        ("user", "And now?", None),
        ("system", "", None),
        ("agent", "Now.", None),
    ]
    results = [step.observation.results[0].content for step in root.steps if step.observation]
    assert results == ["a.txt", "b.txt"]
    assert said == [NEVER_HELD, "1 result of tools without their calls, which are of the system"]
