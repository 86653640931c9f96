"""The Gemini API is told whole, whatever arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probe.renderers.markdown import markdown

from probe.analysis.raws import count_raws
from probe.record.exchange import Exchange, Request, Response
from probe.record.reader import read_exchanges
from probe.renderers import generic
from probe.renderers.blocks import Block, Image, Incomplete, Note, Reasoning, Settings, Text, ToolCall, Usage
from probe.renderers.gemini_generate_content import (
    error_answer,
    is_complete,
    request_blocks,
    response_blocks,
    side_answer,
    turn_blocks,
    turns,
)
from tests.conftest import GOLDEN

CASES = GOLDEN / "gemini_generate_content"
URL = "https://generativelanguage.googleapis.com/v1beta/models/gemini-x"


def exchanges(case: str) -> list[Exchange]:
    """Read a golden case."""
    return list(read_exchanges(CASES / f"{case}.jsonl", lambda _number, _reason: None))


def stream(*pieces: Any) -> str:
    """Write pieces as an event stream."""
    return "".join(f"data: {json.dumps(piece)}\r\n\r\n" for piece in pieces)


def piece(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a piece of an answer with one candidate."""
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}]}


def of_type(blocks: list[Block], kind: type[Any]) -> list[Any]:
    """Pick the blocks of one type."""
    return [block for block in blocks if isinstance(block, kind)]


def told(body: Any) -> list[Block]:
    """Tell an answer."""
    return list(response_blocks(body, 200))


