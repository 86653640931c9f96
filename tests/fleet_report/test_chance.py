"""What a group of runs shows by chance, and where what it shows is looked up."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest

from probe.fleet.shown import CHANCE, Seen, Shown, may_be_chance

CASES = {
    "all, then none": (Seen(12, 12), Seen(0, 9), False),
    "one of one, then none of one": (Seen(1, 1), Seen(0, 1), False),
    "most, then none": (Seen(7, 9), Seen(0, 9), False),
    "few, then none": (Seen(3, 25), Seen(0, 25), True),
    "few of many, then none of many": (Seen(30, 250), Seen(0, 250), False),
    "few of many, then none of few": (Seen(30, 250), Seen(0, 5), True),
    "none, then all": (Seen(0, 12), Seen(9, 9), False),
    "both show it": (Seen(12, 12), Seen(1, 9), True),
    "nobody could show it": (Seen(12, 12), Seen(0, 0), True),
    "a hundred thousand": (Seen(99_999, 100_000), Seen(0, 100_000), False),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES.keys())
def test_what_may_be_chance(before: Seen, after: Seen, expected: bool) -> None:
    assert may_be_chance(before, after) is expected
    assert may_be_chance(after, before) is expected


def test_chance_is_the_share_of_ways_to_deal_out_the_runs() -> None:
    for of, runs, others in ((6, 2, 5), (8, 5, 3), (5, 4, 9)):
        ways = [chosen for chosen in combinations(range(of + others), runs) if max(chosen) < of]
        likely = len(ways) / comb(of + others, runs)
        assert may_be_chance(Seen(runs, of), Seen(0, others)) is (likely > CHANCE)


PLACES = {
    "POST /v1 reached": {"": 10},
    "POST /v1 headers": {"x-a": 7},
    "POST /v1 request": {
        "input": 10,
        "input[][type=message,role=user]": 9,
        "input[][type=message,role=user].text": 8,
        "input[][type=message,role=developer]": 4,
        "input[][type=message,role=developer].text": 3,
        'input[][type=call].name="a.b[c]=d"': 2,
        "input[][type=call].name": 2,
        "input[][type=call]": 2,
    },
    "POST /v1 answer": {"event[response.done]": 6, "event[response.done][type=response.done].id": 5},
    "WS /v1 reached": {"": 3},
    "WS /v1 request": {"[type=create].model": 3, "[type=create]": 3},
}
SHOWN = Shown(PLACES, 12)
FOUND = {
    "a header": (SHOWN.flat("POST /v1", "headers", "x-a"), Seen(7, 10)),
    "a header that nobody sends": (SHOWN.flat("POST /v1", "headers", "x-b"), Seen(0, 10)),
    "an endpoint that nobody reaches": (SHOWN.flat("GET /v2", "headers", "x-a"), Seen(0, 0)),
    "a member of the body": (SHOWN.place("POST /v1", "request", "input", ""), Seen(10, 10)),
    "a member of one kind": (
        SHOWN.place("POST /v1", "request", "input[][role=developer].text", "input[][role=developer]"),
        Seen(3, 4),
    ),
    "a member of several kinds is in as many runs at least": (
        SHOWN.place("POST /v1", "request", "input[][type=message].text", "input[][type=message]"),
        Seen(8, 9),
    ),
    "a member of a tagged body": (SHOWN.place("WS /v1", "request", "model", ""), Seen(3, 3)),
    "a member of an event": (
        SHOWN.place("POST /v1", "answer", "event[response.done].id", "event[response.done]"),
        Seen(5, 6),
    ),
    "an event": (SHOWN.event("response.done"), Seen(6, 12)),
    "a value": (SHOWN.value("POST /v1", "request", "input[][type=call].name", '"a.b[c]=d"'), Seen(2, 2)),
    "a kind": (SHOWN.kind("POST /v1", "request", "input[]", "call"), Seen(2, 9)),
    "a kind of two tags": (SHOWN.kind("POST /v1", "request", "input[]", "message.developer"), Seen(4, 9)),
}


@pytest.mark.parametrize(("seen", "expected"), FOUND.values(), ids=FOUND.keys())
def test_a_place_is_looked_up_by_its_tags(seen: Seen, expected: Seen) -> None:
    assert seen == expected
