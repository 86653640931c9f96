"""Nothing of a Gemini request or answer is lost on the way to its blocks."""

from __future__ import annotations

import json
from typing import Any

from probe.renderers.gemini_generate_content import API
from tests.renderers.body_markers import is_shown, marked
from tests.renderers.reading import event_stream, read_blocks, read_request

_CALL = {"name": "f", "id": "1", "args": {"a": 1}}
_STREAMED = {
    "name": "f",
    "partialArgs": [
        {"jsonPath": "$.a", "stringValue": "x", "willContinue": True},
        {"jsonPath": "$.b", "numberValue": 1},
    ],
}
_RESULT = {"id": "1", "name": "f", "response": {"output": "x"}, "parts": [{"text": "a"}], "scheduling": "SILENT"}
_PARTS: list[dict[str, Any]] = [
    {"text": "a", "thought": True, "thoughtSignature": "xyz"},
    {"text": "b", "thoughtSignature": "xyz", "partMetadata": {"k": "v"}},
    {"functionCall": _CALL},
    {"functionCall": _STREAMED},
    {"toolCall": {"toolType": "GOOGLE_SEARCH", "id": "2", "args": {}}},
    {"functionResponse": _RESULT},
    {"functionResponse": {**_RESULT, "response": {"error": {"a": 1}}}},
    {"toolResponse": {"toolType": "GOOGLE_SEARCH", "id": "2", "response": {"a": 1}}},
    {"inlineData": {"mimeType": "image/png", "data": "QUJD", "displayName": "n"}, "mediaResolution": {"level": "LOW"}},
    {"fileData": {"mimeType": "video/mp4", "fileUri": "https://example.org", "displayName": "n"}},
    {"executableCode": {"language": "PYTHON", "code": "1", "id": "3"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1", "id": "3"}},
    {"audioTranscription": {"text": "a", "languageCode": "en"}},
]
_BODY = {
    "contents": [{"role": "user", "parts": _PARTS}],
    "systemInstruction": {"role": "user", "parts": [{"text": "a"}]},
    "tools": [{"functionDeclarations": [{"name": "f", "description": "d"}]}, {"googleSearch": {}}],
    "generationConfig": {"temperature": 1, "thinkingConfig": {"thinkingBudget": 1}},
    "safetySettings": [{"category": "c"}],
    "model": "m",
}
REQUESTS = {"Google AI": _BODY, "Code Assist": {"project": "p", "request": _BODY}}
_ANSWER = {
    "candidates": [
        {
            "content": {"role": "model", "parts": _PARTS},
            "finishReason": "MAX_TOKENS",
            "finishMessage": "Enough.",
            "index": 0,
            "safetyRatings": [{"category": "c"}],
            "groundingMetadata": {"webSearchQueries": ["q"]},
        },
        {"content": {"parts": [{"text": "b"}]}, "finishReason": "STOP", "index": 1},
    ],
    "promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": "No.", "safetyRatings": [{"category": "c"}]},
    "usageMetadata": {
        "promptTokenCount": 5,
        "candidatesTokenCount": 7,
        "totalTokenCount": 12,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}],
        "trafficType": "ON_DEMAND",
    },
    "modelVersion": "m",
    "responseId": "r",
}
ANSWERS = {"Google AI": _ANSWER, "Code Assist": {"response": _ANSWER, "traceId": "t"}}
STREAM: list[dict[str, Any]] = [
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "a", "thought": True}]}, "index": 0}]},
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "b"}]}, "index": 0}], "modelVersion": "m"},
    {"candidates": [{"content": {"parts": [{"text": "c", "thoughtSignature": "xyz"}]}}], "responseId": "r"},
    {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "id": "1", "willContinue": True}}]}}]},
    {"candidates": [{"content": {"parts": [{"functionCall": {**_STREAMED, "willContinue": True}}]}}]},
    {"candidates": [{"content": {"parts": [{"functionCall": {}}]}}]},
    _ANSWER,
]
DROPPED = [
    # What only the API can read is shown by its length; bytes stay in the record.
    *((f".{name}", "string") for name in ("thoughtSignature", "data")),
]


def _lost(body: Any, read: Any) -> list[str]:
    return [where for where, changed in marked(body, DROPPED) if not is_shown(read(changed) or [changed])]


def test_nothing_in_a_request_is_dropped() -> None:
    for name, body in REQUESTS.items():
        assert (name, _lost(body, lambda changed: read_request(API, changed))) == (name, [])


def test_nothing_in_a_whole_answer_is_dropped() -> None:
    for name, body in ANSWERS.items():
        assert (name, _lost(body, lambda changed: read_blocks(API, changed))) == (name, [])


def test_nothing_in_a_streamed_answer_is_dropped() -> None:
    lost = {}
    for number, piece in enumerate(STREAM):
        before, after = STREAM[:number], STREAM[number + 1 :]
        lost[number] = _lost(piece, lambda changed, b=before, a=after: read_blocks(API, event_stream(*b, changed, *a)))
    assert lost == {number: [] for number in range(len(STREAM))}


def test_nothing_in_an_array_is_dropped() -> None:
    assert _lost(STREAM[0], lambda changed: read_blocks(API, json.dumps([changed, STREAM[1]])[:-1])) == []
