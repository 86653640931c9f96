"""What no renderer knows is shown all the same: JSON-RPC by its messages, the rest as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.renderers.api import EventSource
from probe.renderers.blocks import (
    Block,
    Body,
    CutShort,
    Failure,
    Media,
    MediaKind,
    Settings,
    Text,
    ToolCall,
    ToolResult,
    Tools,
)
from probe.renderers.generic import API
from tests.renderers.markers import lost
from tests.renderers.reading import event_stream, read_answer, read_blocks, unknowns


def asked(body: Any) -> list[Block]:
    """Return the blocks of a request."""
    return list(API.request_blocks("/", body))


def answered(body: Any) -> list[Block]:
    """Return the blocks of a response that is no stream."""
    return list(API.response_blocks("/", body, 200))


def rpc(**fields: Any) -> dict[str, Any]:
    """Make a JSON-RPC message."""
    return {"jsonrpc": "2.0", **fields}


CALL = rpc(id=1, method="tools/call", params={"name": "f", "arguments": {"n": 1}})
RESULT = rpc(id=1, result={"content": [{"type": "text", "text": "one"}]})
SHOWN: list[Block] = [ToolResult(content=(Text(text="one"),), kind="tools/call", call_id="1")]

CARRIERS = {
    "one message": (RESULT, SHOWN),
    "text of one": (json.dumps(RESULT), SHOWN),
    "lines": (f"{json.dumps(RESULT)}\n{json.dumps(RESULT)}\n", [*SHOWN, *SHOWN]),
}


@pytest.mark.parametrize(("body", "blocks"), CARRIERS.values(), ids=CARRIERS)
def test_a_message_is_shown_alike_whatever_carries_it(body: Any, blocks: list[Block]) -> None:
    assert answered(body) == blocks


def test_messages_in_a_stream_and_in_a_batch_are_shown_one_by_one() -> None:
    answer = read_answer(API, event_stream(RESULT, [RESULT, RESULT]))
    assert answer
    assert [part.source for part in answer.parts] == [EventSource(0, 0), EventSource(1, 1)]
    assert [block for block in answer.blocks if isinstance(block, ToolResult)] == SHOWN * 3


def test_a_tools_call_names_tool_arguments_and_id() -> None:
    call = ToolCall(name="f", arguments={"n": 1}, kind="tools/call", call_id="1")
    assert asked(CALL) == [call]


def test_a_request_names_method_and_id_and_a_notification_has_none() -> None:
    assert asked(rpc(id="a", method="ping"))[0] == Settings(pairs=(("method", "ping"), ("id", "a")))
    assert asked(rpc(method="ping"))[0] == Settings(pairs=(("notification", "ping"),))


def test_a_list_of_tools_is_shown_as_tools() -> None:
    (tools,) = [
        block for block in answered(rpc(id=1, result={"tools": [{"name": "a"}, 7]})) if isinstance(block, Tools)
    ]
    assert [tool.name for tool in tools.tools] == ["a", "(no name)"]


def test_an_error_is_shown_with_its_code() -> None:
    (error,) = answered(rpc(id=1, error={"code": -32601, "message": "no such method"}))
    assert isinstance(error, Failure)
    assert (error.message, error.code) == ("no such method", "-32601")


FAILED = {None: None, False: False, True: True, "odd": None}


@pytest.mark.parametrize(("flag", "failed"), FAILED.items())
def test_a_result_says_whether_it_failed(flag: Any, failed: bool | None) -> None:
    (result,) = answered(rpc(id=1, result={"content": [], "isError": flag}))[:1]
    assert isinstance(result, ToolResult)
    assert result.failed is failed


CONTENTS: dict[str, tuple[dict[str, Any], Block]] = {
    "text": ({"type": "text", "text": "a"}, Text(text="a")),
    "image": (
        {"type": "image", "data": "QUJD", "mimeType": "image/png"},
        Media(kind=MediaKind.IMAGE, label="Image", media_type="image/png", size=3),
    ),
    "audio": (
        {"type": "audio", "data": "QUJD", "mimeType": "audio/wav"},
        Media(kind=MediaKind.AUDIO, label="Audio", media_type="audio/wav", size=3),
    ),
    "a link": (
        {"type": "resource_link", "uri": "file:///a", "mimeType": "text/plain"},
        Media(kind=MediaKind.FILE, label="Resource link", media_type="text/plain", source="file:///a"),
    ),
    "a resource of text": (
        {"type": "resource", "resource": {"uri": "file:///a", "text": "b"}},
        Text(text="b", label="file:///a"),
    ),
    "a resource of bytes": (
        {"type": "resource", "resource": {"uri": "file:///a", "blob": "QUJD", "mimeType": "x/y"}},
        Media(kind=MediaKind.FILE, label="Resource", media_type="x/y", size=3, source="file:///a"),
    ),
}


@pytest.mark.parametrize(("content", "block"), CONTENTS.values(), ids=CONTENTS)
def test_every_content_of_the_protocol_is_understood(content: dict[str, Any], block: Block) -> None:
    (result,) = answered(rpc(id=1, result={"content": [content]}))
    assert isinstance(result, ToolResult)
    assert result.content == (block,)


def test_content_that_is_not_understood_is_counted() -> None:
    assert len(unknowns(answered(rpc(id=1, result={"content": [{"type": "smell"}, 7, {"type": "resource"}]})))) == 3


OTHERS = {
    "another version": {"jsonrpc": "1.0", "method": "a"},
    "no method, result or error": {"jsonrpc": "2.0", "id": 1},
    "a method that is no text": {"jsonrpc": "2.0", "method": 7},
    "a batch with something else": [RESULT, {"a": 1}],
    "a batch in a batch": [[RESULT]],
    "an empty batch": [],
    "text": "jsonrpc",
    "nothing": None,
}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_what_is_no_json_rpc_stays_as_it_is(body: Any) -> None:
    assert answered(body) == [Body(value=body)]


def test_a_stream_without_json_rpc_is_not_known() -> None:
    assert read_answer(API, 'data: {"a": "jsonrpc"}\n\n') is None


def test_what_is_between_the_messages_of_a_stream_is_shown() -> None:
    blocks = read_blocks(API, f"event: endpoint\ndata: /messages\n\n{event_stream({'jsonrpc': '1.0'}, RESULT)}")
    assert blocks == [
        Text(text="/messages", label="Event 'endpoint'"),
        Body(value={"message": {"jsonrpc": "1.0"}}, folded=False),
        *SHOWN,
    ]


LINES = {
    "two lines": ('{"a":1}\n{"b":2}\n', [{"a": 1}, {"b": 2}], ""),
    "empty lines between": ('\n{"a":1}\r\n\r\n[2]', [{"a": 1}, [2]], ""),
    "a last line cut short": ('{"a":1}\n{"b', [{"a": 1}], '{"b'),
    "a line separator in a text": ('{"a":"\u2028"}\n{}', [{"a": "\u2028"}, {}], ""),
}


@pytest.mark.parametrize(("body", "values", "unfinished"), LINES.values(), ids=LINES)
def test_lines_of_json_are_shown_as_json(body: str, values: list[Any], unfinished: str) -> None:
    blocks = answered(body)
    assert [block.value for block in blocks if isinstance(block, Body)] == [values]
    assert [block.text for block in blocks if isinstance(block, Text)] == ([unfinished] if unfinished else [])
    assert (CutShort(what="line") in blocks) is bool(unfinished)


TEXTS = ("{", '{"a":1} and more', "{a}\n{b}", '{"a":1}\ntext\n{"b":2}', "a\nb", "")


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text(text: str) -> None:
    assert answered(text) == [Body(value=text)]
    assert asked(text) == [Body(value=text)]


FORMS: dict[str, list[tuple[str, str]]] = {
    "a=1&b=2": [("a", "1"), ("b", "2")],
    "a=x+y%26z": [("a", "x y&z")],
    "a=&a=2": [("a", ""), ("a", "2")],
    "key=[REDACTED:abc]&n=1": [("key", "[REDACTED:abc]"), ("n", "1")],
}


@pytest.mark.parametrize(("body", "fields"), FORMS.items(), ids=FORMS)
def test_a_form_is_shown_by_its_fields(body: str, fields: list[tuple[str, str]]) -> None:
    assert asked(body) == [Settings(pairs=tuple(fields))]


NO_FORMS = ("QUJD", "QUI=", "QQ==", "a = b", "a=b c", "a=1&b", "x=<b>", "a=%ff", "a=b\n", "&".join(["a=1"] * 1001))


@pytest.mark.parametrize("body", NO_FORMS, ids=range(len(NO_FORMS)))
def test_what_only_looks_like_a_form_stays_text(body: str) -> None:
    assert asked(body) == [Body(value=body)]


NAMES = st.sampled_from(
    [
        *("jsonrpc", "id", "method", "params", "result", "error", "name", "arguments", "content", "type", "text"),
        *("data", "mimeType", "resource", "uri", "blob", "tools", "contents", "messages", "role", "structuredContent"),
        *("isError", "systemPrompt", "input", "toolUseId", "code", "message"),
    ]
)
KINDS = st.sampled_from(["2.0", "tools/call", "sampling/createMessage", "text", "image", "resource", "tool_result"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@given(JSON, JSON)
@settings(max_examples=400)
def test_no_message_is_too_odd(value: Any, other: Any) -> None:
    fields = value if isinstance(value, dict) else {"content": value}
    messages = [
        {**fields, **rpc(method="tools/call", params=other)},
        {**fields, **rpc(method="sampling/createMessage", params=fields)},
        rpc(id=other, result=fields),
        rpc(id=other, result={"content": [value, {"type": "tool_result", "content": [other]}]}),
        rpc(error=value),
    ]
    asked(messages)
    read_blocks(API, event_stream(*messages))
    answered("\n".join(map(json.dumps, [value, *messages])))


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    asked(text)
    answered(text)


PARTS: list[Any] = [
    {"type": "text", "text": "a", "annotations": {"audience": ["user"]}},
    {"type": "resource_link", "uri": "file:///a", "name": "a"},
    {"type": "resource", "resource": {"uri": "file:///a", "text": "b"}},
    {"type": "tool_use", "id": "1", "name": "f", "input": {}},
    {"type": "tool_result", "toolUseId": "1", "content": [{"type": "text", "text": "a"}]},
]
SAMPLING = {"systemPrompt": "s", "messages": [{"role": "user", "content": PARTS}], "tools": [{"name": "a"}]}
MESSAGES = [
    CALL,
    rpc(id=2, method="sampling/createMessage", params=SAMPLING),
    rpc(method="notifications/progress", params={"progress": 1}),
    rpc(id=1, result={"content": PARTS, "structuredContent": {"a": 1}, "isError": False}),
    rpc(id=1, result={"tools": [{"name": "a"}], "nextCursor": "c"}),
    rpc(id=1, result={"role": "assistant", "content": PARTS[0], "model": "m"}),
    rpc(id=1, result={"messages": SAMPLING["messages"], "description": "d"}),
    rpc(id=1, error={"code": 1, "message": "m", "data": {"a": 1}}),
]


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_nothing_of_a_message_is_lost(message: Any) -> None:
    assert lost(message, asked) == []