FORMS = {
    "an event stream": lambda pieces: stream(*pieces),
    "an array": list,
    "an array that was kept as text": lambda pieces: json.dumps(pieces, indent=1),
    "events of Code Assist": lambda pieces: stream(*({"response": one, "traceId": "t"} for one in pieces)),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(text=st.text(min_size=1), places=st.lists(st.integers(0, 100)), thought=st.booleans())
@settings(max_examples=50)
def test_text_is_put_together_once(form: Any, text: str, places: list[int], thought: bool) -> None:
    cuts = sorted({min(place, len(text)) for place in places})
    texts = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    more = {"thought": True} if thought else {}
    pieces = [piece({"text": one, **more}) for one in texts] + [piece(finishReason="STOP")]
    blocks = told(form(pieces))
    assert [block.summary for block in of_type(blocks, Reasoning)] == ([text] if thought else [])
    assert [block.text for block in of_type(blocks, Text)] == ([] if thought else [text])


def test_a_signature_ends_a_text() -> None:
    blocks = told(stream(piece({"text": "a"}), piece({"text": "b", "thoughtSignature": "xyz"}), piece({"text": "c"})))
    assert [block.text for block in of_type(blocks, Text)] == ["ab", "c"]
    assert [block.encrypted_characters for block in of_type(blocks, Reasoning)] == [3]


def test_texts_of_a_whole_answer_stay_apart() -> None:
    assert [text.text for text in of_type(told(piece({"text": "a"}, {"text": "b"})), Text)] == ["a", "b"]


def call(*pieces: dict[str, Any]) -> ToolCall:
    """Stream a call in pieces, and give it as it is told."""
    (found,) = of_type(told(stream(*(piece({"functionCall": one}) for one in pieces))), ToolCall)
    assert isinstance(found, ToolCall)
    return found


PATHS = {
    "a name": ("$.a", {"a": "x"}),
    "names within names": ("$.a.b", {"a": {"b": "x"}}),
    "a list": ("$.a[0]", {"a": ["x"]}),
    "a quoted name": ("$['a.b']", {"a.b": "x"}),
    "a doubly quoted name": ('$.a["b c"][0]', {"a": {"b c": ["x"]}}),
}


@pytest.mark.parametrize(("path", "arguments"), PATHS.values(), ids=PATHS)
def test_arguments_are_put_where_their_path_leads(path: str, arguments: Any) -> None:
    begin = {"name": "f", "id": "1", "willContinue": True}
    found = call(begin, {"partialArgs": [{"jsonPath": path, "stringValue": "x"}], "willContinue": True}, {})
    assert (found.name, found.call_id, found.arguments, found.finished) == ("f", "1", arguments, True)


ODD_PATHS = ("", "a", "$", "$..a", "$.a[5]", "$[0]", "$.a[0", "$.a[99999999999]", "$" + ".a" * 500, 7, None)


@pytest.mark.parametrize("path", ODD_PATHS, ids=[str(number) for number in range(len(ODD_PATHS))])
def test_arguments_that_do_not_fit_together_are_told_as_they_came(path: Any) -> None:
    pieces = [{"jsonPath": path, "stringValue": "x"}]
    assert call({"name": "f", "partialArgs": pieces}).arguments == {"partialArgs": pieces}


def test_a_value_that_contradicts_another_is_told_as_it_came() -> None:
    pieces = [{"jsonPath": "$.a", "stringValue": "x"}, {"jsonPath": "$.a.b", "numberValue": 1}]
    assert call({"name": "f", "partialArgs": pieces}).arguments == {"partialArgs": pieces}


def test_a_call_that_is_cut_short_is_told_as_far_as_it_came() -> None:
    pieces = [{"jsonPath": "$.a", "stringValue": "x", "willContinue": True}]
    found = call({"name": "f", "willContinue": True}, {"partialArgs": pieces, "willContinue": True})
    assert (found.arguments, found.finished) == ({"a": "x"}, False)


def test_calls_that_follow_each_other_stay_apart() -> None:
    blocks = told(stream(*(piece({"functionCall": {"name": "f", "args": {"n": n}}}) for n in (1, 2))))
    assert [found.arguments for found in of_type(blocks, ToolCall)] == [{"n": 1}, {"n": 2}]


def test_the_last_number_that_a_stream_tells_counts() -> None:
    usages = [{"promptTokenCount": 9}, {"promptTokenCount": 10, "totalTokenCount": 15}, {"trafficType": "ON_DEMAND"}]
    pieces = [{**piece({"text": "a"}), "usageMetadata": usage} for usage in usages]
    pieces.append({"usageMetadata": {"candidatesTokenCount": 5, "promptTokenCount": None}})
    (usage,) = of_type(told(stream(*pieces)), Usage)
    assert (usage.input, usage.output, usage.total) == (10, 5, 15)


def test_what_is_not_understood_is_counted() -> None:
    exchange = exchanges("unknown-things")[0]
    assert exchange.response
    counts = count_raws(request_blocks(exchange.request.body)), count_raws(response_blocks(exchange.response.body, 200))
    assert counts == (5, 2)


def test_another_apis_bodies_are_told_generically() -> None:
    for body in ({"input": "x"}, [1], "text", '[{"a": 1}, {"b', "data: {}\n\ndata: 7\n\n", None, {"contents": None}):
        assert list(request_blocks(body)) == list(generic.request_blocks(body))
        assert list(response_blocks(body, 200)) == list(generic.response_blocks(body, 200))


def test_bytes_stay_in_the_record() -> None:
    (image,) = of_type(told(piece({"inlineData": {"mimeType": "image/png", "data": "QUJD"}})), Image)
    assert (image.kind, image.media_type, image.size) == ("Image", "image/png", 3)


ENDS: dict[str, tuple[Any, str | None, bool]] = {
    "a whole answer": (piece(finishReason="STOP"), None, True),
    "a whole answer of an aborted exchange": (piece(), "aborted", False),
    "a stream with its end": (stream(piece({"text": "a"}), piece(finishReason="STOP")), None, True),
    "an end, then a broken connection": (stream(piece(finishReason="SAFETY")), "reset", True),
    "no end": (stream(piece({"text": "a"})), None, False),
    "an end of one of two": (
        stream(piece(finishReason="STOP"), {"candidates": [{"index": 1, "content": {}}]}),
        None,
        False,
    ),
    "an end that is none": (stream(piece(finishReason="FINISH_REASON_UNSPECIFIED")), None, False),
    "a blocked prompt": (stream({"promptFeedback": {"blockReason": "SAFETY"}}), None, True),
    "an error": (stream(piece({"text": "a"}), {"error": {"code": 500}}), None, True),
    "an array": ([piece({"text": "a"}), piece(finishReason="STOP")], None, True),
    "an array that was cut": (json.dumps([piece({"text": "a"}), piece()])[:-3], None, False),
    "an array that was cut behind its end": (json.dumps([piece(finishReason="STOP")])[:-1], "reset", True),
    "an error over HTTP": ({"error": {"code": 429}}, None, True),
}


@pytest.mark.parametrize(("body", "error", "complete"), ENDS.values(), ids=ENDS)
def test_an_answer_is_complete_with_the_apis_own_end(body: Any, error: str | None, complete: bool) -> None:
    exchange = Exchange(
        timestamp=1.0,
        request=Request(method="POST", url=f"{URL}:streamGenerateContent", body={"contents": []}),
        response=Response(status_code=200, body=body),
        error=error,
    )
    assert is_complete(exchange) is complete
    assert [turn.complete for turn in turns(exchange)] == [complete]


CALLS = {
    ("POST", f"{URL}:generateContent"): 1,
    ("POST", f"{URL}:streamGenerateContent?alt=sse"): 1,
    ("POST", "https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent"): 1,
    ("GET", f"{URL}:generateContent"): 0,
    ("POST", f"{URL}:countTokens"): 0,
    ("POST", "https://cloudcode-pa.googleapis.com/v1internal:loadCodeAssist"): 0,
    ("GET", "https://generativelanguage.googleapis.com/v1beta/models"): 0,
}


@pytest.mark.parametrize(("request_line", "count"), CALLS.items(), ids=lambda value: str(value))
def test_posts_that_generate_are_turns(request_line: tuple[str, str], count: int) -> None:
    method, url = request_line
    sent = Request(method=method, url=url, body={"request": {"contents": [{"role": "user", "parts": []}]}})
    found = turns(Exchange(timestamp=1.0, request=sent))
    assert [turn.full_input and list(turn.full_input) for turn in found] == [[{"role": "user", "parts": []}]] * count
    path = url.partition("?")[0].partition(".com")[2]
    assert (side_answer(method, path) is None) == bool(count)


def test_the_model_is_told_by_the_path_where_the_body_does_not_tell_it() -> None:
    sent = Request(method="POST", url=f"{URL}:generateContent", body={"contents": []})
    (turn,) = turns(Exchange(timestamp=1.0, request=sent))
    assert list(turn_blocks(turn)) == [Settings(pairs=(("model", "gemini-x"),))]
    wrapped = Request(method="POST", url="https://h/v1internal:generateContent", body={"model": "m", "request": {}})
    (turn,) = turns(Exchange(timestamp=1.0, request=wrapped))
    assert list(turn_blocks(turn)) == []


def test_an_error_has_the_shape_that_its_sdk_reads() -> None:
    assert error_answer(400, "no")["error"] == {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}
    assert error_answer(502, "no")["error"]["status"] == "INTERNAL"


def test_an_unusual_end_is_told_with_its_message() -> None:
    blocks = told(piece(finishReason="MAX_TOKENS", finishMessage="Enough."))
    assert of_type(blocks, Incomplete) == [Incomplete(reason="MAX_TOKENS: Enough.")]


@pytest.mark.parametrize("case", ["streamed-tool-loop", "vertex", "unknown-things", "hostile-text"])
@given(data=st.data())
@settings(max_examples=30)
def test_a_stream_cut_anywhere_is_told(case: str, data: st.DataObject) -> None:
    response = exchanges(case)[0].response
    assert response
    body = response.body
    cut = body[: data.draw(st.integers(6, len(body)))]
    blocks = told(cut)
    assert markdown(blocks)
    if cut.rstrip() != body.rstrip() and "finishReason" not in cut:
        assert any(isinstance(block, Note) and "cut short" in block.text for block in blocks)


@given(data=st.data())
@settings(max_examples=50)
def test_an_array_cut_anywhere_is_told(data: st.DataObject) -> None:
    body = json.dumps([piece({"text": f"a{number}"}) for number in range(3)], indent=1)
    cut = body[: data.draw(st.integers(1, len(body) - 1))]
    shown = markdown(told(cut))
    assert all(f"a{number}" in shown for number in range(3) if f"a{number}" in cut)


NAMES = st.sampled_from(
    [
        *("contents", "parts", "role", "text", "thought", "thoughtSignature", "functionCall", "functionResponse"),
        *("inlineData", "fileData", "executableCode", "codeExecutionResult", "toolCall", "toolResponse", "data"),
        *("candidates", "content", "finishReason", "index", "promptFeedback", "blockReason", "usageMetadata", "error"),
        *("partialArgs", "jsonPath", "stringValue", "willContinue", "args", "name", "id", "response", "request"),
        *("mimeType", "audioTranscription", "function_call", "usage_metadata", "promptTokenCount", "details"),
        *("systemInstruction", "tools", "functionDeclarations", "generationConfig", "traceId", "modality"),
    ]
)
KINDS = st.sampled_from(["STOP", "user", "model", "$.a", "$.a[0]", "image/png", "PYTHON"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=400)
def test_no_request_and_no_answer_is_too_odd(value: Any) -> None:
    markdown(request_blocks(value))
    markdown(request_blocks({"contents": [value], "tools": [value], "systemInstruction": value, "model": value}))
    markdown(response_blocks(value, 200))
    markdown(response_blocks([value, {"candidates": [value], "usageMetadata": value}], 200))
    markdown(response_blocks({"error": value, "promptFeedback": value}, 500))
    body = {"contents": value}
    turns(Exchange(timestamp=1.0, request=Request(method="POST", url=f"{URL}:generateContent", body=body)))


@given(st.lists(JSON, max_size=4), JSON)
@settings(max_examples=400)
def test_no_piece_is_too_odd(values: list[Any], other: Any) -> None:
    parts = [value if isinstance(value, dict) else {"functionCall": value} for value in values]
    pieces = [*(piece(part) for part in parts), {"candidates": [{"content": {"parts": values}}]}, other]
    markdown(response_blocks(stream(*pieces), 200))
    markdown(response_blocks(json.dumps(pieces)[:-1], 200))
