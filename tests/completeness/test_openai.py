"""Every type of the official `openai` SDK for the Responses API is told: in requests, answers and streams."""

from __future__ import annotations

import json
from typing import Any

from probe.renderers import openai_responses as responses
from tests.completeness import sdk

BYTES = "bytes are told by type and size; they stay in the record"
ENCRYPTED = "nobody but the API can read it; its length is told"
PADDING = "random characters that only hide how long a piece is"
PLACE = "it says where a piece belongs, which is where it is told"


def stream(event: Any) -> str:
    """Write a stream of one event."""
    return f"data: {json.dumps(event)}\n\n"


def test_every_error_is_told() -> None:
    types = sdk.load("openai.types")
    found = sdk.samples(types.ErrorObject)
    sdk.check(sdk.gaps(found, lambda error: responses.response_blocks({"error": error}, 400)), {})


ITEMS = {
    "ImageGenerationCall.result": BYTES,
    "ResponseInputFile*.file_data": BYTES,
    "ResponseCompactionItem*.encrypted_content": ENCRYPTED,
    "ResponseReasoningItem*.encrypted_content": ENCRYPTED,
}


def test_every_item_of_an_input_is_told() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponseInputItemParam)
    sdk.check(sdk.gaps(found, lambda item: responses.request_blocks({"input": [item]})), ITEMS)


def test_every_setting_and_tool_of_a_request_is_told() -> None:
    types = sdk.load("openai.types.responses.response_create_params")
    found = sdk.samples(types.ResponseCreateParams, without=["*.input"])
    sdk.check(sdk.gaps(found, responses.request_blocks), {})


def test_every_message_of_a_client_over_a_websocket_is_told() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponsesClientEventParam, without=["ResponseCreate.input"])
    sdk.check(sdk.gaps(found, responses.request_blocks), {"ResponseInputFileContentParam.file_data": BYTES})


UNTOLD = {
    "id": "calls and results name each other by call_id, and nothing refers to the others",
    "status": "that an item came to its end is the ordinary case, all other is told",
}


def outputs(types: Any) -> dict[str, str]:
    """Give what an item of an answer need not tell."""
    fields = [(kind.__name__, name) for kind in sdk.variants(types.ResponseOutputItem) for name in sdk.fields(kind)]
    fields.remove(("McpApprovalRequest", "id"))  # the answer to it names it
    return ITEMS | {f"{kind}.{name}": UNTOLD[name] for kind, name in fields if name in UNTOLD}


def test_every_item_of_an_output_is_told() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponseOutputItem)
    sdk.check(sdk.gaps(found, lambda item: responses.response_blocks({"output": [item]}, 200)), outputs(types))


ECHOED = ("Response.instructions", "Response.tools")
"""What an answer repeats of its request."""


def test_every_field_of_a_whole_answer_is_told() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.Response, without=[*ECHOED, "Response.output"])
    sdk.check(sdk.gaps(found, lambda answer: responses.response_blocks(answer, 200)), {})


EVENTS = {
    **{f"Response*.{name}": PLACE for name in ("item_id", "output_index", "content_index", "summary_index")},
    **{f"Response*.{name}": PLACE for name in ("sequence_number", "command_index", "annotation_index")},
    "ResponseImageGenCallPartial*.partial_image_index": "only the last image, which is the most painted, is told",
    "ResponseImageGenCallPartial*.partial_image_b64": BYTES,
    "ResponseAudio*Delta*.delta": BYTES,
    "Response*.obfuscation": PADDING,
}
DEEPER = ("*.response", "*.item")
"""What the tests of answers and items look at."""


def test_every_event_of_a_stream_is_told() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponseStreamEvent, without=DEEPER)
    sdk.check(sdk.gaps(found, lambda event: responses.response_blocks(stream(event), 200)), EVENTS)


def test_every_event_of_a_websocket_is_told() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponsesServerEvent, without=DEEPER)
    accepted = {
        **EVENTS,
        "Response*.stream_id": "turns are told apart by it",
        "ResponseInputFileContent.file_data": BYTES,
    }
    sdk.check(sdk.gaps(found, lambda event: responses.response_blocks((json.dumps(event),), 200)), accepted)
