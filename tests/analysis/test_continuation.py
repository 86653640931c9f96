"""A turn goes on from the one whose whole input its own begins with."""

from __future__ import annotations

from typing import Any

import pytest

from probe.analysis.continuation import Chains, Link
from probe.renderers.turn import Input

ONE = {"role": "user", "content": "one"}
TWO = {"role": "assistant", "content": "two"}
THREE = {"role": "user", "content": "three"}
REMINDER = {"type": "text", "text": "<system-reminder>\nKeep to the rules.\n</system-reminder>"}
RULES = {"role": "system", "content": "rules"}


def links(*inputs: list[Any], tools: bool = True) -> list[int | None]:
    """Give what each of several turns goes on from."""
    chains = Chains()
    return [chains.add(number, Input(one), tools=tools).before for number, one in enumerate(inputs)]


CHAINS: dict[str, tuple[tuple[list[Any], ...], list[int | None]]] = {
    "each goes on": (([ONE], [ONE, TWO], [ONE, TWO, THREE]), [None, 0, 1]),
    "the longest counts": (([ONE], [ONE, TWO, THREE], [ONE, TWO, THREE, ONE]), [None, 0, 1]),
    "two at once": (([ONE], [TWO], [ONE, THREE], [TWO, THREE]), [None, None, 0, 1]),
    "another begin": (([ONE, TWO], [THREE, ONE, TWO]), [None, None]),
    "a shorter input": (([ONE, TWO], [ONE]), [None, None]),
    "the same again": (([ONE], [ONE]), [None, 0]),
    "a text is short for a part": (
        ([ONE], [{"role": "user", "content": [{"type": "text", "text": "one"}]}]),
        [None, 0],
    ),
    "a cache mark moves": (
        (
            [{"role": "user", "content": [{"type": "text", "text": "one", "cache_control": {"type": "ephemeral"}}]}],
            [ONE, {**TWO, "cache_control": {"type": "ephemeral"}}],
            [ONE, TWO, THREE],
        ),
        [None, 0, 1],
    ),
    "the order of an item's fields does not matter": (([ONE], [dict(reversed(ONE.items())), TWO]), [None, 0]),
    "parts of another API": (
        ([{"role": "user", "parts": [{"text": "a"}]}], [{"role": "user", "parts": [{"text": "b"}]}]),
        [None, None],
    ),
    "rules that stand at the end again": (
        ([ONE, RULES], [ONE, TWO, THREE, RULES], [THREE, RULES]),
        [None, 0, None],
    ),
    "a reminder that moves": (
        (
            [{"role": "user", "content": [REMINDER, {"type": "text", "text": "one"}]}],
            [ONE, TWO, {"role": "user", "content": [REMINDER, {"type": "text", "text": "three"}]}],
            [{"role": "user", "content": [REMINDER, {"type": "text", "text": "four"}]}],
        ),
        [None, 0, None],
    ),
    "rules alone": (([RULES], [RULES, ONE]), [None, 0]),
    "half a surrogate pair": ((["\ud800"], ["\ud800", "b"]), [None, 0]),
}


@pytest.mark.parametrize(("inputs", "expected"), CHAINS.values(), ids=CHAINS.keys())
def test_what_a_turn_goes_on_from(inputs: tuple[list[Any], ...], expected: list[int | None]) -> None:
    assert links(*inputs) == expected


def test_the_same_question_again_is_known_as_such() -> None:
    chains = Chains()
    chains.add(0, Input([ONE]), tools=True)
    assert chains.add(1, Input([ONE]), tools=True) == Link(before=0, repeated=True)
    assert chains.add(2, Input([ONE, TWO]), tools=True) == Link(before=1)


@pytest.mark.parametrize("given", [None, Input([])])
def test_what_is_not_known_is_no_beginning(given: Input | None) -> None:
    chains = Chains()
    assert chains.add(0, given, tools=True) == Link(before=None, known=False)
    assert chains.add(1, Input([ONE]), tools=True) == Link(before=None)


def test_work_does_not_go_on_from_a_request_without_tools() -> None:
    chains = Chains()
    chains.add(0, Input([ONE]), tools=False)
    assert chains.add(1, Input([ONE]), tools=True).before is None


def test_a_request_without_tools_goes_on_from_work_only_where_it_holds_more() -> None:
    chains = Chains()
    chains.add(0, Input([ONE]), tools=True)
    assert chains.add(1, Input([ONE, TWO, THREE]), tools=False).before == 0
    assert chains.add(2, Input([ONE]), tools=False).before is None


class Counting(dict[str, Any]):
    """An item that tells how often it was read."""

    read = 0

    def get(self, *arguments: Any) -> Any:
        """Count, and give the value."""
        type(self).read += 1
        return super().get(*arguments)


def test_items_that_inputs_share_are_read_once() -> None:
    chains, link = Chains(), None
    for number in range(200):
        link = Input([Counting(role="user", content=str(number))], link)
        assert chains.add(number, link, tools=True).before == (number - 1 if number else None)
    assert Counting.read <= 2 * 200


def test_an_input_that_is_shared_is_the_one_that_is_sent_whole() -> None:
    chains = Chains()
    first = Input([ONE])
    chains.add(0, Input([THREE], Input([TWO], first)), tools=True)
    chains.forget()
    assert chains.add(1, Input([ONE, TWO, THREE, ONE]), tools=True).before == 0
    assert chains.add(2, Input([], Input([ONE, TWO, THREE])), tools=True).before == 0
