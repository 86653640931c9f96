"""Which recorded answer an agent gets: found by thread, what is new, model and tools, over real sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.differing_place import phrases
from probe.record.exchange import Exchange, Headers
from probe.slots.environment import Environment
from tests.replay.replays import Replay, events, post, replaying, stream
from tests.support.client import ask

JSON: Headers = {"Content-Type": "application/json"}
TOOL = {"type": "function", "name": "shell", "parameters": {"type": "object"}}


def user(text: str) -> dict[str, Any]:
    """Make a message of the user."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def result(text: str) -> dict[str, Any]:
    """Make the result of a tool."""
    return {"type": "function_call_output", "call_id": "c", "output": text}


def answer_of(name: str) -> dict[str, Any]:
    """Return the message of an answer, as an agent sends it back."""
    found: dict[str, Any] = json.loads(events(name)[1])["item"]
    return found


def request(*items: Any, **more: Any) -> dict[str, Any]:
    """Make a call of the model."""
    return {"model": "m", "instructions": "Be brief.", "tools": [TOOL], "input": list(items), **more}


def call(at: float, name: str, *items: Any, **more: Any) -> Exchange:
    """Make a recorded call; `name` is what is answered."""
    return post(at, stream(name), request=request(*items, **more))


FIRST, SECOND = [user("Hello")], [user("Hello"), answer_of("one"), result("a.py")]
RUN = [call(1.0, "one", *FIRST), call(2.0, "two", *SECOND)]


def asked(replay: Replay, *items: Any, **more: Any) -> str:
    """Make a call, and return the name of its answer; an error's message where it got none."""
    answer = ask(f"{replay.url}/v1/responses", json.dumps(request(*items, **more)).encode())
    body = answer.body.decode()
    if answer.status != 200:
        return str(json.loads(body)["error"]["message"])
    return str(json.loads(body.split("data: ")[1].split("\n")[0])["response"]["id"])


def test_calls_are_found_by_what_they_say_in_whatever_order_they_come() -> None:
    with replaying([*RUN, call(1.5, "title", user("Title of: Hello"), tools=[])]) as replay:
        assert asked(replay, *FIRST) == "one"
        assert asked(replay, *SECOND) == "two"
        assert asked(replay, user("Title of: Hello"), tools=[]) == "title"
    assert (replay.server.problems, replay.server.notes) == ([], [])


CHANGES = {
    "prompt": ([user("Hi")], {}, 'call 1 differs at input[0].content[0].text (now "Hi", recorded "Hello")'),
    "a further message": ([*FIRST, user("Now")], {}, "call 1 differs at input[1] ("),
    "model": (FIRST, {"model": "n"}, 'call 1 differs at model (now "n", recorded "m")'),
    "tool": (FIRST, {"tools": [{**TOOL, "name": "bash"}]}, "call 1 differs: tool bash is new, tool shell is gone"),
    "instructions": (
        FIRST,
        {"instructions": "Be long."},
        'call 1 differs at instructions (now "Be long.", recorded "Be brief.")',
    ),
    "setting": (FIRST, {"store": True}, "call 1 differs at store (now true, recorded nothing)"),
}


