"""The facts of a turn are the same whatever its API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.exchange import Exchange, Request, Response
from probe.renderers.api import Stop
from probe.renderers.blocks import Usage
from probe.trace.facts import CALLS as MOST_CALLS
from probe.trace.facts import TurnFacts
from probe.trace.features import text_number
from probe.trace.tool_calls import TEXT, Call
from tests.analysis.runs import ask, facts, said
from tests.replay.replays import conversation, create, events, told

USER = "Where am I?"
CHAT_ANSWER = {
    "id": "c",
    "model": "m-answered",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "shell", "arguments": "{}"}}],
            },
        }
    ],
    "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14},
}
MESSAGES_ANSWER = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m-answered",
    "content": [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "1", "name": "shell", "input": {}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 4, "cache_read_input_tokens": 6, "output_tokens": 4},
}
GEMINI_ANSWER = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [{"text": "I look."}, {"functionCall": {"name": "shell", "args": {}}}],
            },
            "finishReason": "STOP",
        }
    ],
    "modelVersion": "m-answered",
    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 4, "totalTokenCount": 14},
}
RESPONSES_ANSWER = {
    "id": "r",
    "model": "m-answered",
    "status": "completed",
    "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "name": "shell", "call_id": "1", "arguments": "{}"},
    ],
    "usage": {"input_tokens": 10, "output_tokens": 4, "total_tokens": 14},
}
CALLS: dict[str, tuple[str, Any, Any]] = {
    "openai_responses": (
        "/v1/responses",
        {"model": "m", "input": USER, "tools": [{"type": "function", "name": "shell"}]},
        RESPONSES_ANSWER,
    ),
    "openai_chat_completions": (
        "/v1/chat/completions",
        {
            "model": "m",
            "messages": [{"role": "user", "content": USER}],
            "tools": [{"type": "function", "function": {"name": "shell"}}],
        },
        CHAT_ANSWER,
    ),
    "anthropic_messages": (
        "/v1/messages",
        {
            "model": "m",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": USER}],
            "tools": [{"name": "shell", "input_schema": {}}],
        },
        MESSAGES_ANSWER,
    ),
    "gemini_generate_content": (
        "/v1beta/models/m:generateContent",
        {
            "contents": [{"role": "user", "parts": [{"text": USER}]}],
            "tools": [{"functionDeclarations": [{"name": "shell"}]}],
        },
        GEMINI_ANSWER,
    ),
}


def exchange(path: str, request: Any, answer: Any, status: int = 200) -> Exchange:
    """Make an exchange with a whole answer."""
    return Exchange(
        timestamp=5.0,
        listener="model",
        request=Request(method="POST", url=f"https://api.test{path}", body=request, body_kind="json"),
        response=Response(
            status_code=status, headers={"content-type": "application/json"}, body=answer, body_kind="json", ended=7.5
        ),
    )


def only(run: Exchange) -> TurnFacts:
    """Return the only turn of an exchange."""
    [turn] = facts([run])
    return turn


@pytest.mark.parametrize(("api", "call"), CALLS.items(), ids=CALLS.keys())
def test_a_call_has_the_same_facts_in_every_api(api: str, call: tuple[str, Any, Any]) -> None:
    turn = only(exchange(*call))
    assert (turn.api, turn.model, turn.answered_by) == (api, "m", "m-answered")
    assert turn.usage is not None
    assert (turn.usage.input, turn.usage.output, turn.usage.total) == (10, 4, 14)
    assert ([call.name for call in turn.calls], turn.text, turn.problem) == (["shell"], "I look.", None)
    assert turn.stop is Stop.TOOL_CALL
    assert (turn.started, turn.ended, turn.listener, turn.origin) == (5.0, 7.5, "model", "https://api.test")
    assert (turn.complete, turn.read, turn.websocket, turn.part) == (True, True, False, None)
    assert (turn.tools, turn.prompts, turn.elsewhere, turn.previous_id) == (1, True, False, None)


@pytest.mark.parametrize(("api", "call"), CALLS.items(), ids=CALLS.keys())
def test_an_error_is_told(api: str, call: tuple[str, Any, Any]) -> None:
    error = {"error": {"message": "too much", "type": "rate_limit_error", "code": 429, "status": "RESOURCE_EXHAUSTED"}}
    turn = only(exchange(call[0], call[1], {"type": "error", **error}, 429))
    assert (turn.api, turn.status, turn.problem, turn.usage) == (api, 429, "too much", None)


def test_each_call_of_a_websocket_is_a_turn_of_its_own() -> None:
    calls = [create(0, generate=False, model="m"), *told(1, events("r0"))]
    calls += [create(2, model="m", input=[said(USER)]), *told(3, events("r1"))]
    first, second = facts([conversation(calls)])
    assert [(turn.line, turn.part, turn.websocket, turn.text) for turn in (first, second)] == [
        (1, 1, True, "r0"),
        (1, 2, True, "r1"),
    ]
    assert first.warm_up
    assert not second.warm_up


def test_a_call_without_an_answer_has_no_facts_of_one() -> None:
    run = exchange(*CALLS["openai_responses"])
    turn = only(Exchange(timestamp=1.0, request=run.request, error="reset"))
    assert (turn.ended, turn.status, turn.usage, turn.answered_by, turn.complete) == (None, None, None, None, False)
    assert (turn.model, turn.read) == ("m", True)


def test_usage_that_is_not_told_is_not_known() -> None:
    assert only(ask(1, said(USER))).usage is None
    told_usage = only(ask(1, said(USER), usage={"input_tokens": 1})).usage
    assert told_usage == Usage(input=1, output=None, total=None)


def test_what_is_kept_of_a_turn_is_bounded() -> None:
    many = [
        {
            "type": "function_call",
            "name": f"tool-{number}",
            "call_id": "c",
            "arguments": '{"command":"%s"}' % ("y" * 999),
        }
        for number in range(MOST_CALLS + 5)
    ]
    text = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "x" * 5000}]}
    turn = only(ask(1, said(USER), answer=[*many, text]))
    assert turn.calls[0] == Call(name="tool-0", argument="y" * TEXT, call_id="c", texts=(text_number("y" * 999),))
    assert (len(turn.calls), turn.more_calls, len(turn.text)) == (MOST_CALLS, 5, TEXT)


ARGUMENTS: dict[str, tuple[str, str]] = {
    "a command": ('{"timeout": 5, "command": "ls -l"}', "ls -l"),
    "a command as words": ('{"command": ["git", "status"]}', "git status"),
    "the script of a shell": ('{"command": ["bash", "-lc", "make test"]}', "make test"),
    "a file before its content": ('{"content": "x", "path": "a.py"}', "a.py"),
    "the first of unknown names": ('{"what": "this", "how": "so"}', "this"),
    "no arguments": ("{}", ""),
    "arguments that are no JSON": ("*** Begin Patch", "*** Begin Patch"),
}


@pytest.mark.parametrize(("arguments", "shown"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_the_argument_that_says_most_is_kept(arguments: str, shown: str) -> None:
    call = {"type": "function_call", "name": "tool", "call_id": "c", "arguments": arguments}
    assert [one.argument for one in only(ask(1, said(USER), answer=[call])).calls] == [shown]


def test_the_last_text_is_the_answer_and_not_what_stands_at_its_cut() -> None:
    run = ask(1, said(USER))
    assert run.response is not None
    stream = str(run.response.body) + 'event: x\ndata: {"type":"half'
    cut = Exchange(
        timestamp=1.0,
        request=run.request,
        response=Response(status_code=200, headers=run.response.headers, body=stream, body_kind="sse"),
    )
    assert only(cut).text == "fine"


PATHS = {
    "/v1beta/models/gemini-x:streamGenerateContent": "gemini-x",
    "/v1/projects/p/locations/l/publishers/google/models/gemini-x:generateContent": "gemini-x",
    "/model/us.maker.model-v1%3A0/invoke": "us.maker.model-v1:0",
}


@pytest.mark.parametrize(("path", "model"), PATHS.items())
def test_a_model_is_told_by_the_path_where_the_body_does_not(path: str, model: str) -> None:
    body = {"contents": [], "messages": [], "max_tokens": 1, "anthropic_version": "bedrock-2023-05-31"}
    assert only(exchange(path, body, json.loads("{}"))).model == model


NO_TURNS: dict[str, tuple[str, Any]] = {
    "models": ("/v1/models", None),
    "a count of tokens": ("/v1/messages/count_tokens", {"model": "m", "messages": []}),
    "Gemini's count of tokens": ("/v1beta/models/m:countTokens", {"contents": []}),
    "something else": ("/v1/metrics", {"a": 1}),
}


@pytest.mark.parametrize(("path", "body"), NO_TURNS.values(), ids=NO_TURNS.keys())
def test_what_is_no_call_of_a_model_is_no_turn(path: str, body: Any) -> None:
    assert facts([exchange(path, body, {"totalTokens": 1, "input_tokens": 1})]) == []


PIECES: dict[str, tuple[list[float], tuple[float, float] | None]] = {
    "none": ([], None),
    "one": ([5.5], None),
    "two": ([5.5, 6.0], (0.5, 5.5)),
    "the longest of several": ([5.5, 6.0, 9.0, 9.5], (3.0, 6.0)),
    "the first of two as long": ([5.0, 6.0, 7.0], (1.0, 5.0)),
}


@pytest.mark.parametrize(("times", "silence"), PIECES.values(), ids=PIECES.keys())
def test_the_longest_silence_is_between_two_pieces(times: list[float], silence: tuple[float, float] | None) -> None:
    run = ask(5.0, said(USER))
    assert run.response is not None
    run.response.pieces.extend((time, 10 * number) for number, time in enumerate(times))
    assert only(run).silence == silence


def test_the_silence_of_a_websockets_turn_is_between_its_own_messages() -> None:
    calls = [create(0, input=[said(USER)]), *told(1, events("r0")[:1]), *told(4, events("r0")[1:])]
    calls += [create(90, input=[said(USER)]), *told(91, events("r1"))]
    first, second = facts([conversation(calls)])
    assert (first.silence, second.silence) == ((3.0, 1), (0.0, 91))


def test_the_names_of_calls_beyond_those_that_are_kept_are_known() -> None:
    calls = [
        {"type": "function_call", "name": f"tool{number}", "call_id": f"c{number}", "arguments": "{}"}
        for number in range(MOST_CALLS + 2)
    ]
    turn = only(ask(5.0, said(USER), answer=calls))
    assert turn.more_calls == 2
    assert turn.more_called == (
        (f"tool{MOST_CALLS}", f"c{MOST_CALLS}"),
        (f"tool{MOST_CALLS + 1}", f"c{MOST_CALLS + 1}"),
    )
