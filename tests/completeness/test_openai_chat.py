"""Every type of the official `openai` SDK for Chat Completions is shown: in requests, answers and streams."""

from __future__ import annotations

from probe.renderers.openai_chat_completions import API
from tests.completeness import sdk
from tests.renderers.reading import event_stream, read_blocks, read_request

BYTES = "bytes are shown by type and size; they stay in the record"

MESSAGES = {"FileFile.file_data": BYTES, "InputAudio.data": BYTES}


def test_every_message_is_shown() -> None:
    types = sdk.load("openai.types.chat")
    found = sdk.samples(types.ChatCompletionMessageParam)
    sdk.check(sdk.gaps(found, lambda message: read_request(API, {"messages": [message]})), MESSAGES)


def test_every_setting_and_tool_is_shown() -> None:
    types = sdk.load("openai.types.chat.completion_create_params")
    found = sdk.samples(types.CompletionCreateParams, without=["*.messages"])
    sdk.check(sdk.gaps(found, lambda body: read_request(API, {"messages": [], **body})), {})


def test_every_field_of_a_whole_answer_is_shown() -> None:
    types = sdk.load("openai.types.chat")
    accepted = {"ChatCompletionAudio.data": BYTES}
    sdk.check(sdk.gaps(sdk.samples(types.ChatCompletion), lambda answer: read_blocks(API, answer)), accepted)


def test_every_field_of_a_chunk_is_shown() -> None:
    types = sdk.load("openai.types.chat")
    accepted = {
        "ChoiceDeltaAudio.data": BYTES,
        "Choice.index": "it is shown where there are several choices",
        "ChoiceDeltaToolCall.index": "it says where a piece belongs, which is where it is shown",
        "ChoiceDelta.role": "an answer is the assistant's",
        "ChatCompletionChunk.obfuscation": "random characters that only hide how long a piece is",
    }
    found = sdk.samples(types.ChatCompletionChunk)
    sdk.check(sdk.gaps(found, lambda chunk: read_blocks(API, event_stream(chunk))), accepted)


def test_every_error_is_shown() -> None:
    types = sdk.load("openai.types")
    found = sdk.samples(types.ErrorObject)
    sdk.check(sdk.gaps(found, lambda error: read_blocks(API, {"error": error}, status=400)), {})
