"""Nothing of a Gemini request or answer is lost on the way to its blocks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.renderers.gemini_generate_content import API
from tests.renderers.markers import lost
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
STREAM: list[dict[str, Any]] = [
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "a", "thought": True}]}, "index": 0}]},
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "b"}]}, "index": 0}], "modelVersion": "m"},
    {"candidates": [{"content": {"parts": [{"text": "c", "thoughtSignature": "xyz"}]}}], "responseId": "r"},
    {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "id": "1", "willContinue": True}}]}}]},
    {"candidates": [{"content": {"parts": [{"functionCall": {**_STREAMED, "willContinue": True}}]}}]},
    {"candidates": [{"content": {"parts": [{"functionCall": {}}]}}]},
    _ANSWER,
]
HIDDEN = ("*.thoughtSignature: a text", "*.data: a text")
"""What only the API can read is shown by its length; bytes stay in the record."""


def asked(body: Any) -> Any:
    """Return all that is shown of a request; of what is none of this API's, everything."""
    return read_request(API, body) or body


def answered(body: Any) -> Any:
    """Return all that is shown of an answer; of what is none of this API's, everything."""
    return read_blocks(API, body) or body


def streamed(pieces: Any) -> Any:
    """Return all that is shown of a stream; of what is none of this API's, everything."""
    return read_blocks(API, event_stream(*pieces)) or pieces


def cut_array(pieces: Any) -> Any:
    """Return all that is shown of an array without its end."""
    return read_blocks(API, json.dumps(pieces)[:-1]) or pieces


CASES = {
    "a request": (_BODY, asked, HIDDEN),
    "a request of Code Assist": ({"project": "p", "request": _BODY}, asked, HIDDEN),
    "an answer": (_ANSWER, answered, HIDDEN),
    "an answer to Code Assist": ({"response": _ANSWER, "traceId": "t"}, answered, HIDDEN),
    "a stream": (STREAM, streamed, HIDDEN),
    "a cut array": (STREAM[:2], cut_array, ()),
}


@pytest.mark.parametrize(("body", "read", "accepted"), CASES.values(), ids=CASES.keys())
def test_nothing_is_lost(body: Any, read: Any, accepted: tuple[str, ...]) -> None:
    assert lost(body, read, accepted) == []
