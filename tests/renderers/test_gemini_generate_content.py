"""The Gemini API is read whole, whatever arrives."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.renderers.api import Answer, EventSource, Kind, Stop
from probe.renderers.blocks import (
    Block,
    Conversation,
    Encrypted,
    Incomplete,
    Media,
    MediaKind,
    Reasoning,
    Settings,
    Text,
    ToolCall,
    Usage,
)
from probe.renderers.gemini_generate_content import API
from probe.renderers.json_reader import Json, as_text, json_of
from tests.conftest import GOLDEN
from tests.renderers.reading import of_type, paths, read_answer, read_blocks, read_request, read_split, unknowns

CASES = GOLDEN / "gemini_generate_content"
PATH = "/v1beta/models/gemini-x"


def exchanges(case: str) -> list[Exchange]:
    """Read a golden case."""
    return list(read_exchanges(CASES / f"{case}.jsonl", lambda _number, _reason: None))


def stream(*pieces: Any) -> str:
    """Write pieces as an event stream."""
    return "".join(f"data: {json.dumps(piece)}\r\n\r\n" for piece in pieces)


def piece(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a piece of an answer with one candidate."""
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}]}


def answered(body: Any) -> Answer:
    """Return an answer."""
    answer = read_answer(API, body)
    assert answer
    return answer


def shown(body: Any) -> list[Block]:
    """Return the blocks of an answer."""
    return list(answered(body).blocks)


