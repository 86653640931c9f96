"""The structure of payloads is found in JSON, streams and WebSocket messages."""

from __future__ import annotations

from typing import Any

import pytest

from probe.analysis.structure import ExchangeStructure, StructureBuilder
from probe.record.exchange import Exchange, Message, Payload, Request, Response, WebSocket

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
            "sse[message]": "string",
        },
    ),
}


def types(builder: StructureBuilder) -> dict[str, str]:
    """Give each path with its types."""
    return {path.path: " ".join(kind for kind, _ in path.types) for path in builder.structure().paths}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES.keys())
def test_every_key_path_has_its_types(body: Any, expected: dict[str, str]) -> None:
    builder = StructureBuilder()
    builder.add_payload(Payload(body=body))
    assert types(builder) == expected


def test_the_most_frequent_path_comes_first() -> None:
    builder = StructureBuilder()
    for body in ({"a": 1, "b": [1, 2, 3]}, {"a": "x"}):
        builder.add_payload(Payload(body=body))
    counts = [(path.path, path.count) for path in builder.structure().paths]
    assert counts == [("b[]", 3), ("(body)", 2), ("a", 2), ("b", 1)]


def test_paths_beyond_the_limit_are_counted_together() -> None:
    builder = StructureBuilder(max_paths=3)
    builder.add_payload(Payload(body={str(number): 1 for number in range(10)}))
    structure = builder.structure()
    assert (len(structure.paths), structure.not_counted) == (3, 8)


def test_depth_has_an_end() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    builder = StructureBuilder()
    builder.add_payload(Payload(body=value))
    assert builder.structure().not_counted == 1


def test_messages_count_for_the_side_that_sent_them() -> None:
    messages = [
        Message(timestamp=1.0, direction=side, type="text", content=text)
        for side, text in (("client", '{"type":"a"}'), ("server", '{"type":"b"}'), ("server", "hi"))
    ]
    structure = ExchangeStructure()
    structure.add(
        Exchange(
            timestamp=1.0,
            request=Request(method="GET", url="/"),
            response=Response(status_code=101),
            websocket=WebSocket(messages=messages),
        )
    )
    assert list(types(structure.requests)) == ["ws[a]", "ws[a].type"]
    assert list(types(structure.responses)) == ["ws[b]", "ws[b].type", "ws[text]"]
