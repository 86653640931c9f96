"""The Gemini renderer shows every field that the types of google-genai have on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from probe.renderers.blocks import Block
from probe.renderers.gemini_generate_content import API
from tests.completeness import sdk
from tests.renderers.reading import event_stream, read_blocks, read_request

types = sdk.load("google.genai.types")

OWN = "the SDK's own: it is not on the wire"
ACCEPTED = {
    "*Blob.data": "type and size are shown, the bytes stay in the record",
    "Part.thoughtSignature": "only the API can read it; its length is shown",
    "Candidate.finishReason": "STOP is how every answer ends; all other reasons are shown",
    "CodeExecutionResult.outcome": "OUTCOME_OK is the usual one; all others are shown",
    "FunctionCall.willContinue": "a call that goes on, and has no end, is shown as cut short",
    "GenerateContentConfig.systemInstruction*": "the SDK sends a content, which is tested by itself",
    "GenerateContentResponse.automaticFunctionCallingHistory*": OWN,
    "GenerateContentResponse.parsed": OWN,
    "GenerateContentResponse.sdkHttpResponse*": OWN,
}


Blocks = Iterable[Block] | None


def part(value: Any) -> Blocks:
    """Return the blocks of a part of a request."""
    return read_request(API, {"contents": [{"role": "user", "parts": [value]}]})


def snake_case(value: Any) -> Blocks:
    """Return the blocks of a part of a request in the API's other spelling."""
    return part(_snake(value))


def content(value: Any) -> Blocks:
    """Return the blocks of a content of a request."""
    return read_request(API, {"contents": [value]})


def instruction(value: Any) -> Blocks:
    """Return the blocks of a system instruction."""
    return read_request(API, {"contents": [], "systemInstruction": value})


def tool(value: Any) -> Blocks:
    """Return the blocks of a tool."""
    return read_request(API, {"contents": [], "tools": [value]})


def beside(value: Any) -> Blocks:
    """Return the blocks of what is beside the contents."""
    return read_request(API, {"contents": [], **value})


def config(value: Any) -> Blocks:
    """Return the blocks of a configuration, in both spellings."""
    read = [read_request(API, {"contents": [], "generationConfig": one}) for one in (value, _snake(value))]
    return [block for blocks in read for block in blocks or ()]


def answer(value: Any) -> Blocks:
    """Return the blocks of a whole answer."""
    return read_blocks(API, {"usageMetadata": {"totalTokenCount": 1}, **value})


def piece(value: Any) -> Blocks:
    """Return the blocks of the first piece of a streamed answer."""
    return read_blocks(API, event_stream(value, {"candidates": [{"finishReason": "STOP"}]}))


def code_assist(value: Any) -> Blocks:
    """Return the blocks of the first piece of an answer of Code Assist."""
    return piece({"response": value, "traceId": "trace-1"})


def counted(value: Any) -> Blocks:
    """Return the blocks of counted tokens."""
    return read_blocks(API, {"totalTokens": 1, **value})


Read = Callable[[Any], Blocks]
TYPES: list[tuple[Any, Read]] = [
    *((types.Part, read) for read in (part, snake_case)),
    *((types.Content, read) for read in (content, instruction)),
    (types.Tool, tool),
    (types.GenerationConfig, config),
    (types.GenerateContentConfig, beside),
    *((types.GenerateContentResponse, read) for read in (answer, piece, code_assist)),
    (types.CountTokensResponse, counted),
]


def test_every_field_is_shown() -> None:
    short: dict[str, str] = {}
    for record, read in TYPES:
        short |= sdk.gaps(sdk.samples(record), read)
    sdk.check(short, ACCEPTED)


def test_every_reason_to_end_or_to_block_is_shown() -> None:
    for reason in types.FinishReason:
        shown = repr(answer({"candidates": [{"finishReason": reason.value}]}))
        assert (reason.value in shown) == (reason.value not in ("STOP", "FINISH_REASON_UNSPECIFIED"))
    for reason in types.BlockedReason:
        assert reason.value in repr(answer({"promptFeedback": {"blockReason": reason.value}}))


def _snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("(?=[A-Z])", "_", name).lower(): _snake(inner) for name, inner in value.items()}
