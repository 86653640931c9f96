"""The structure of payloads is found in JSON, streams and WebSocket messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from probe.places import PROJECT
from probe.record.exchange import Exchange, Message, Request, Response, WebSocket
from probe.renderers.loader import AUTO, load_renderer
from probe.trace.shapes import BODY, MAX_DEPTH, MAX_PATHS, MAX_SHAPES, KeyPath, Structure, shape_of
from probe.trace.trace import read_trace
from tests.analysis.runs import ask, said
from tests.trace.tracing import trace_of

BODIES: dict[str, tuple[Any, dict[str, str]]] = {
    "keys within keys": (
        {"a": {"b": 1, "c": None}},
        {"(body)": "object", "a": "object", "a.b": "integer", "a.c": "null"},
    ),
    "items of arrays": (
        {"a": [1, 2.5, "x", True]},
        {"(body)": "object", "a": "array", "a[]": "boolean integer number string"},
    ),
    "arrays in arrays": ([[{}]], {"(body)": "array", "[]": "array", "[][]": "object"}),
    "keys that are no words": (
        {"a.b": {"": 1}, "[]": 2, "(body)": 3},
        {
            "(body)": "object",
            '["a.b"]': "object",
            '["a.b"][""]': "integer",
            '["[]"]': "integer",
            '["(body)"]': "integer",
        },
    ),
    "text": ("words", {"(body)": "string"}),
    "JSON that was kept as text": ('{"a": 1}', {"(body)": "object", "a": "integer"}),
    "nothing": (None, {}),
    "a stream": (
        'event: x\ndata: {"type":"x.y","u":{"n":1}}\n\ndata: [DONE]\n\n',
        {
            "sse[x.y]": "object",
            "sse[x.y].type": "string",
            "sse[x.y].u": "object",
            "sse[x.y].u.n": "integer",
            "sse[[DONE]]": "string",
        },
    ),
}


def types(paths: Iterable[KeyPath]) -> dict[str, str]:
    """Return each path with its types."""
    return {path.path: " ".join(kind for kind, _ in path.types) for path in paths}


def side_request(body: Any) -> Exchange:
    """Make an exchange that is no call of a model, with a body that came back."""
    answer = Response(status_code=200, body=body, body_kind="json" if isinstance(body, dict | list) else "text")
    return Exchange(timestamp=1.0, request=Request(method="GET", url="https://api.test/x"), response=answer)


def structure(*values: Any) -> Structure:
    """Count values as bodies."""
    made = Structure()
    for value in values:
        made.add(BODY, shape_of(value))
    return made


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES.keys())
def test_every_key_path_has_its_types(body: Any, expected: dict[str, str]) -> None:
    _, responses = trace_of([side_request(body)]).structures()
    assert types(responses.paths()[0]) == expected


def test_the_items_of_a_call_are_at_their_places_as_often_as_they_are_sent() -> None:
    one, two = said("one"), said("two")
    requests, _ = trace_of([ask(1, one), ask(2, one, two)]).structures()
    counts = {path.path: path.count for path in requests.paths()[0]}
    assert (counts["(body)"], counts["input"], counts["input[]"], counts["input[].role"]) == (2, 2, 3, 3)
    assert (counts["model"], counts["tools[].name"]) == (2, 2)


def test_pieces_of_one_text_count_one_by_one() -> None:
    delta = '{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"i","delta":"x"}'
    event = f"event: response.output_text.delta\ndata: {delta}\n\n"
    exchange = ask(1, said("one"))
    assert exchange.response
    streamed = msgspec.structs.replace(exchange.response, body=event * 5 + exchange.response.body)
    _, responses = trace_of([msgspec.structs.replace(exchange, response=streamed)]).structures()
    counts = {path.path: path.count for path in responses.paths()[0]}
    assert counts["sse[response.output_text.delta].delta"] == 5


def test_the_most_frequent_path_comes_first() -> None:
    counts = [(path.path, path.count) for path in structure({"a": 1, "b": [1, 2, 3]}, {"a": "x"}).paths()[0]]
    assert counts == [("b[]", 3), ("(body)", 2), ("a", 2), ("b", 1)]


def test_paths_beyond_the_limit_are_counted_together() -> None:
    paths, left = structure({str(number): 1 for number in range(MAX_PATHS + 10)}).paths()
    assert (len(paths), left) == (MAX_PATHS, 11)


def test_depth_has_an_end() -> None:
    value: Any = 1
    for _ in range(150):
        value = [value]
    paths, _ = structure(value).paths()
    assert (len(paths), paths[-1].types) == (MAX_DEPTH + 1, (("deeper", 1),))


def test_which_shapes_are_kept_does_not_depend_on_the_order_or_on_how_a_record_is_split() -> None:
    bodies = [{f"name{number}": 1} for number in range(2 * MAX_SHAPES + 10)]
    whole, first, second = structure(*bodies), structure(*reversed(bodies[:100])), structure(*reversed(bodies[100:]))
    first.merge(second)
    assert first.paths() == whole.paths()


def test_messages_count_for_the_side_that_sent_them() -> None:
    messages = [
        Message(timestamp=1.0, direction=side, type="text", content=text)
        for side, text in (("client", '{"type":"a"}'), ("server", '{"type":"b"}'), ("server", "hi"))
    ]
    exchange = Exchange(
        timestamp=1.0,
        request=Request(method="GET", url="/"),
        response=Response(status_code=101),
        websocket=WebSocket(messages=messages),
    )
    requests, responses = trace_of([exchange]).structures()
    assert list(types(requests.paths()[0])) == ["ws[a]", "ws[a].type"]
    assert list(types(responses.paths()[0])) == ["ws[b]", "ws[b].type", "ws[text]"]


def test_who_shows_no_structure_reads_all_else_the_same() -> None:
    record = PROJECT / "data" / "codex" / "tool-loop" / "traffic.jsonl"
    whole, without = (read_trace(record, load_renderer(AUTO), structured=structured) for structured in (True, False))
    assert without.exchanges == whole.exchanges
    assert [one.identity for one in without.items.known] == [one.identity for one in whole.items.known]
    assert whole.requests.shapes
    assert not without.requests.shapes
    assert not without.responses.shapes
