"""What is printed is bounded, nothing is lost between two parts, and the cut places are named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.ask.bounds import Bounds, bounds_of, part_of_text, shortened
from probe.ask.found import below, leaves, value_found
from probe.ask.times import time_of
from probe.errors import UserError
from tests.ask.asking import given as options

NOW = 1_000_000.0
_TEXTS = st.text(max_size=30)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(st.text(alphabet="ab\n", max_size=200), st.integers(1, 50))
def test_parts_of_a_text_add_up_to_all_of_it(text: str, limit: int) -> None:
    parts, offset = [], 0
    while True:
        part, rest = part_of_text(text, Bounds(offset, limit))
        assert len(part) <= limit
        parts.append(part)
        if rest is None:
            break
        assert rest > offset
        offset = rest
    assert "".join(parts) == text


@given(_VALUES)
def test_each_text_of_a_value_is_where_its_pointer_leads(value: Any) -> None:
    for pointer, text in leaves(value):
        there = below(value_found(value), pointer).value
        assert there == text or json.loads(text) == there


@given(_VALUES, st.integers(200, 2000))
def test_a_value_that_is_short_enough_is_whole(value: Any, limit: int) -> None:
    short, places = shortened(value, limit)
    assert bool(places) or short == value


def test_a_long_value_is_cut_and_the_places_are_named() -> None:
    value = {"a": "x" * 50_000, "b/c": [1] * 5000, "d": "short"}
    short, places = shortened(value, 20_000)
    assert len(json.dumps(short)) < 20_000
    assert short["d"] == "short"
    assert set(places) == {"/a", "/b~1c"}
    assert below(value_found(value), "/a").value == "x" * 50_000
    assert shortened(value, None) == (value, [])


GIVEN: dict[str, tuple[dict[str, Any], Bounds]] = {
    "nothing": ({}, Bounds(0, 30)),
    "a limit": ({"limit": "5"}, Bounds(0, 5)),
    "an offset": ({"offset": "7"}, Bounds(7, 30)),
    "all": ({"all": True}, Bounds(0, None)),
}


@pytest.mark.parametrize(("given_options", "bounds"), GIVEN.values(), ids=GIVEN)
def test_a_part_can_be_asked_for(given_options: dict[str, Any], bounds: Bounds) -> None:
    assert bounds_of(options(**given_options), 30) == bounds


@pytest.mark.parametrize(
    "mistake", [{"limit": "0"}, {"limit": "x"}, {"limit": "-1"}, {"offset": "²"}, {"limit": "1", "all": True}]
)
def test_a_part_that_is_none_is_refused(mistake: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        bounds_of(options(**mistake), 30)


TIMES = {
    "seconds ago": ("30s", NOW - 30),
    "hours ago": ("2h", NOW - 7200),
    "days ago": ("3d", NOW - 259_200),
    "weeks ago": ("1w", NOW - 604_800),
    "a time with its zone": ("1970-01-02T00:00:00Z", 86_400.0),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("text", "time"), TIMES.values(), ids=TIMES)
def test_times_are_read_as_people_type_them(text: str | None, time: float | None) -> None:
    assert time_of(text, "--since", NOW) == time


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "", "h", "99999-01-01"])
def test_a_time_that_is_none_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UserError, match=f"--since {text}: not a time") as raised:
        time_of(text, "--since", NOW)
    assert "2026-01-31T14:30" in (raised.value.hint or "")
