"""Counts of what was replaced read as what they are: different values of a kind, not places."""

from __future__ import annotations

import pytest

from probe.record.replaced_values import replaced_in_words

COUNTS = {
    "nothing": ({}, "nothing"),
    "one word of the user's": ({"words": 1}, "1 word"),
    "several kinds": ({"IP address": 2, "id": 1, "words": 3}, "2 IP addresses, 1 id, 3 words"),
    "many": ({"email": 1200}, "1,200 emails"),
}


@pytest.mark.parametrize(("replaced", "words"), COUNTS.values(), ids=COUNTS.keys())
def test_counts_are_of_different_values(replaced: dict[str, int], words: str) -> None:
    assert replaced_in_words(replaced) == words
