"""The frame itself: what it builds from types, and that it finds what a renderer leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Required, TypedDict

import pytest

from probe.renderers.blocks import Block, Text, Unknown
from tests.completeness import sdk


class Words(TypedDict, total=False):
    type: Required[Literal["words"]]
    text: Required[str]
    tone: Literal["plain", "loud"]


class Group(TypedDict, total=False):
    type: Required[Literal["group"]]
    parts: Required[list[Part]]


Part = Annotated[Words | Group, "a remark"]


def test_a_union_is_walked_to_its_records() -> None:
    assert sdk.variants(list[Part] | None) == [Words, Group]


def test_each_alternative_of_each_field_has_a_sample_and_nothing_goes_round_in_circles() -> None:
    assert [sample.name for sample in sdk.samples(Part)] == [
        "Words",
        "Words.tone",
        "Words.tone",
        "Group",
        "Group.parts: list: Words.tone",
        "Group.parts: list: Words.tone",
    ]
    tones = [sample.value.get("tone") for sample in sdk.samples(Words)]
    assert tones == [None, "plain", "loud"]


def test_a_minimal_value_has_what_is_required() -> None:
    (group,) = [sample for sample in sdk.samples(Group) if sample.name == "Group"]
    assert set(group.value) == {"type", "parts"}
    assert [leaf.field for leaf in group.leaves] == ["Words.text"]


def _read(part: Any) -> Iterator[Block]:
    """Yield words without their tone; groups are not known."""
    if part["type"] == "words":
        yield Text(text=part["text"])
    else:
        yield Unknown(what="part", value=part)


def test_what_is_not_shown_and_what_is_not_understood_is_found() -> None:
    short = sdk.gaps(sdk.samples(Part), _read)
    assert {name.partition(":")[0] for name in short} == {"Words.tone", "Group", "Group.parts"}
    sdk.check(short, {"Words.tone": "a reason", "Group*": "a reason"})
    with pytest.raises(AssertionError, match=r"2 gaps:\nWords.tone: not shown"):
        sdk.check(short, {"Group*": "a reason", "Words.none": "no such gap"})
