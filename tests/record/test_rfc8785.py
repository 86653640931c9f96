"""Canonical JSON is that of RFC 8785: its own examples, and another implementation."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from probe.record.rfc8785 import number_text, rfc8785_json, string_content

NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "becbf647612f3696": "-0.0000033333333333333333",
}
"""Of the RFC's appendix B: a double's bits, and its text."""


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_in_the_rfcs_table(bits: str, text: str) -> None:
    assert number_text(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


def test_the_rfcs_example_of_sorting() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    sorted_names = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    written = rfc8785_json(dict.fromkeys(names))
    assert list(json.loads(written)) == sorted_names


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_any_value_is_written_as_by_another_implementation(value: Any) -> None:
    assert rfc8785_json(value) == rfc8785.dumps(value)


@given(st.integers(-(2**63), 2**64 - 1))
def test_an_integer_is_the_double_that_other_languages_read(value: int) -> None:
    # The other implementation refuses integers of more than 53 bits; records have them.
    assert rfc8785_json(value) == rfc8785.dumps(float(value))


@given(st.text(), st.text())
def test_parts_of_a_text_make_the_whole(one: str, other: str) -> None:
    assert b'"' + string_content(one) + string_content(other) + b'"' == rfc8785.dumps(one + other)


def test_what_has_no_canonical_form_is_refused() -> None:
    deep: Any = []
    for _ in range(600):
        deep = [deep]
    for value in ("\ud800", float("inf"), float("nan"), deep):
        with pytest.raises(ValueError, match=r"."):
            rfc8785_json(value)
