"""Differences name the place of what changed, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from itertools import combinations
from random import Random
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.slots.differences import ABSENT, Difference, differences, matching

LONG = "word " * 100

CASES: dict[str, tuple[Any, Any, list[tuple[str, Any, Any]]]] = {
    "a member": ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
    "a member that is gone": ({"a": 1, "b": 2}, {"b": 2}, [("a", 1, ABSENT)]),
    "a member that is new": ({}, {"b": None}, [("b", ABSENT, None)]),
    "another type": ({"a": 1}, {"a": "1"}, [("a", 1, "1")]),
    "true is not 1": ([True], [1], [("[0]", True, 1)]),
    "an element that was put in": ([1, 2, 3], [1, 9, 2, 3], [("[1]", ABSENT, 9)]),
    "an element that was taken out": ([1, 2, 3], [1, 3], [("[1]", 2, ABSENT)]),
    "an element that changed": ([{"id": 1}, {"id": 2}], [{"id": 1}, {"id": 3}], [("[1].id", 2, 3)]),
    "one element changed and another new": (
        [{"type": "a", "n": 1}, {"type": "z"}],
        [{"type": "b"}, {"type": "a", "n": 2}, {"type": "z"}],
        [("[0]", ABSENT, {"type": "b"}), ("[0].n", 1, 2)],
    ),
    "JSON in a text": ({"a": '{"b": [1]}'}, {"a": '{"b": [2]}'}, [("a→.b[0]", 1, 2)]),
    "JSON in a text of its own": ('{"b": 1}', '{"b": 2}', [("→.b", 1, 2)]),
    "the order of members": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    "a lone surrogate": (["\ud800"], ["\ud801"], [("[0]", "\ud800", "\ud801")]),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES.keys())
def test_a_difference_has_its_place(before: Any, after: Any, expected: list[Any]) -> None:
    assert [tuple(one) for one in differences(before, after)] == expected


def test_a_long_text_shows_the_first_stretch_that_differs() -> None:
    (found,) = differences({"text": LONG + "old" + LONG}, {"text": LONG + "new words" + LONG})
    assert found.at == "text"
    assert "word old" in found.before
    assert "word new words" in found.after
    assert max(len(found.before), len(found.after)) < 200
    assert found.before.startswith("…")
    assert found.before.endswith("…")


def test_arrays_of_thousands_are_compared_in_time() -> None:
    before = [{"n": number} for number in range(3000)]
    after = [{"m": number} for number in range(3000)]
    assert len(list(differences(before, after))) == 6000
    assert list(differences(before, [*before[:7], *before[8:]])) == [Difference("[7]", {"n": 7}, ABSENT)]


def test_a_longest_common_subsequence_is_found_in_time_however_alike_the_elements_are() -> None:
    chance = Random(1)
    before, after = ([chance.choice("ab") for _ in range(10_000)] for _ in range(2))
    start = monotonic()
    assert len(matching(before, after)) > 8000
    assert monotonic() - start < 10


def _most_in_common(before: str, after: str) -> int:
    """Return the length of a longest common subsequence, by trying all."""
    subsequences = (some for size in range(len(before) + 1) for some in combinations(before, size))
    return max(len(some) for some in subsequences if _is_within(some, iter(after)))


def _is_within(some: Iterable[str], text: Iterator[str]) -> bool:
    return all(one in text for one in some)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_no_common_subsequence_is_longer(before: str, after: str) -> None:
    pairs = matching(before, after)
    assert [before[one] for one, _ in pairs] == [after[other] for _, other in pairs]
    assert pairs == sorted(set(pairs))
    assert len(pairs) == _most_in_common(before, after)


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text("ab", max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text("xy", min_size=1, max_size=2), inner)),
    max_leaves=15,
)


@given(_values)
def test_equal_values_have_no_differences(value: Any) -> None:
    assert list(differences(value, copy.deepcopy(value))) == []


def _leaves(value: Any, at: str = "") -> Any:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves(one, f"{at}.{name}" if at else name)
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            yield from _leaves(one, f"{at}[{number}]")
    else:
        yield at, value


def _changed(value: Any, at: str, target: str) -> Any:
    if at == target:
        return "MARK"
    if isinstance(value, dict):
        return {name: _changed(one, f"{at}.{name}" if at else name, target) for name, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, f"{at}[{number}]", target) for number, one in enumerate(value)]
    return value


@given(_values, st.data())
def test_a_single_change_is_found_at_its_place(value: Any, data: st.DataObject) -> None:
    at, before = data.draw(st.sampled_from(list(_leaves(value))))
    assert list(differences(value, _changed(value, "", at))) == [Difference(at, before, "MARK")]
