"""Every type of the official `ollama` SDK for chats and prompts is shown: in requests, answers and streams."""

from __future__ import annotations

import json
from typing import Any

from probe.renderers.ollama import API
from tests.completeness import sdk
from tests.renderers.reading import read_blocks, read_request

BYTES = {"Image.value": "bytes are shown by size; they stay in the record"}
MESSAGES = {"ChatRequest.messages: list: ChatRequest.messages": "an object of any kind, which has no role"}


def test_every_chat_is_shown() -> None:
    types = sdk.load("ollama._types")
    found = sdk.samples(types.ChatRequest)
    sdk.check(sdk.gaps(found, lambda body: read_request(API, _sent(body))), {**BYTES, **MESSAGES})


def test_every_prompt_is_shown() -> None:
    types = sdk.load("ollama._types")
    found = sdk.samples(types.GenerateRequest)
    sdk.check(sdk.gaps(found, lambda body: read_request(API, _sent(body))), BYTES)


def test_every_field_of_a_chat_answer_is_shown() -> None:
    _check_answer("ChatResponse", BYTES)


def test_every_field_of_an_answer_to_a_prompt_is_shown() -> None:
    _check_answer("GenerateResponse", {"GenerateResponse.image": BYTES["Image.value"]})


def _check_answer(name: str, accepted: dict[str, str]) -> None:
    """Read each sample as a whole answer and as a line of a stream."""
    found = list(sdk.samples(getattr(sdk.load("ollama._types"), name)))
    accepted = {
        **accepted,
        f"{name}.done": "an answer that is not done is cut short",
        f"{name}.done_reason": "the type admits any word, and an unknown one is unknown",
    }
    sdk.check(sdk.gaps(found, lambda body: read_blocks(API, _sent({"done": True, **body}))), accepted)
    sdk.check(sdk.gaps(found, lambda body: read_blocks(API, _lines({"done": False, **body}))), accepted)


def _lines(body: Any) -> str:
    return json.dumps(_sent(body)) + "\n{}\n"


def _sent(value: Any) -> Any:
    """Return a sample as it is sent: an image is an object in the SDK alone."""
    if isinstance(value, dict):
        sent = {name: _sent(inner) for name, inner in value.items()}
        return sent["value"] if sent.keys() == {"value"} else sent
    return [_sent(inner) for inner in value] if isinstance(value, list) else value
