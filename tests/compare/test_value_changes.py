"""Objects of several kinds, known by other tags in the two protocols: nothing is claimed that is not so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from probe.compare.value_changes import value_changes
from probe.protocol.values import Value


def word(value: str) -> dict[str, Any]:
    return {"count": 2, "required": True, "value": {"count": 2, "types": {"string": 2}, "constant": value}}


def variant(tag: dict[str, str | None], **members: Any) -> dict[str, Any]:
    return {"tag": tag, "count": 2, "members": members}


def tagged(*variants: dict[str, Any]) -> dict[str, Any]:
    count = 2 * len(variants)
    union = {"tag": list(variants[0]["tag"]), "variants": list(variants)}
    return {"count": count, "types": {"object": count}, "union": union}


def of_role(role: str, **members: Any) -> dict[str, Any]:
    return variant({"role": role}, role=word(role), **members)


BLOCKS = {
    "count": 2,
    "types": {"array": 2},
    "elements": {"count": 2, "types": {"object": 2}, "members": {"a": word("x")}},
}
LIST = {"count": 2, "required": True, "value": BLOCKS}
PLAIN = {
    "role": {"count": 4, "required": True, "value": {"count": 4, "types": {"string": 4}, "enum": ["assistant", "user"]}}
}
BY_ROLE = tagged(of_role("assistant"), of_role("system"), of_role("user"))
NO_UNION = {"count": 4, "types": {"object": 4}, "members": PLAIN}
BY_TYPE = tagged(variant({"type": "message"}, role=word("user")), variant({"type": "reasoning"}))
ROLE_AND_TYPE = tagged(
    variant({"type": None, "role": "user"}, role=word("user")), variant({"type": "call", "role": None})
)
CASES: dict[str, tuple[Any, Any, set[tuple[str, str]]]] = {
    "one side has no variants": (BY_ROLE, NO_UNION, {("kind-removed", "system")}),
    "the other side has none": (NO_UNION, BY_ROLE, {("kind-added", "system")}),
    "by other tags, messages without a type": (
        BY_TYPE,
        ROLE_AND_TYPE,
        {("kind-removed", "reasoning"), ("kind-added", "call")},
    ),
    "what one variant alone has": (
        tagged(of_role("assistant"), of_role("user", content=LIST)),
        {"count": 2, "types": {"object": 2}, "members": {"role": word("user"), "content": LIST}},
        {("kind-removed", "assistant"), ("field-required", "content")},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_kinds_are_claimed_only_where_their_tags_are_known(name: str) -> None:
    before, after, found = CASES[name]
    changes = value_changes(msgspec.convert(before, Value), msgspec.convert(after, Value))
    assert {(str(one.how), one.name) for one in changes} == found
