"""The one JSON reader takes what every part can handle, each text once, and leaves the rest as text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.renderers.json_reader import Json, json_of, parsed, parsed_json

TEXTS: dict[str, tuple[object, object]] = {
    "an object": ('{"a": [1, 2.5]}', {"a": [1, 2.5]}),
    "an array": (" [1]", [1]),
    "words": ("hello", "hello"),
    "a number is left as text": ("1", "1"),
    "of a name that repeats the last value counts": ('{"a":1,"a":2}', {"a": 2}),
    "NaN": ('{"a":NaN}', '{"a":NaN}'),
    "a number out of range": ("[1e999]", "[1e999]"),
    "cut short": ('{"a":', '{"a":'),
    "nested too deeply": ("[" * 100000, "[" * 100000),
    "nested too deeply, and whole": ("[" * 300 + "]" * 300, "[" * 300 + "]" * 300),
    "half a surrogate pair": ('{"a":"\\ud800"}', {"a": "\ud800"}),
    "NaN beside half a surrogate pair": ('{"a":"\\ud800","b":NaN}', '{"a":"\\ud800","b":NaN}'),
    "no text": (None, None),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.values(), ids=TEXTS.keys())
def test_text_is_parsed_where_it_is_json_that_can_be_handled(text: object, value: object) -> None:
    assert parsed_json(text) == value


def test_more_than_a_million_values_stay_text() -> None:
    text = "[" + "0," * 1_000_001 + "0]"
    assert parsed(text) == text
    assert parsed(text.encode()) == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(categories=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(categories=None)), inner),
    max_leaves=10,
)  # fmt: skip


@given(VALUES)
def test_json_read_in_parts_is_the_json_read_whole(value: Any) -> None:
    raw = json.dumps(value).encode()
    for read in (Json(raw), json_of(value)):
        if isinstance(value, dict):
            assert {name: member.value for name, member in read.members.items()} == value
        elif isinstance(value, list):
            assert [one.value for one in read.elements] == value
        else:
            assert (read.members, read.elements) == ({}, ())
        assert json.loads(read.raw) == value


def test_a_member_that_is_not_there_is_none() -> None:
    read = Json(b'{"a":{"b":1}}')
    assert (read.get("a"), read.get("b"), read.members["a"].get("b")) == ({"b": 1}, None, 1)
    assert (read.is_object, read.is_array, Json(b"[]").is_array, Json(b"1").members) == (True, False, True, {})
