"""Turns are grouped by the agent's own ids, else by what their inputs begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from probe.analysis.groups import Session, group
from probe.record.exchange import Exchange
from tests.analysis.runs import ask, ran, said
from tests.replay.replays import conversation, create, events, told
from tests.trace.tracing import trace_of

ONE, TWO = said("First thing"), said("Second thing")
IDS = {
    "session": ["header s"],
    "thread": ["header t"],
    "prompt": ["header p"],
    "agent": ["header a"],
    "parent": ["header up"],
}


def grouped(
    run: Sequence[Exchange], ids: Mapping[str, Sequence[str]] | None = None, *, one_prompt: bool = False
) -> list[Session]:
    """Group a run's turns."""
    trace = trace_of(run, ids)
    return group(trace.turns, trace.items.known, one_prompt=one_prompt)


def shape(sessions: Sequence[Session]) -> list[Any]:
    """Return the lines of the record in each thread of each session."""
    return [[[one.facts.line for one in thread.turns] for thread in session.threads] for session in sessions]


def prompts(sessions: Sequence[Session]) -> list[list[int | None]]:
    """Return the prompt of each turn in each thread."""
    return [[one.prompt for one in thread.turns] for session in sessions for thread in session.threads]


def test_nothing_has_no_groups() -> None:
    assert group([], []) == []


def test_without_ids_a_thread_is_what_goes_on() -> None:
    run = [ask(1, ONE), ask(2, TWO), ask(3, ONE, *ran("a")), ask(4, TWO, *ran("b")), ask(5, ONE, *ran("a"), *ran("c"))]
    sessions = grouped(run)
    assert shape(sessions) == [[[1, 3, 5], [2, 4]]]
    assert [thread.id for thread in sessions[0].threads] == [None, None]


def test_without_ids_a_request_beside_the_work_counts_to_the_work_that_follows() -> None:
    def title(at: float) -> Exchange:
        return ask(at, ONE, tools=False, model="small-1", instructions="Make a title")

    assert shape(grouped([title(1), ask(2, ONE), ask(3, TWO), title(4)])) == [[[1, 2], [3, 4]]]
    assert shape(grouped([title(1)])) == [[[1]]]


def test_without_ids_prompts_are_what_the_user_says_anew() -> None:
    run = [
        ask(1, ONE),
        ask(2, ONE, *ran("a")),
        ask(3, ONE, *ran("a"), said("done", "assistant"), TWO),
        ask(4, ONE, *ran("a"), said("done", "assistant"), TWO),
        ask(5, ONE, *ran("a"), said("done", "assistant"), TWO, *ran("b")),
    ]
    assert prompts(grouped(run)) == [[1, 1, 2, 2, 2]]


def test_rules_behind_the_users_words_do_not_hide_them() -> None:
    rules = said("Keep to the rules", "system")
    run = [ask(1, ONE, rules), ask(2, ONE, said("done", "assistant"), TWO, rules), ask(3, ONE, *ran("a"), rules)]
    assert shape(grouped(run)) == [[[1, 2, 3]]]
    assert prompts(grouped(run)) == [[1, 2, 2]]


def test_sessions_and_threads_are_told_by_ids_whatever_the_inputs_are() -> None:
    run = [
        ask(1, ONE, headers={"s": "x", "t": "1"}),
        ask(2, ONE, headers={"s": "y", "t": "2"}),
        ask(3, TWO, headers={"s": "x", "t": "1"}),
        ask(4, TWO, headers={"s": "x", "t": "3"}),
    ]
    sessions = grouped(run, IDS)
    assert shape(sessions) == [[[1, 3], [4]], [[2]]]
    assert [session.id for session in sessions] == ["x", "y"]
    assert [thread.id for session in sessions for thread in session.threads] == ["1", "3", "2"]


def test_prompts_are_told_by_ids() -> None:
    run = [
        ask(at, ONE, headers={"s": "x", **({"p": name} if name else {})})
        for at, name in enumerate(["", "a", "a", "b", "a"])
    ]
    assert prompts(grouped(run, IDS)) == [[1, 2, 2, 3, 2]]


