"""Requests beside the work are told from turns, and have a word for what they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from probe.analysis.continuation import links
from probe.analysis.purpose import SIDE, TINY, TURN, WARM_UP, purposes
from probe.record.exchange import Exchange
from tests.analysis.runs import ask, ran, said
from tests.replay.replays import conversation, create, events, post, told
from tests.trace.tracing import trace_of

PROMPT, TWO = said("Fix the tests"), said("Something else")
WORK = [ask(10, PROMPT), ask(11, PROMPT, *ran("a"))]
SCHEMA = {"format": {"type": "json_schema", "name": "answer", "schema": {}}}


def small(at: float, instructions: str, *items: Any, model: str = "small-1", **fields: Any) -> Exchange:
    """Make a request to a small model that is offered no tools."""
    return ask(at, *(items or (PROMPT,)), model=model, tools=False, instructions=instructions, **fields)


def purposes_of(run: Sequence[Exchange], ids: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """Return what each turn of a run is for."""
    trace = trace_of(run, ids)
    return purposes(trace.turns, links(trace.turns, trace.items.known))


BESIDE: dict[str, tuple[Exchange, str]] = {
    "a title": (small(1, "You make a short title of a conversation. The title has at most ten words."), "title"),
    "a title by the main model": (small(1, "Make a title.", model="big-1"), "title"),
    "a title after the work": (small(20, "Make a title."), "title"),
    "a title that is asked by the user's message": (small(1, "", said("Give a title for: fix the tests")), "title"),
    "a topic": (small(1, "Tell whether this message begins a new topic."), "topic"),
    "a summary": (small(20, "Summarize this conversation."), "summary"),
    "a router": (small(1, "Classify the complexity of the task.", text=SCHEMA), "routing"),
    "a suggestion": (small(20, "Predict what the user says next."), "suggestion"),
    "a commit message": (small(20, "Write a commit message."), "commit message"),
    "the word that it uses most": (small(1, "Make a title: a title of a topic."), "title"),
    "a check of the quota": (small(1, "", said("quota"), max_output_tokens=1), "quota check"),
    "an answer that may say nothing": (ask(1, said("hi"), max_output_tokens=TINY), WARM_UP),
    "what nothing tells": (small(1, "Count the words."), SIDE),
    "an answer by a schema that goes on from the work": (
        ask(20, PROMPT, *ran("a"), said("Rate it"), tools=False, text=SCHEMA),
        SIDE,
    ),
}


@pytest.mark.parametrize(("beside", "word"), BESIDE.values(), ids=BESIDE.keys())
def test_a_request_beside_the_work_is_told(beside: Exchange, word: str) -> None:
    run = sorted([beside, *WORK], key=lambda exchange: exchange.timestamp)
    found = purposes_of(run)
    assert found[run.index(beside)] == word
    assert [one for number, one in enumerate(found) if run[number] is not beside] == [TURN, TURN]


TURNS: dict[str, Sequence[Exchange]] = {
    "the only one": [ask(1, PROMPT)],
    "the only one, without tools": [ask(1, said("Make a title"), tools=False)],
    "one that says title": [*WORK, ask(12, PROMPT, *ran("a"), said("Write a title and a summary"))],
    "the last step, without tools": [*WORK, ask(12, PROMPT, *ran("a"), *ran("b"), tools=False)],
    "an agent without tools": [
        ask(1, PROMPT, tools=False),
        ask(2, PROMPT, said("an edit", "assistant"), said("It fails"), tools=False),
    ],
    "another model with tools": [*WORK, ask(20, said("Look around"), model="small-1")],
    "a bound that leaves room": [ask(1, PROMPT, max_output_tokens=TINY + 1)],
    "an answer by a schema": [ask(1, PROMPT, tools=False, text=SCHEMA)],
}


@pytest.mark.parametrize("run", TURNS.values(), ids=TURNS.keys())
def test_the_work_is_told(run: Sequence[Exchange]) -> None:
    assert set(purposes_of(run)) == {TURN}


def test_an_agent_without_tools_asks_another_model_beside_its_work() -> None:
    run = [
        ask(1, said("Long rules " * 50, "system"), PROMPT, tools=False),
        small(2, "Write one line for a commit message.", said("a diff")),
    ]
    assert purposes_of(run) == [TURN, "commit message"]


def test_a_warm_up_says_so_itself() -> None:
    calls = [create(0, generate=False, model="m", input=[PROMPT]), *told(0, events("r0"))]
    calls += [create(1, model="m", input=[PROMPT]), *told(1, events("r1"))]
    assert purposes_of([conversation(calls)]) == [WARM_UP, TURN]


def test_a_sub_agent_without_tools_is_at_work() -> None:
    ids = {"session": ["header s"], "agent": ["header a"]}
    run = [
        ask(1, PROMPT, headers={"s": "1"}),
        ask(2, said("Review it"), tools=False, headers={"s": "1", "a": "review"}),
    ]
    assert purposes_of(run, ids) == [TURN, TURN]


def test_each_session_has_its_own_usual_things() -> None:
    run = [
        ask(1, PROMPT, headers={"s": "1"}),
        ask(2, said("Hello"), tools=False, headers={"s": "2"}),
    ]
    assert purposes_of(run, {"session": ["header s"]}) == [TURN, TURN]
    assert purposes_of(run) == [TURN, SIDE]


def schema(*fields: str) -> dict[str, Any]:
    """Make the format of an answer with some fields."""
    properties = {name: {"type": "string"} for name in fields}
    return {"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object", "properties": properties}}}


NAMED: dict[str, tuple[list[Exchange], list[str]]] = {
    "a title in a session of its own, with tools": (
        [
            ask(1, said("Generate a concise title: fix the tests"), text=schema("title"), headers={"s": "2"}),
            ask(2, PROMPT, headers={"s": "1"}),
        ],
        ["title", TURN],
    ),
    "asked again when it failed": (
        [ask(1, PROMPT, text=schema("title")), ask(2, PROMPT, text=schema("title")), ask(3, TWO)],
        ["title", "title", TURN],
    ),
    "a topic with its title": ([ask(1, PROMPT), ask(2, TWO, text=schema("isNewTopic", "title"))], [TURN, "topic"]),
    "the user's own schema, on all turns": (
        [ask(1, PROMPT, text=schema("title")), ask(2, PROMPT, *ran("a"), text=schema("title"))],
        [TURN, TURN],
    ),
    "an answer that calls tools": (
        [ask(1, PROMPT), ask(2, TWO, text=schema("title"), answer=[ran("a")[0]])],
        [TURN, TURN],
    ),
    "an answer with much more in it": ([ask(1, PROMPT), ask(2, TWO, text=schema("title", "a", "b"))], [TURN, TURN]),
}


@pytest.mark.parametrize(("run", "expected"), NAMED.values(), ids=NAMED.keys())
def test_the_fields_of_an_answer_name_what_it_is_for(run: list[Exchange], expected: list[str]) -> None:
    assert purposes_of(run, {"session": ["header s"]}) == expected


TITLE: dict[str, tuple[str, dict[str, Any]]] = {
    "openai_responses": ("/v1/responses", {"input": "x", "text": schema("title")}),
    "openai_chat_completions": (
        "/v1/chat/completions",
        {
            "messages": [],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"properties": {"title": {}}}},
            },
        },
    ),
    "anthropic_messages": (
        "/v1/messages",
        {
            "messages": [],
            "max_tokens": 99,
            "output_config": {"format": {"type": "json_schema", "schema": {"properties": {"title": {}}}}},
        },
    ),
    "anthropic_messages, as its beta had it": (
        "/v1/messages",
        {
            "messages": [],
            "max_tokens": 99,
            "output_format": {"type": "json_schema", "schema": {"properties": {"title": {}}}},
        },
    ),
    "gemini_generate_content": (
        "/v1beta/models/m:generateContent",
        {"contents": [], "generationConfig": {"responseJsonSchema": {"properties": {"title": {}}}}},
    ),
    "bedrock_converse": (
        "/model/m/converse",
        {
            "messages": [],
            "outputConfig": {
                "textFormat": {
                    "type": "json_schema",
                    "structure": {"jsonSchema": {"schema": '{"properties":{"title":{}}}'}},
                }
            },
        },
    ),
}


@pytest.mark.parametrize(("path", "body"), TITLE.values(), ids=TITLE.keys())
def test_the_fields_of_an_answer_are_known_in_every_api(path: str, body: dict[str, Any]) -> None:
    title = post(1.0, {}, headers={}, request={"model": "m", **body}, url=f"https://api.test{path}")
    assert purposes_of([title, ask(2, PROMPT)]) == ["title", TURN]
