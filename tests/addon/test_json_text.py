"""JSON is parsed only where every reader takes back the same value, and where parsing it is no burden."""

from __future__ import annotations

import pytest

from probe.addon.json_text import DEEPEST, MOST_VALUES, exact_json

MANY = "[" + "1," * (MOST_VALUES - 2) + "1]"
TEXTS = {
    "as many values as there may be": (MANY, True),
    "more values": (MANY.replace("[", "[1,1,"), False),
    "a large text that holds few": ('["' + "x" * (MOST_VALUES * 2) + '"]', True),
    "as deep as it may be": ("[" * DEEPEST + "]" * DEEPEST, True),
    "deeper": ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), False),
    "far deeper": ("[" * 1_000_000, False),
}


@pytest.mark.parametrize(("text", "parsed"), TEXTS.values(), ids=TEXTS.keys())
def test_what_would_be_a_burden_is_kept_as_text(text: str, parsed: bool) -> None:
    assert exact_json(text) == (text.encode() if parsed else None)