def test_a_warm_up_belongs_to_no_prompt() -> None:
    run = [ask(1, ONE, headers={"s": "x", "p": "a"}), ask(2, max_output_tokens=1, headers={"s": "x"})]
    run += [ask(3, TWO, headers={"s": "x", "p": "b"})]
    assert prompts(grouped(run, IDS)) == [[1, None, 2]]


def test_a_sub_agent_works_for_the_thread_that_it_names() -> None:
    run = [
        ask(1, ONE, headers={"s": "x", "t": "1"}),
        ask(2, ONE, headers={"s": "x", "t": "2"}),
        ask(3, TWO, headers={"s": "x", "t": "3", "a": "review", "up": "2"}),
    ]
    [session] = grouped(run, IDS)
    main, _, sub = session.threads
    assert (main.is_sub_agent, main.parent) == (False, None)
    assert (sub.is_sub_agent, sub.agent, sub.parent, sub.number) == (True, "review", 2, 3)


def test_a_sub_agent_that_names_nobody_works_for_its_sessions_first_thread() -> None:
    run = [ask(1, ONE, headers={"s": "x"}), ask(2, TWO, headers={"s": "x", "a": "7"})]
    [session] = grouped(run, IDS)
    assert [(thread.agent, thread.parent) for thread in session.threads] == [(None, None), ("7", 1)]


def test_a_sub_agent_that_has_no_thread_id_does_not_borrow_its_sessions() -> None:
    run = [ask(1, ONE, headers={"s": "x"}), ask(2, TWO, headers={"s": "x", "a": "7"})]
    [session] = grouped(run, IDS)
    assert [thread.id for thread in session.threads] == ["x", None]


def test_a_sub_agents_name_is_told_before_its_id_and_nobody_elses_is() -> None:
    run = [
        ask(1, ONE, headers={"s": "x", "t": "1", "n": "/main"}),
        ask(2, TWO, headers={"s": "x", "t": "2", "a": "spawned", "n": "/main/look"}),
    ]
    [session] = grouped(run, {**IDS, "name": ["header n"]})
    assert [thread.agent for thread in session.threads] == [None, "/main/look"]


def test_a_sub_agent_with_a_session_of_its_own_counts_to_that_of_the_agent_it_works_for() -> None:
    run = [
        ask(1, ONE, headers={"s": "x"}),
        ask(2, TWO, headers={"s": "y", "up": "x"}),
        ask(3, TWO, headers={"s": "z", "up": "y"}),
    ]
    [session] = grouped(run, IDS)
    assert session.id == "x"
    assert [thread.parent for thread in session.threads] == [None, 1, 2]


def test_a_sub_agent_whose_parent_was_not_captured_stands_alone() -> None:
    [session] = grouped([ask(1, ONE, headers={"s": "y", "up": "x"})], IDS)
    assert (session.id, session.threads[0].parent, session.threads[0].is_sub_agent) == ("y", None, True)


def test_sub_agents_that_name_each_other_end() -> None:
    run = [ask(1, ONE, headers={"s": "y", "up": "x"}), ask(2, ONE, headers={"s": "x", "up": "y"})]
    assert sum(len(session.threads) for session in grouped(run, IDS)) == 2


def test_redacted_ids_group_as_well() -> None:
    run = [
        ask(at, ONE, headers={"s": f"[REDACTED:{tag}]"}) for at, tag in enumerate(("11111111", "22222222", "11111111"))
    ]
    assert shape(grouped(run, IDS)) == [[[1, 3]], [[2]]]


def test_the_turns_of_a_websocket_are_one_thread_and_stand_by_their_own_times() -> None:
    calls = [create(1, model="m", input=[ONE], tools=[{"type": "function", "name": "f"}]), *told(1.5, events("r1"))]
    calls += [create(4, model="m", previous_response_id="r1", input=[TWO]), *told(5, events("r2"))]
    [session] = grouped([conversation(calls), ask(2, TWO)])
    assert [[(one.facts.line, one.facts.part) for one in thread.turns] for thread in session.threads] == [
        [(1, 1), (1, 2)],
        [(2, None)],
    ]