@pytest.mark.parametrize(("items", "more", "note"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_named_at_its_place_and_nothing_else_is(items: list[Any], more: dict[str, Any], note: str) -> None:
    with replaying(RUN) as replay:
        assert asked(replay, *items, **more) == "one"
        # The thread goes on: what was noted is not noted again.
        assert asked(replay, *items, answer_of("one"), result("a.py"), **more) == "two"
    (noted,) = replay.server.notes
    assert noted.startswith(note)
    assert noted.count("(now ") == (0 if "tool" in note else 1)
    assert replay.server.problems == []


@pytest.mark.parametrize(("items", "more", "note"), CHANGES.values(), ids=CHANGES.keys())
def test_a_strict_replay_answers_no_call_that_differs(items: list[Any], more: dict[str, Any], note: str) -> None:
    missed: list[str] = []
    with replaying(RUN, strict=True, on_miss=missed.append) as replay:
        assert f"probe replay: {note}".startswith(asked(replay, *items, **more).split(" (")[0])
        assert asked(replay, *FIRST) == "one"
        (problem,) = replay.server.problems
    assert [note.startswith(text) for text in missed] == [True]
    assert f"got no answer, since it is not as recorded (--strict): {note}" in problem
    assert replay.server.unasked == 1


def test_the_model_settings_and_what_the_user_asked_are_named_first_and_every_place_is_kept() -> None:
    tools = [TOOL, *({**TOOL, "name": name} for name in ("a", "b"))]
    injected = user("<environment_context>\n<os>new</os>\n</environment_context>")
    recorded = call(
        1.0, "one", user("<environment_context>\n<os>old</os>\n</environment_context>"), *FIRST, tools=tools
    )
    more = {"instructions": "Be long.", "model": "n", "store": True, "tools": [{**TOOL, "name": "zzz"}, TOOL]}
    with replaying([recorded]) as replay:
        assert asked(replay, injected, user("Hi"), **more) == "one"
    (note,) = replay.server.notes
    settings = 'at model (now "n", recorded "m"), at store (now true, recorded nothing)'
    assert note.startswith(
        f'call 1 differs {settings}, at input[1].content[0].text (now "Hi", recorded "Hello") and in 5'
    )
    places = replay.server.places
    assert [one.at for one in places[3:]] == [
        "input[0].content[0].text",
        "instructions",
        "tools[zzz]",
        "tools[a]",
        "tools[b]",
    ]
    assert phrases(places)[5:7] == [("tool zzz is new", 1), ("tools a, b are gone", 2)]


def test_long_texts_are_shown_where_they_differ() -> None:
    long = "The same words again. " * 20
    with replaying([call(1.0, "one", user(f"{long}one{long}"))]) as replay:
        assert asked(replay, user(f"{long}two{long}")) == "one"
    (note,) = replay.server.notes
    assert "two" in note.split("recorded ")[0]
    assert "one" in note.split("recorded ")[1].split("; it got")[0]
    assert len(note) < 300


def test_a_thread_that_asks_for_more_gets_no_answer_of_another() -> None:
    other = [call(3.0, "other", user("Other")), call(4.0, "more", user("Other"), answer_of("other"), result("b"))]
    with replaying([*RUN, *other]) as replay:
        assert asked(replay, *FIRST) == "one"
        assert asked(replay, *SECOND) == "two"
        assert "used up" in asked(replay, *SECOND, answer_of("two"), user("More"))
        assert asked(replay, user("Other")) == "other"


def test_a_call_of_another_kind_gets_no_answer_and_the_nearest_is_named() -> None:
    with replaying(RUN) as replay:
        text = asked(replay, user("Title?"), tools=[], instructions="Name it.")
    assert 'instructions (now "Name it.", recorded "Be brief.")' in text
    assert "has nothing in common with the recorded calls" in text
    assert len(replay.server.problems) == 1


def test_a_call_whose_answer_another_one_got_still_gets_it() -> None:
    with replaying(RUN) as replay:
        assert asked(replay, user("Hi")) == "one"
        assert asked(replay, *FIRST) == "one"


def test_a_call_that_is_tried_again_gets_the_recorded_tries_in_their_order() -> None:
    busy = [
        post(at, {"error": {"message": "busy"}}, request=request(*FIRST), status=503, headers=JSON) for at in (0.1, 0.2)
    ]
    with replaying([*RUN, *busy]) as replay:
        assert [asked(replay, *FIRST) for _ in range(3)] == ["busy", "busy", "one"]
        assert "used up: the recording has 3 answers to this call of /v1/responses" in asked(replay, *FIRST)


def test_where_a_credential_was_redacted_any_text_is_the_same() -> None:
    redacted = call(1.0, "one", user("Use [REDACTED:01234567] and [REDACTED:89abcdef] now"))
    with replaying([redacted, *RUN[:1]]) as replay:
        assert asked(replay, user("Use my-key and another one now")) == "one"
        assert asked(replay, user("Use my-key later")) == "one"
    assert [note[:6] for note in replay.server.notes] == ["call 2"]


def test_folders_ids_and_times_are_no_difference() -> None:
    def where(folder: str, thread: str) -> dict[str, Any]:
        text = f"<cwd>{folder}</cwd> at 2026-11-22T10:00:0{len(thread) % 10}Z"
        return request(user(text), result(f"{folder}/a.py\n/home/me/x"), prompt_cache_key=thread)

    before, now = where("/home/me/old", "01985000-0000-7000-8000-000000000001"), where("/tmp/new", "0198-1")
    now["prompt_cache_key"] = "01985000-0000-7000-8000-000000000002"
    recorded = Environment(folders={"cwd": "/home/me/old", "home": "/home/me"})
    later = request(*before["input"], answer_of("one"), result("/home/me/old/b"), prompt_cache_key="x" * 36)
    exchanges = [post(1.0, stream("one"), request=before), post(2.0, stream("two"), request=later)]
    with replaying(exchanges, recorded=recorded, strict=True) as replay:
        url = f"{replay.url}/v1/responses"
        assert ask(url, json.dumps(now).encode()).body == stream("one").encode()
        # The model's words have the recorded folder: the agent sends it back.
        now["input"] += [answer_of("one"), result("/tmp/new/b")]
        now["prompt_cache_key"] = "x" * 36
        assert ask(url, json.dumps(now).encode()).body == stream("two").encode()
    assert (replay.server.problems, replay.server.notes) == ([], [])


def test_side_requests_are_told_apart_by_their_bodies() -> None:
    url = "https://api.openai.com/v1/count"
    sides = [post(at, {"n": at}, request={"text": str(at)}, url=url, headers=JSON) for at in (1.0, 2.0)]
    with replaying(sides) as replay:
        got = [
            json.loads(ask(f"{replay.url}/v1/count", json.dumps({"text": at}).encode()).body) for at in ("2.0", "1.0")
        ]
    assert got == [{"n": 2.0}, {"n": 1.0}]


def test_places_are_those_of_the_call_and_what_it_lacks_is_named_by_role_and_text() -> None:
    rules = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "The rules: " * 9}]}
    with replaying([call(1.0, "one", rules, user("Hello"), user("Now"))]) as replay:
        assert asked(replay, user("Hello"), user("Then")) == "one"
    assert [one.line for one in replay.server.places] == [
        'call 1 differs at input[1].content[0].text (now "Then", recorded "Now")',
        "call 1 differs at input[0] of the recorded call (now nothing, recorded "
        '{"role": "developer", "text": "The rules: The rules: The rul…)',
    ]


def test_a_text_with_a_redacted_credential_that_differs_elsewhere_is_a_difference() -> None:
    with replaying([call(1.0, "one", *FIRST, instructions="Use [REDACTED:01234567]. Be brief.")]) as replay:
        assert asked(replay, *FIRST, instructions="Use my-key. Be long.") == "one"
    (note,) = replay.server.notes
    assert note.startswith("call 1 differs at instructions (now ")
