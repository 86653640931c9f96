"""Every type of the official `openai` SDK for the Responses API is shown: in requests, answers and streams."""

from __future__ import annotations

import json
from typing import Any

from probe.renderers.blocks import Block
from probe.renderers.events import Stream
from probe.renderers.openai_responses import API
from tests.completeness import sdk
from tests.renderers.reading import event_stream, read_blocks, read_request, read_split

BYTES = "bytes are shown by type and size; they stay in the record"
ENCRYPTED = "only the API can read it; its length is shown"
PADDING = "random characters that only hide how long a piece is"
PLACE = "it says where a piece belongs, which is where it is shown"


def asked(body: Any) -> list[Block] | None:
    """Return the blocks of a request."""
    return read_request(API, body)


def answered(body: Any) -> list[Block]:
    """Return the blocks of a whole answer."""
    return read_blocks(API, body)


def test_every_error_is_shown() -> None:
    types = sdk.load("openai.types")
    found = sdk.samples(types.ErrorObject)
    sdk.check(sdk.gaps(found, lambda error: read_blocks(API, {"error": error}, status=400)), {})


ITEMS = {
    "ImageGenerationCall.result": BYTES,
    "ResponseInputFile*.file_data": BYTES,
    "ResponseCompactionItem*.encrypted_content": ENCRYPTED,
    "ResponseReasoningItem*.encrypted_content": ENCRYPTED,
}


def test_every_item_of_an_input_is_shown() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponseInputItemParam)
    sdk.check(sdk.gaps(found, lambda item: asked({"input": [item]})), ITEMS)


def test_every_setting_and_tool_of_a_request_is_shown() -> None:
    types = sdk.load("openai.types.responses.response_create_params")
    found = sdk.samples(types.ResponseCreateParams, without=["*.input"])
    sdk.check(sdk.gaps(found, lambda body: asked({"input": [], **body})), {})


def test_every_message_of_a_client_over_a_websocket_is_shown() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponsesClientEventParam, without=["ResponseCreate.input"])
    sdk.check(sdk.gaps(found, asked), {"ResponseInputFileContentParam.file_data": BYTES})


USUAL = {
    "id": "calls and results name each other by call_id, and nothing refers to the others",
    "status": "that an item came to its end is the ordinary case, all other is shown",
}


def outputs(types: Any) -> dict[str, str]:
    """Return what an item of an answer need not show."""
    fields = [(kind.__name__, name) for kind in sdk.variants(types.ResponseOutputItem) for name in sdk.fields(kind)]
    fields.remove(("McpApprovalRequest", "id"))  # the answer to it names it
    return ITEMS | {f"{kind}.{name}": USUAL[name] for kind, name in fields if name in USUAL}


def test_every_item_of_an_output_is_shown() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponseOutputItem)
    sdk.check(sdk.gaps(found, lambda item: answered({"output": [item]})), outputs(types))


ECHOED = ("Response.instructions", "Response.tools")
"""What an answer repeats of its request."""


def test_every_field_of_a_whole_answer_is_shown() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.Response, without=[*ECHOED, "Response.output"])
    sdk.check(sdk.gaps(found, answered), {})


EVENTS = {
    **{f"Response*.{name}": PLACE for name in ("item_id", "output_index", "content_index", "summary_index")},
    **{f"Response*.{name}": PLACE for name in ("sequence_number", "command_index", "annotation_index")},
    "ResponseImageGenCallPartial*.partial_image_index": "only the last image, which is the most painted, is shown",
    "ResponseImageGenCallPartial*.partial_image_b64": BYTES,
    "ResponseAudio*Delta*.delta": BYTES,
    "Response*.obfuscation": PADDING,
}
DEEPER = ("*.response", "*.item")
"""What the tests of answers and items look at."""


def test_every_event_of_a_stream_is_shown() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponseStreamEvent, without=DEEPER)
    sdk.check(sdk.gaps(found, lambda event: answered(event_stream(event))), EVENTS)


def test_every_event_of_a_websocket_is_shown() -> None:
    types = sdk.load("openai.types.responses")
    found = sdk.samples(types.ResponsesServerEvent, without=DEEPER)
    accepted = {
        **EVENTS,
        "Response*.stream_id": "turns are distinguished by it",
        "ResponseInputFileContent.file_data": BYTES,
    }
    sdk.check(sdk.gaps(found, lambda event: read_split(API, Stream(["message"], [json.dumps(event)])).blocks), accepted)