FORMS: dict[str, Callable[[list[Any]], Any]] = {
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
    blocks = shown(form(pieces))
    assert [block.summary for block in of_type(blocks, Reasoning)] == ([text] if thought else [])
    assert [block.text for block in of_type(blocks, Text)] == ([] if thought else [text])


def test_a_signature_ends_a_text() -> None:
    blocks = shown(stream(piece({"text": "a"}), piece({"text": "b", "thoughtSignature": "xyz"}), piece({"text": "c"})))
    assert [block.text for block in of_type(blocks, Text)] == ["ab", "c"]
    assert [block.characters for block in of_type(blocks, Encrypted)] == [3]


def test_texts_of_a_whole_answer_stay_apart() -> None:
    assert [text.text for text in of_type(shown(piece({"text": "a"}, {"text": "b"})), Text)] == ["a", "b"]


def call(*pieces: dict[str, Any]) -> ToolCall:
    """Stream a call in pieces, and give it as it is told."""
    (found,) = of_type(shown(stream(*(piece({"functionCall": one}) for one in pieces))), ToolCall)
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
    blocks = shown(stream(*(piece({"functionCall": {"name": "f", "args": {"n": n}}}) for n in (1, 2))))
    assert [found.arguments for found in of_type(blocks, ToolCall)] == [{"n": 1}, {"n": 2}]


def test_the_last_number_that_a_stream_tells_counts() -> None:
    usages = [{"promptTokenCount": 9}, {"promptTokenCount": 10, "totalTokenCount": 15}, {"trafficType": "ON_DEMAND"}]
    pieces = [{**piece({"text": "a"}), "usageMetadata": usage} for usage in usages]
    pieces.append({"usageMetadata": {"candidatesTokenCount": 5, "promptTokenCount": None}})
    (usage,) = of_type(shown(stream(*pieces)), Usage)
    assert (usage.input, usage.output, usage.total) == (10, 5, 15)


_INVENTED = ("unknown-things", "hostile-text")
GOLDEN_CASES = sorted(path.stem for path in CASES.glob("*.jsonl") if path.stem not in _INVENTED)


@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_all_that_the_api_is_known_to_send_is_understood(case: str) -> None:
    for exchange in exchanges(case):
        path = exchange.request.url.partition("?")[0]
        blocks = (
            read_blocks(API, exchange.response.body, path, exchange.response.status_code) if exchange.response else []
        )
        assert unknowns(read_request(API, exchange.request.body, path)) == []
        assert unknowns(blocks) == []


def test_what_is_not_understood_is_named() -> None:
    exchange = exchanges("unknown-things")[0]
    assert exchange.response
    assert unknowns(read_request(API, exchange.request.body)) == [
        *("setting 'shiny'", "part 'odd'", "part 'smell'", "part 'text'", "field 'mood'", "part without fields"),
        *("content without parts", "field 'weight'", "tool"),
    ]
    assert unknowns(shown(exchange.response.body)) == [
        *("field 'shiny'", "field 'candidate'", "part 'telepathy'", "field 'content'", "field 'sparkle'"),
        *("field 'mood'", "count 'sparks'", *["piece of the answer"] * 4),
    ]


OTHERS = ({"input": "x"}, [1], "text", '[{"a": 1}, {"b', "data: {}\n\ndata: 7\n\n", None, {"contents": None})


@pytest.mark.parametrize("body", OTHERS, ids=str)
def test_another_apis_bodies_are_left_to_it(body: Any) -> None:
    assert read_request(API, body) is None
    assert read_blocks(API, body) == []


def test_bytes_stay_in_the_record() -> None:
    (image,) = of_type(shown(piece({"inlineData": {"mimeType": "image/png", "data": "QUJD"}})), Media)
    assert (image.kind, image.media_type, image.size) == (MediaKind.IMAGE, "image/png", 3)


ENDS: dict[str, tuple[Any, bool]] = {
    "a whole answer": (piece(finishReason="STOP"), True),
    "a stream with its end": (stream(piece({"text": "a"}), piece(finishReason="STOP")), True),
    "an unusual end": (stream(piece(finishReason="SAFETY")), True),
    "no end": (stream(piece({"text": "a"})), False),
    "an end of one of two": (stream(piece(finishReason="STOP"), {"candidates": [{"index": 1, "content": {}}]}), False),
    "an end that is none": (stream(piece(finishReason="FINISH_REASON_UNSPECIFIED")), False),
    "a blocked prompt": (stream({"promptFeedback": {"blockReason": "SAFETY"}}), True),
    "an error": (stream(piece({"text": "a"}), {"error": {"code": 500}}), True),
    "an error outside of the events": (stream(piece({"text": "a"})) + '{"error": {"code": 500}}\n', True),
    "an array": ([piece({"text": "a"}), piece(finishReason="STOP")], True),
    "an array without an end": ([piece({"text": "a"}), piece()], False),
    "an array that was cut": (json.dumps([piece({"text": "a"}), piece()])[:-3], False),
    "an array that was cut behind its end": (json.dumps([piece(finishReason="STOP")])[:-1], True),
    "an error over HTTP": ({"error": {"code": 429}}, True),
}


@pytest.mark.parametrize(("body", "ended"), ENDS.values(), ids=ENDS)
def test_an_answer_is_complete_with_the_apis_own_end(body: Any, ended: bool) -> None:
    assert answered(body).ended is ended


STOPS = {"STOP": Stop.END, "MAX_TOKENS": Stop.LENGTH, "IMAGE_SAFETY": Stop.FILTERED, "LUNCH": Stop.OTHER}


@pytest.mark.parametrize(("word", "stop"), STOPS.items())
def test_why_an_answer_ended_is_known_with_the_apis_word(word: str, stop: Stop) -> None:
    for form in FORMS.values():
        answer = answered(form([piece({"text": "a"}), piece(finishReason=word)]))
        assert (answer.stop, answer.stop_word) == (stop, word)


def test_a_call_of_a_tool_is_what_an_answer_stops_for() -> None:
    answer = answered(piece({"functionCall": {"name": "f", "args": {}}}, finishReason="STOP"))
    assert (answer.stop, answer.stop_word) == (Stop.TOOL_CALL, "STOP")


def test_a_blocked_prompt_is_a_filter() -> None:
    answer = answered({"promptFeedback": {"blockReason": "SAFETY"}})
    assert (answer.stop, answer.stop_word) == (Stop.FILTERED, "SAFETY")


def test_each_part_has_the_events_or_the_path_that_it_is_from() -> None:
    pieces = [piece({"text": "a", "thought": True}), *(piece({"text": text}) for text in "bcd"), piece({"text": ""})]
    pieces.append(piece({"functionCall": {"name": "f"}}, finishReason="STOP"))
    sources = [part.source for part in answered(stream(*pieces)).parts]
    assert sources == [EventSource(0, 0), EventSource(1, 4), EventSource(5, 5)]
    whole = piece({"text": "a"}, {"functionCall": {"name": "f"}})
    path = "candidates[0].content.parts"
    assert [part.source for part in answered(whole).parts] == [f"{path}[0]", f"{path}[1]"]
    assert [part.source for part in answered({"response": whole}).parts] == [
        *(f"response.{path}[{place}]" for place in range(2))
    ]


def test_elements_of_an_array_are_found_again_in_the_body() -> None:
    text = json.dumps([piece({"text": "ä"}), piece({"text": "b"})], indent=1, ensure_ascii=False).encode()
    for body in (Json(text), text.decode().rstrip("]\n")):
        split = API.split(PATH, body)
        assert split
        starts = [split.offset(number) or 0 for number in range(2)]
        assert [
            text[start:].startswith(as_text(one).encode()) for start, one in zip(starts, split.texts, strict=True)
        ] == [True] * 2


def test_an_answer_is_equal_to_the_content_that_repeats_it() -> None:
    pieces = [piece({"text": "Hm.", "thought": True}), piece({"text": "I "}), piece({"text": "look."})]
    pieces.append(piece({"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "xyz"}))
    (sent,) = answered(stream(*pieces)).sent_back
    parts = [{"text": "I look."}, {"function_call": {"name": "f", "args": {"a": 1}, "id": "made-up"}}]
    later = {"role": "model", "parts": parts}
    assert API.canonical(Kind.MESSAGE, sent) == API.canonical(Kind.MESSAGE, later)
    assert API.canonical(Kind.MESSAGE, sent) != API.canonical(Kind.MESSAGE, {**later, "parts": parts[:1]})


CALLS = {
    ("POST", f"{PATH}:generateContent"): True,
    ("POST", f"{PATH}:streamGenerateContent"): True,
    ("POST", "/v1internal:streamGenerateContent"): True,
    ("GET", f"{PATH}:generateContent"): False,
    ("POST", f"{PATH}:countTokens"): False,
    ("POST", "/v1internal:loadCodeAssist"): False,
    ("GET", "/v1beta/models"): False,
}


@pytest.mark.parametrize(("request_line", "is_call"), CALLS.items(), ids=str)
def test_posts_that_generate_are_calls(request_line: tuple[str, str], is_call: bool) -> None:
    assert API.is_call(*request_line) is is_call
    assert (API.side_answer(*request_line) is None) is is_call


CONTENTS = [{"role": "user", "parts": []}]
ITEMS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "Google AI": (
        {"tools": [{}], "contents": CONTENTS, "systemInstruction": {}, "generationConfig": {"topK": 1}, "model": "m"},
        ["model", "generationConfig.topK", "systemInstruction", "contents[0]", "tools[0]"],
    ),
    "snake_case": (
        {"contents": CONTENTS, "system_instruction": {}, "generation_config": {"top_k": 1}},
        ["generation_config.top_k", "system_instruction", "contents[0]"],
    ),
    "Code Assist": (
        {"project": "p", "model": "m", "request": {"contents": CONTENTS, "labels": {}}},
        ["model", "request.labels", "project", "request.contents[0]"],
    ),
    "countTokens": (
        {"generateContentRequest": {"contents": CONTENTS, "model": "m"}},
        ["generateContentRequest.model", "generateContentRequest.contents[0]"],
    ),
    "one content": ({"contents": "Hi."}, ["contents"]),
}


@pytest.mark.parametrize(("body", "expected"), ITEMS.values(), ids=ITEMS)
def test_items_are_settings_instructions_contents_and_tools(body: Any, expected: list[str]) -> None:
    assert paths(API, body, PATH) == expected
    assert unknowns(read_request(API, body)) == []


def test_a_request_that_counts_tokens_is_shown_as_a_call_is() -> None:
    blocks = list(
        API.request_blocks(f"{PATH}:countTokens", {"contents": [{"role": "user", "parts": [{"text": "a"}]}]}) or ()
    )
    assert [type(block) for block in blocks] == [Settings, Conversation]
    counted = API.response_blocks(f"{PATH}:countTokens", {"totalTokens": 31}, 200)
    assert counted == [Settings(pairs=(("totalTokens", 31),))]


ASKED: dict[str, tuple[dict[str, Any], Any]] = {
    "text": ({"maxOutputTokens": 7}, (7, None)),
    "any JSON": ({"responseMimeType": "application/json"}, (None, ())),
    "JSON of a schema": ({"responseJsonSchema": {"properties": {"a": {}}}}, (None, ("a",))),
    "JSON of the older kind of schema": ({"response_schema": {"properties": {"a": {}, "b": {}}}}, (None, ("a", "b"))),
    "odd things": ({"maxOutputTokens": "7", "responseSchema": 7}, (None, ())),
}


@pytest.mark.parametrize(("config", "expected"), ASKED.values(), ids=ASKED)
def test_what_a_call_asks_for_is_found(config: dict[str, Any], expected: Any) -> None:
    asked = API.asked(PATH, json_of({"contents": [], "generationConfig": config}))
    assert (asked.most_output, asked.schema_fields, asked.elsewhere) == (*expected, False)
    assert API.asked(PATH, json_of({"contents": [], "cachedContent": "cachedContents/x"})).elsewhere


def test_the_model_is_that_of_the_path_where_the_body_has_none() -> None:
    asked = API.asked(f"{PATH}:generateContent", json_of({"contents": []}))
    assert (asked.model, asked.notes) == ("gemini-x", (Settings(pairs=(("model", "gemini-x"),)),))
    asked = API.asked("/v1internal:generateContent", json_of({"model": "m", "request": {"contents": []}}))
    assert (asked.model, asked.notes) == ("m", ())


def test_an_error_has_the_shape_that_its_sdk_reads() -> None:
    assert API.error_answer(400, "no")["error"] == {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}
    assert API.error_answer(502, "no")["error"]["status"] == "INTERNAL"


def test_an_unusual_end_is_told_with_its_message() -> None:
    blocks = shown(piece(finishReason="MAX_TOKENS", finishMessage="Enough."))
    assert of_type(blocks, Incomplete) == [Incomplete(reason="MAX_TOKENS: Enough.")]


@pytest.mark.parametrize("case", ["streamed-tool-loop", "vertex", "unknown-things", "hostile-text"])
@given(data=st.data())
@settings(max_examples=30)
def test_a_stream_cut_anywhere_is_read(case: str, data: st.DataObject) -> None:
    response = exchanges(case)[0].response
    assert response
    body = response.body
    cut = body[: data.draw(st.integers(6, len(body)))]
    split = API.split(PATH, cut)
    assert split
    answer = read_split(API, split)
    assert list(answer.blocks) or not split.texts
    if "finishReason" not in cut:
        assert not answer.ended


@given(data=st.data())
@settings(max_examples=50)
def test_an_array_cut_anywhere_is_read(data: st.DataObject) -> None:
    body = json.dumps([piece({"text": f"a{number}"}) for number in range(3)], indent=1)
    cut = body[: data.draw(st.integers(body.index("candidates") + 12, len(body) - 1))]
    split = API.split(PATH, cut)
    assert split
    read = repr([split.unfinished, *read_split(API, split).blocks])
    assert all(f"a{number}" in read for number in range(3) if f"a{number}" in cut)


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
    body = {"contents": [value], "tools": [value], "systemInstruction": value, "model": value}
    for request in (value, body, {"contents": value, "generationConfig": value}, {"request": body}):
        read_request(API, request)
        API.request_blocks(PATH, request)
    API.canonical(Kind.MESSAGE, value)
    read_blocks(API, value)
    read_blocks(API, [value, {"candidates": [value], "usageMetadata": value}])
    read_blocks(API, {"error": value, "promptFeedback": value}, status=500)


@given(st.lists(JSON, max_size=4), JSON)
@settings(max_examples=400)
def test_no_piece_is_too_odd(values: list[Any], other: Any) -> None:
    parts = [value if isinstance(value, dict) else {"functionCall": value} for value in values]
    pieces = [*(piece(part) for part in parts), {"candidates": [{"content": {"parts": values}}]}, other]
    read_blocks(API, stream(*pieces))
    read_blocks(API, json.dumps(pieces)[:-1])
