"""JSON that was kept as text is looked into only where nothing of it gets lost."""

from __future__ import annotations

import pytest
from probe.renderers.bodies import parsed, parsed_event

TEXTS = {
    "an object": ('{"a": [1, 2.5]}', {"a": [1, 2.5]}),
    "an array": (" [1]", [1]),
    "words": ("hello", "hello"),
    "a number is left as text": ("1", "1"),
    "a name that repeats": ('{"a":1,"a":2}', '{"a":1,"a":2}'),
    "NaN": ('{"a":NaN}', '{"a":NaN}'),
    "a number out of range": ("[1e999]", "[1e999]"),
    "cut short": ('{"a":', '{"a":'),
    "nested too deeply": ("[" * 100000, "[" * 100000),
    "no text": (None, None),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.values(), ids=TEXTS.keys())
def test_text_is_parsed_where_it_is_whole_json(text: object, value: object) -> None:
    assert parsed(text) == value


def test_an_event_may_hold_a_lone_surrogate() -> None:
    assert parsed_event('{"a":"\\ud800"}') == {"a": "\ud800"}
