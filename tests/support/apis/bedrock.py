"""Speak AWS Bedrock's InvokeModel, whose bodies are Anthropic messages, whole or in a binary event stream.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
"""

from __future__ import annotations

import re
from typing import Any

from tests.support.answers import Model
from tests.support.apis import anthropic_messages
from tests.support.apis.calls import Answer, Call, whole
from tests.support.frames import MEDIA_TYPE, chunk

NAME = "bedrock"
PATH = r"/model/[^/]+/invoke(-with-response-stream)?$"


def answer(call: Call, model: Model) -> Answer:
    """Answer a posted turn; the model's name is in the path alone."""
    # `anthropic.claude-x-y-20260101-v1:0`, maybe with a region before it, answers as claude-x-y-20260101.
    name = re.sub(r".*/model/|.*anthropic\.|-v\d+(:\d+)?(/.*)?$|/invoke.*", "", call.path)
    step = anthropic_messages.decided(call.body, model)
    if not call.path.endswith("-stream"):
        return whole(anthropic_messages.message(step, name, NAME))
    events = list(anthropic_messages.events(step, name, NAME))
    spent = step.spent(NAME)
    events[-1] = {**events[-1], "amazon-bedrock-invocationMetrics": _metrics(events[-2]["usage"], spent.output)}
    return Answer(pieces=[chunk(event) for event in events], content_type=MEDIA_TYPE)


def error(_status: int, message: str, _code: str) -> dict[str, Any]:
    """Write an error in the API's shape."""
    return {"message": message}


def _metrics(usage: dict[str, Any], output: int | None) -> dict[str, Any]:
    return {
        "inputTokenCount": usage["input_tokens"],
        "outputTokenCount": output,
        "invocationLatency": 1234,
        "firstByteLatency": 321,
        "cacheReadInputTokenCount": usage["cache_read_input_tokens"],
        "cacheWriteInputTokenCount": usage["cache_creation_input_tokens"],
    }
