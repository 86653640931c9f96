"""A difference is shown so that a reader sees what differs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from probe.record.differing_place import DifferingPlace

RULES = {
    "type": "message",
    "role": "user",
    "content": [{"type": "text", "text": "Rules of this session, in our words."}],
}
LONG = "the same beginning that is quite long " * 3
CASES: dict[str, tuple[Any, Any, str]] = {
    "short": ("Hi", "Hello", 'now "Hi", recorded "Hello"'),
    "nothing": (True, msgspec.UNSET, "now true, recorded nothing"),
    "long texts": (
        f"{LONG}a", f"{LONG}b", 'now "… that is quite long a", recorded "… that is quite long b"',
    ),
    "JSON of one form": (
        [RULES], [{**RULES, "content": "Other words than those, and enough of them to be cut."}],
        'now …": "text", "text": "Rules of this session, in our words."}]}…, '
        'recorded …"user", "content": "Other words than those, and enough of th…',
    ),
    "JSON of two forms": (
        RULES, [{**RULES, "content": [{"type": "text", "text": "Rules of another one."}]}],
        'now …, "text": "Rules of this session, in our words."}]}, recorded …, "text": "Rules of another one."}]}]',
    ),
    "JSON on one side": (
        msgspec.UNSET, RULES, 'now nothing, recorded …": "text", "text": "Rules of this session, in our words."}]}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_both_sides_are_cut_to_where_they_differ(case: str) -> None:
    now, recorded, shown = CASES[case]
    assert DifferingPlace(call=1, at="x", now=now, recorded=recorded).phrase == f"at x ({shown})"
