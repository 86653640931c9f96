"""The Gemini renderer tells every field that the types of google-genai have on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from probe.renderers.blocks import Block
from probe.renderers.gemini_generate_content import request_blocks, response_blocks
from tests.completeness import sdk

types = sdk.load("google.genai.types")

OWN = "the SDK's own: it is not on the wire"
ACCEPTED = {
    "*Blob.data": "type and size are told, the bytes stay in the record",
    "Part.thoughtSignature": "only the API can read it; its length is told",
    "Candidate.finishReason": "STOP is how every answer ends; all other reasons are told",
    "CodeExecutionResult.outcome": "OUTCOME_OK is the usual one; all others are told",
    "FunctionCall.willContinue": "a call that goes on, and has no end, is told as cut short",
    "GenerateContentConfig.systemInstruction*": "the SDK sends a content, which is tested by itself",
    "GenerateContentResponse.automaticFunctionCallingHistory*": OWN,
    "GenerateContentResponse.parsed": OWN,
    "GenerateContentResponse.sdkHttpResponse*": OWN,
}


def part(value: Any) -> Iterator[Block]:
    """Tell a part of a request."""
    return request_blocks({"contents": [{"role": "user", "parts": [value]}]})


def snake_case(value: Any) -> Iterator[Block]:
    """Tell a part of a request in the API's other spelling."""
    return part(_snake(value))


def content(value: Any) -> Iterator[Block]:
    """Tell a content of a request."""
    return request_blocks({"contents": [value]})


def instruction(value: Any) -> Iterator[Block]:
    """Tell a system instruction."""
    return request_blocks({"contents": [], "systemInstruction": value})


def tool(value: Any) -> Iterator[Block]:
    """Tell a tool."""
    return request_blocks({"contents": [], "tools": [value]})


def beside(value: Any) -> Iterator[Block]:
    """Tell what stands beside the contents."""
    return request_blocks({"contents": [], **value})


def config(value: Any) -> Iterator[Block]:
    """Tell a configuration."""
    return request_blocks({"contents": [], "generationConfig": value})


def answer(value: Any) -> Iterator[Block]:
    """Tell a whole answer."""
    return response_blocks({"usageMetadata": {"totalTokenCount": 1}, **value}, 200)


def piece(value: Any) -> Iterator[Block]:
    """Tell the first piece of a streamed answer."""
    last = {"candidates": [{"finishReason": "STOP"}]}
    return response_blocks("".join(f"data: {json.dumps(one)}\n\n" for one in (value, last)), 200)


def code_assist(value: Any) -> Iterator[Block]:
    """Tell the first piece of an answer of Code Assist."""
    return piece({"response": value, "traceId": "trace-1"})


Tell = Callable[[Any], Iterator[Block]]
TYPES: list[tuple[Any, Tell]] = [
    *((types.Part, tell) for tell in (part, snake_case)),
    *((types.Content, tell) for tell in (content, instruction)),
    (types.Tool, tool),
    (types.GenerationConfig, config),
    (types.GenerateContentConfig, beside),
    *((types.GenerateContentResponse, tell) for tell in (answer, piece, code_assist)),
]


def test_every_field_is_told() -> None:
    short: dict[str, str] = {}
    for record, tell in TYPES:
        short |= sdk.gaps(sdk.samples(record), tell)
    sdk.check(short, ACCEPTED)


def test_every_reason_to_end_or_to_block_is_told() -> None:
    for reason in types.FinishReason:
        told = repr(list(answer({"candidates": [{"finishReason": reason.value}]})))
        assert (reason.value in told) == (reason.value not in ("STOP", "FINISH_REASON_UNSPECIFIED"))
    for reason in types.BlockedReason:
        assert reason.value in repr(list(answer({"promptFeedback": {"blockReason": reason.value}})))


def _snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("(?=[A-Z])", "_", name).lower(): _snake(inner) for name, inner in value.items()}
