"""Each item of a request is known by its bytes, in whatever array and order it is sent again."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probe.renderers.api import Api, ItemField, Kind
from probe.renderers.json_reader import Json, OutlinedJson
from probe.trace.items import Items, Known
from probe.trace.unknowns import Unknowns

TEXTS = [b'"a"', b'"b"', b'""', b"1", b"1.0", b"true", b"null", b'{"c":1}', b'{"c": 1}', b"[[]]"]
_arrays = st.lists(st.lists(st.sampled_from(TEXTS), max_size=6), max_size=6)


def sent(items: Items, texts: Sequence[bytes], *, outlined: bool, at: str = "input") -> Sequence[Known]:
    """Send an array, as it is read on its own or as a part of a record."""
    raw = b"[" + b",".join(texts) + b"]"
    outline = msgspec.json.decode(raw, type=list[msgspec.Raw])
    array = OutlinedJson(outline, lambda: raw) if outlined else Json(raw)
    return items.add(Api(), ItemField(Kind.MESSAGE, "", at, array, listed=True))


@given(_arrays, st.booleans())
@example([[b"1", b"true"], [b"1", b"true", b"1.0"], [b"1", b"1.0"], [b"true"], [b"1", b"true", b"1.0"], []], True)
def test_items_are_the_same_where_their_texts_are(arrays: list[list[bytes]], outlined: bool) -> None:
    items = Items(Unknowns())
    found = [[one.number for one in sent(items, array, outlined=outlined)] for array in arrays]
    texts = [text for array in arrays for text in array]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    assert found == [[numbers[text] for text in array] for array in arrays]
    assert [one.uses for one in items.known] == [texts.count(text) for text in numbers]
    assert [one.value for one in items.take_new()] == [json.loads(text) for text in numbers]


def test_an_item_at_another_place_is_another_item() -> None:
    items = Items(Unknowns())
    found = [sent(items, [b'"a"'], outlined=True, at=at)[0] for at in ("input", "tools", "input")]
    assert [(one.number, one.at) for one in found] == [(0, "input[]"), (1, "tools[]"), (0, "input[]")]


def test_items_go_to_another_process_without_content() -> None:
    items = Items(Unknowns())
    sent(items, [b'"a secret of this array"'], outlined=True)
    items.take_new()
    moved = pickle.dumps(items)
    assert b"a secret" not in moved
    assert [one.sha256 for one in pickle.loads(moved).known] == [one.sha256 for one in items.known]


@pytest.mark.parametrize("kept", [1, 3])
def test_of_a_long_history_one_array_is_kept(kept: int) -> None:
    items = Items(Unknowns())
    for length in (5, kept):
        sent(items, [b'"%d"' % number for number in range(length)], outlined=True)
    [place] = items._places.values()
    assert [len(place.texts), len(place.items)] == [kept, kept]
