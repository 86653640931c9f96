"""What no renderer knows is told all the same: JSON-RPC by its messages, the rest as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probe.renderers.markdown import markdown

from probe.analysis.raws import count_raws
from probe.renderers.blocks import Block, Body, EventCounts, Failure, Image, Settings, Text, ToolCall, ToolResult, Tools
from probe.renderers.generic import request_blocks, response_blocks


def told(body: Any) -> list[Block]:
    """Tell an answer."""
    return list(response_blocks(body, 200))


def rpc(**fields: Any) -> dict[str, Any]:
    """Make a JSON-RPC message."""
    return {"jsonrpc": "2.0", **fields}


def stream(*messages: Any) -> str:
    """Write messages as an event stream."""
    return "".join(f"event: message\ndata: {json.dumps(message)}\n\n" for message in messages)


CALL = rpc(id=1, method="tools/call", params={"name": "f", "arguments": {"n": 1}})
RESULT = rpc(id=1, result={"content": [{"type": "text", "text": "one"}]})
TOLD: list[Block] = [ToolResult(content=(Text(text="one"),), kind="tools/call", call_id="1")]

CARRIERS = {
    "one message": (RESULT, TOLD),
    "text of one": (json.dumps(RESULT), TOLD),
    "lines": (f"{json.dumps(RESULT)}\n{json.dumps(RESULT)}\n", [*TOLD, *TOLD]),
    "a WebSocket": ((json.dumps(RESULT), json.dumps(RESULT)), [*TOLD, *TOLD]),
}


@pytest.mark.parametrize(("body", "blocks"), CARRIERS.values(), ids=CARRIERS)
def test_a_message_is_told_alike_whatever_carries_it(body: Any, blocks: list[Block]) -> None:
    assert told(body) == blocks


def test_messages_in_a_stream_and_in_a_batch_are_told_one_by_one() -> None:
    counts, *blocks = told(stream(RESULT, [RESULT, RESULT]))
    assert isinstance(counts, EventCounts)
    assert [block for block in blocks if isinstance(block, ToolResult)] == TOLD * 3


def test_a_tools_call_names_tool_arguments_and_id() -> None:
    call = ToolCall(name="f", arguments={"n": 1}, kind="tools/call", call_id="1")
    assert list(request_blocks(CALL)) == [call]


def test_a_request_names_method_and_id_and_a_notification_has_none() -> None:
    assert next(request_blocks(rpc(id="a", method="ping"))) == Settings(pairs=(("method", "ping"), ("id", "a")))
    assert next(request_blocks(rpc(method="ping"))) == Settings(pairs=(("notification", "ping"),))


def test_a_list_of_tools_is_told_as_tools() -> None:
    (tools,) = [block for block in told(rpc(id=1, result={"tools": [{"name": "a"}, 7]})) if isinstance(block, Tools)]
    assert [tool.name for tool in tools.tools] == ["a", "(no name)"]


def test_an_error_is_told_with_its_code() -> None:
    (error,) = told(rpc(id=1, error={"code": -32601, "message": "no such method"}))
    assert isinstance(error, Failure)
    assert (error.message, error.code) == ("no such method", "-32601")


FAILED = {None: None, False: False, True: True, "odd": None}


@pytest.mark.parametrize(("told_failed", "failed"), FAILED.items())
def test_a_result_says_whether_it_failed(told_failed: Any, failed: bool | None) -> None:
    (result,) = told(rpc(id=1, result={"content": [], "isError": told_failed}))[:1]
    assert isinstance(result, ToolResult)
    assert result.failed is failed


CONTENTS: dict[str, tuple[dict[str, Any], Block]] = {
    "text": ({"type": "text", "text": "a"}, Text(text="a")),
    "image": (
        {"type": "image", "data": "QUJD", "mimeType": "image/png"},
        Image(kind="Image", media_type="image/png", size=3),
    ),
    "audio": (
        {"type": "audio", "data": "QUJD", "mimeType": "audio/wav"},
        Image(kind="Audio", media_type="audio/wav", size=3),
    ),
    "a link": (
        {"type": "resource_link", "uri": "file:///a", "mimeType": "text/plain"},
        Image(kind="Resource link", media_type="text/plain", source="file:///a"),
    ),
    "a resource of text": (
        {"type": "resource", "resource": {"uri": "file:///a", "text": "b"}},
        Text(text="b", label="file:///a"),
    ),
    "a resource of bytes": (
        {"type": "resource", "resource": {"uri": "file:///a", "blob": "QUJD", "mimeType": "x/y"}},
        Image(kind="Resource", media_type="x/y", size=3, source="file:///a"),
    ),
}


@pytest.mark.parametrize(("content", "block"), CONTENTS.values(), ids=CONTENTS)
def test_every_content_of_the_protocol_is_understood(content: dict[str, Any], block: Block) -> None:
    (result,) = told(rpc(id=1, result={"content": [content]}))
    assert isinstance(result, ToolResult)
    assert result.content == (block,)


def test_content_that_is_not_understood_is_counted() -> None:
    assert count_raws(told(rpc(id=1, result={"content": [{"type": "smell"}, 7, {"type": "resource"}]}))) == 3


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
    assert told(body) == [Body(value=body)]


def test_a_stream_without_json_rpc_stays_as_it_is() -> None:
    body = 'data: {"a": "jsonrpc"}\n\n'
    assert told(body)[1:] == [Body(value=body)]


def test_what_stands_between_the_messages_of_a_stream_is_told() -> None:
    other = json.dumps({"jsonrpc": "1.0"})
    blocks = told(f'event: endpoint\ndata: /messages\n\ndata: {other}\n\n{stream(RESULT)}data: {{"jsonrpc')
    assert [block.text for block in blocks if isinstance(block, Text)] == ["/messages", other, '{"jsonrpc']
    assert set(TOLD) <= set(blocks)


LINES = {
    "two lines": ('{"a":1}\n{"b":2}\n', [{"a": 1}, {"b": 2}], ""),
    "empty lines between": ('\n{"a":1}\r\n\r\n[2]', [{"a": 1}, [2]], ""),
    "a last line cut short": ('{"a":1}\n{"b', [{"a": 1}], '{"b'),
    "a line separator in a text": ('{"a":"\u2028"}\n{}', [{"a": "\u2028"}, {}], ""),
}


@pytest.mark.parametrize(("body", "values", "unfinished"), LINES.values(), ids=LINES)
def test_lines_of_json_are_told_as_json(body: str, values: list[Any], unfinished: str) -> None:
    blocks = told(body)
    assert [block.value for block in blocks if isinstance(block, Body)] == [values]
    assert [block.text for block in blocks if isinstance(block, Text)] == ([unfinished] if unfinished else [])


TEXTS = ("{", '{"a":1} and more', "{a}\n{b}", '{"a":1}\ntext\n{"b":2}', "a\nb", '{"a":1,"a":2}', "")


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text(text: str) -> None:
    assert told(text) == [Body(value=text)]
    assert list(request_blocks(text)) == [Body(value=text)]


FORMS: dict[str, list[tuple[str, str]]] = {
    "a=1&b=2": [("a", "1"), ("b", "2")],
    "a=x+y%26z": [("a", "x y&z")],
    "a=&a=2": [("a", ""), ("a", "2")],
    "key=[REDACTED:abc]&n=1": [("key", "[REDACTED:abc]"), ("n", "1")],
}


@pytest.mark.parametrize(("body", "fields"), FORMS.items(), ids=FORMS)
def test_a_form_is_told_by_its_fields(body: str, fields: list[tuple[str, str]]) -> None:
    assert list(request_blocks(body)) == [Settings(pairs=tuple(fields))]


NO_FORMS = ("QUJD", "QUI=", "QQ==", "a = b", "a=b c", "a=1&b", "x=<b>", "a=%ff", "a=b\n", "&".join(["a=1"] * 1001))


@pytest.mark.parametrize("body", NO_FORMS, ids=range(len(NO_FORMS)))
def test_what_only_looks_like_a_form_stays_text(body: str) -> None:
    assert list(request_blocks(body)) == [Body(value=body)]


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
    markdown(request_blocks(messages))
    markdown(response_blocks(stream(*messages), 200))
    markdown(response_blocks("\n".join(map(json.dumps, [value, *messages])), 200))


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    markdown(request_blocks(text))
    markdown(response_blocks(text, 200))