def test_turns_whose_inputs_are_not_known_stand_together() -> None:
    run = [ask(at, ONE, previous_response_id="elsewhere") for at in (1, 2)]
    assert shape(grouped(run)) == [[[1, 2]]]


def task(prompt: str, **arguments: str) -> dict[str, Any]:
    """Make a call that hands a prompt to a sub-agent."""
    text = json.dumps({"description": "Look around", "prompt": prompt, **arguments})
    return {"type": "function_call", "name": "task", "call_id": "t", "arguments": text}


RESULT = {"type": "function_call_output", "call_id": "t", "output": "seen"}
HANDED = "Find all tests and list them."
STARTED: dict[str, tuple[list[Exchange], tuple[bool, str | None, int | None]]] = {
    "the text of a call begins it": (
        [ask(1, ONE, answer=[task(HANDED)]), ask(2, said(HANDED)), ask(3, ONE, task(HANDED), RESULT)],
        (True, "task", 1),
    ),
    "the call names it": (
        [ask(1, ONE, answer=[task(HANDED, subagent_type="explorer")]), ask(2, said(HANDED)), ask(3, ONE, *ran("a"))],
        (True, "explorer", 1),
    ),
    "white space around the text does not matter": (
        [ask(1, ONE, answer=[task(HANDED + "\n")]), ask(2, said(f" {HANDED}")), ask(3, ONE, *ran("a"))],
        (True, "task", 1),
    ),
    "the run broke off in it": ([ask(1, ONE, answer=[task(HANDED)]), ask(2, said(HANDED))], (True, "task", 1)),
    "another text is somebody else's": (
        [ask(1, ONE, answer=[task("Sing.")]), ask(2, said(HANDED)), ask(3, ONE, *ran("a"))],
        (False, None, None),
    ),
    "what begins after the result is somebody else's": (
        [ask(1, ONE, answer=[task(HANDED)]), ask(2, ONE, task(HANDED), RESULT), ask(3, said(HANDED))],
        (False, None, None),
    ),
    "what began before the call is somebody else's": (
        [ask(0, said(HANDED)), ask(1, ONE, answer=[task(HANDED)])],
        (False, None, None),
    ),
}


@pytest.mark.parametrize(("run", "expected"), STARTED.values(), ids=STARTED.keys())
def test_a_sub_agent_without_ids_is_known_by_the_call_that_started_it(
    run: list[Exchange], expected: tuple[bool, str | None, int | None]
) -> None:
    threads = [thread for session in grouped(run) for thread in session.threads]
    [other] = [one for one in threads if any(turn.facts.line != 1 for turn in one.turns[:1])] or [threads[1]]
    assert (other.is_sub_agent, other.agent, other.parent) == expected
    assert sum(thread.is_sub_agent for thread in threads) == expected[0]


def test_a_complaint_that_follows_calls_without_results_is_the_agents_own() -> None:
    call, result = ran("a")
    complaint = said("Error: your call was malformed")
    run = [
        ask(1, ONE, answer=[call]),
        ask(2, ONE, call, complaint),
        ask(3, ONE, call, complaint, said("sorry", "assistant"), TWO, answer=[{**call, "call_id": "b"}]),
        ask(4, ONE, call, complaint, said("sorry", "assistant"), TWO, {**call, "call_id": "b"},
            {**result, "call_id": "b"}, said("And this?")),
    ]  # fmt: skip
    assert prompts(grouped(run)) == [[1, 1, 2, 3]]


def test_where_the_user_said_one_thing_alone_all_else_is_the_agents_own() -> None:
    run = [ask(1, ONE), ask(2, ONE, said("fine", "assistant"), said("Use exactly one code block"))]
    assert prompts(grouped(run)) == [[1, 2]]
    assert prompts(grouped(run, one_prompt=True)) == [[1, 1]]
