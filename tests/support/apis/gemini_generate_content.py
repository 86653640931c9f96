"""Speak Gemini's generateContent, as https://ai.google.dev/api/generate-content has it, and its two other fronts.

Vertex has other paths; Code Assist takes the request in an envelope and gives each answer in one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support.answers import Asked, Model, Step
from tests.support.apis.calls import Answer, Call, cut, ident, stream, texts, whole
from tests.support.toolcalls import Tool

NAME = "gemini_generate_content"
PATH = r":(generateContent|streamGenerateContent)$"


def answer(call: Call, model: Model) -> Answer:
    """Answer a posted turn."""
    enveloped = "/v1internal:" in call.path
    body = call.body.get("request") or {} if enveloped else call.body
    named = re.search(r"/models/([^/:]+):", call.path)
    name = named[1] if named else str(call.body.get("model", "unknown"))
    step = model.step(_asked(body))
    if call.path.endswith(":generateContent"):
        return whole(_put(_response(step, name, _parts(step), last=True), step, enveloped))
    chunks = [_put(chunk, step, enveloped) for chunk in _chunks(step, name)]
    return stream(chunks, named=False) if call.query.get("alt") == "sse" else _list(chunks)


def _put(response: dict[str, Any], step: Step, enveloped: bool) -> dict[str, Any]:
    """Put an answer into Code Assist's envelope."""
    return {"response": response, "traceId": ident("trace", step.number)[6:22]} if enveloped else response


def _list(chunks: list[dict[str, Any]]) -> Answer:
    """Answer with a JSON list that grows, as the API does without `alt=sse`."""
    pieces = [f"{',' if index else '['}{json.dumps(chunk)}\n".encode() for index, chunk in enumerate(chunks)]
    return Answer(pieces=[*pieces, b"]"])


def error(status: int, message: str, _code: str) -> dict[str, Any]:
    """Write an error in the API's shape."""
    return {"error": {"code": status, "message": message, "status": _ERRORS.get(status, "UNKNOWN")}}


_ERRORS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def _camel(value: Any) -> Any:
    """Return names as the API has them: it takes `max_output_tokens` as well, and its own SDK mixes both spellings."""
    if isinstance(value, list):
        return [_camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): one for key, one in value.items()}
    return {key: one if key in _FREE else _camel(one) for key, one in named.items()}


_FREE = ("args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema")
"""What holds names that are not the API's."""


def _asked(body: dict[str, Any]) -> Asked:
    body = _camel(body)
    contents, config = body.get("contents") or [], body.get("generationConfig") or {}
    contents = [contents] if isinstance(contents, dict) else contents
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    is_json = config.get("responseMimeType") == "application/json"
    return Asked(
        tools=list(_tools(body)),
        has_result=_has_result(contents),
        results=sum(_results(content) for content in contents),
        schema=schema or ({"type": "object"} if is_json else None),
        forced=next(iter(calling.get("allowedFunctionNames") or [""])) if calling.get("mode") == "ANY" else None,
        words="\n".join(texts(one.get("parts")) for one in (_system(body), *contents)),
        room=config.get("maxOutputTokens"),
        thinks=bool((config.get("thinkingConfig") or {}).get("includeThoughts")),
    )


def _system(body: dict[str, Any]) -> dict[str, Any]:
    told = body.get("systemInstruction") or {}
    return {"parts": [{"text": told}]} if isinstance(told, str) else told


def _tools(body: dict[str, Any]) -> Iterator[Tool]:
    for tool in body.get("tools") or []:
        for declared in tool.get("functionDeclarations") or []:
            schema = declared.get("parametersJsonSchema") or declared.get("parameters") or {}
            yield Tool(name=declared["name"], schema=schema)


def _has_result(contents: list[dict[str, Any]]) -> bool:
    """Check whether a tool has answered since the user last spoke."""
    for content in reversed(contents):
        if _results(content):
            return True
        if content.get("role", "user") == "user":
            return False
    return False


def _results(content: dict[str, Any]) -> int:
    return sum("functionResponse" in part for part in content.get("parts") or [])


def _parts(step: Step) -> list[dict[str, Any]]:
    """Write the parts of a whole answer."""
    found: list[dict[str, Any]] = []
    if step.reasoning:
        found.append({"text": step.reasoning, "thought": True})
    if step.text is not None:
        found.append({"text": step.text})
    if step.call:
        # Its signature is how the thoughts behind a call come back with its result.
        signature = base64.b64encode(f"a stand-in for the signature of thought {step.number}".encode()).decode()
        called = {"name": step.call.name, "args": step.call.arguments, "id": ident("call", step.number)[5:21]}
        found.append({"functionCall": called, "thoughtSignature": signature})
    return found


def _chunks(step: Step, name: str) -> Iterator[dict[str, Any]]:
    """Yield an answer in chunks, each a whole one with some of the parts: texts are cut, a call is not."""
    for part in _parts(step):
        for piece in cut(part["text"]) if "text" in part else []:
            yield _response(step, name, [{**part, "text": piece}], last=False)
        if "text" not in part:
            yield _response(step, name, [part], last=False)
    yield _response(step, name, [{"text": ""}], last=True)


def _response(step: Step, name: str, parts: list[dict[str, Any]], *, last: bool) -> dict[str, Any]:
    ended = {"finishReason": "MAX_TOKENS" if step.cut_short else "STOP"} if last else {}
    candidate = {"content": {"parts": parts, "role": "model"}, **ended, "index": 0}
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(step, last),
        "modelVersion": name,
        "responseId": ident("response", step.number)[9:31],
    }


def _usage(step: Step, last: bool) -> dict[str, Any]:
    """Write the token counts: the prompt includes the cache, the candidates leave out the thoughts."""
    spent = step.spent(NAME)
    given, thought = spent.input or 0, spent.reasoning or 0
    told = {"promptTokenCount": given, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": given}]}
    if not last:
        return {**told, "totalTokenCount": given}
    return {
        **told,
        "candidatesTokenCount": (spent.output or 0) - thought,
        "totalTokenCount": spent.total,
        "cachedContentTokenCount": spent.cache_read,
        "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": spent.cache_read}],
        "thoughtsTokenCount": thought,
    }
