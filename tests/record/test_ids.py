"""An agent's own ids are found where its target says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.exchange import Request
from probe.record.ids import LONGEST, find_ids, place_problem

HEADERS: Any = {
    "Session-Id": "s-1",
    "x-several": ["first", "second"],
    "x-meta": json.dumps({"turn_id": "t-1", "deep": {"id": 7}}),
}
BODY: Any = {
    "metadata": {"user_id": json.dumps({"session_id": "u-1", "device": {"id": "d-1"}})},
    "client_metadata": {"turn_id": "t-2", "empty": "", "nothing": None, "flag": True},
    "request": {"session_id": "g-1"},
    "long": "x" * (LONGEST + 1),
    "text": '{"cut',
}
PLACES = {
    "a header, whatever its case": (["header session-id"], "s-1"),
    "the first value of a header": (["header x-several"], "first"),
    "within JSON in a header": (["header x-meta turn_id"], "t-1"),
    "a number, deep within it": (["header x-meta deep.id"], "7"),
    "a field of the body": (["body client_metadata.turn_id"], "t-2"),
    "within JSON that is a text in the body": (["body metadata.user_id.session_id"], "u-1"),
    "and within that": (["body metadata.user_id.device.id"], "d-1"),
    "the first place that has one": (["header x-none", "body client_metadata.turn_id", "header session-id"], "t-2"),
    "an empty one is none": (["body client_metadata.empty", "header session-id"], "s-1"),
    "null is none": (["body client_metadata.nothing"], None),
    "true is none": (["body client_metadata.flag"], None),
    "an object is none": (["body metadata"], None),
    "a long text is none": (["body long"], None),
    "JSON that is cut is none": (["body text.a"], None),
    "what is not there": (["body a.b.c", "header x-none a"], None),
}


@pytest.mark.parametrize(("places", "expected"), PLACES.values(), ids=PLACES.keys())
def test_an_id_is_found(places: list[str], expected: str | None) -> None:
    request = Request(method="POST", url="https://a.test/", headers=HEADERS)
    assert find_ids({"session": places}, request, BODY) == ({"session": expected} if expected else {})


def test_the_call_of_a_websocket_may_hold_its_fields_one_level_below() -> None:
    body = {"type": "response.create", "response": {"prompt_cache_key": "k"}}
    request = Request(method="GET", url="wss://a.test/")
    assert find_ids({"session": ["body prompt_cache_key"]}, request, body) == {"session": "k"}


@pytest.mark.parametrize("body", [None, "text", [1], {"a": []}])
def test_no_body_breaks_it(body: Any) -> None:
    assert find_ids({"session": ["body a.b"]}, Request(method="POST", url="x"), body) == {}


GRAMMAR = {
    "header session-id": True,
    "header x-meta turn_id": True,
    "header x-meta a.b": True,
    "body client_metadata.turn_id": True,
    "body a": True,
    "": False,
    "header": False,
    "body": False,
    "body a b": False,
    "body a..b": False,
    "body .a": False,
    "cookie a": False,
    "header a: b": False,
    "header a b c": False,
}


@pytest.mark.parametrize(("place", "good"), GRAMMAR.items())
def test_a_place_is_checked(place: str, good: bool) -> None:
    assert (place_problem(place) is None) is good
