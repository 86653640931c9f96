"""Every type of the official SDK that the Messages API sends or takes is told, or on a short list with a reason."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from probe.renderers.anthropic_messages import request_blocks, response_blocks
from probe.renderers.anthropic_messages.answer import STOP_REASONS
from probe.renderers.anthropic_messages.citations import CITATIONS
from probe.renderers.anthropic_messages.stream import DELTAS, EVENTS
from probe.renderers.blocks import Block
from tests.completeness import sdk

stable = sdk.load("anthropic.types")
beta = sdk.load("anthropic.types.beta")
shared = sdk.load("anthropic.types.shared")
creates = [sdk.load(f"anthropic.types.{half}message_create_params") for half in ("", "beta.")]
counts = [sdk.load(f"anthropic.types.{half}message_count_tokens_params") for half in ("", "beta.")]
batch_creates = [sdk.load(f"anthropic.types.{half}messages.batch_create_params") for half in ("", "beta.")]
batches = sdk.load("anthropic.types.messages")
beta_batches = sdk.load("anthropic.types.beta.messages")

ENCRYPTED = "only the API can read it; its length is told"
BYTES = "type and size are told, the bytes stay in the record"
ACCEPTED = {
    "*.encrypted_*": ENCRYPTED,
    "*.signature": ENCRYPTED,
    "*RedactedThinkingBlock*.data": ENCRYPTED,
    "*Base64*Source*.data": BYTES,
    "*.is_error": "a result that failed says so in words",
    "*Usage.input_tokens": "the API's number leaves out the cache; the sum with it is told",
    "*RawContentBlock*Event.index": "the blocks are told in their order",
}


def asked(body: Any) -> Iterator[Block]:
    """Tell a request."""
    return request_blocks(body)


def answered(body: Any) -> Iterator[Block]:
    """Tell a whole answer."""
    return response_blocks(body, 200)


def in_a_message(part: Any) -> Iterator[Block]:
    """Tell a content block of a request."""
    return request_blocks({"messages": [{"role": "user", "content": [part]}]})


def in_system(part: Any) -> Iterator[Block]:
    """Tell a block of the system prompt."""
    return request_blocks({"system": [part], "messages": []})


def in_tools(tool: Any) -> Iterator[Block]:
    """Tell a tool."""
    return request_blocks({"messages": [], "tools": [tool]})


def in_a_batch(result: Any) -> Iterator[Block]:
    """Tell one line of a batch's results."""
    return response_blocks(json.dumps(result) + "\n", 200)


def in_a_stream(event: Any) -> Iterator[Block]:
    """Tell an event of a stream that has begun."""
    block: dict[str, Any] = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    begun: list[Any] = (
        [{"type": "message_start", "message": {}}, block] if event["type"] == "content_block_stop" else []
    )
    events: list[dict[str, Any]] = [*begun, {**event, "index": 0} if begun else event]
    return response_blocks("".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events), 200)


Tell = Callable[[Any], Iterable[Block]]
TYPES: list[tuple[Any, Tell]] = [
    *((module.MessageCreateParamsBase, asked) for module in creates),
    *((module.MessageCountTokensParams, asked) for module in counts),
    *((module.BatchCreateParams, asked) for module in batch_creates),
    *((union, in_a_message) for union in (stable.ContentBlockParam, beta.BetaContentBlockParam)),
    *((record, in_system) for record in (stable.TextBlockParam, beta.BetaTextBlockParam)),
    *((union, in_tools) for union in (stable.ToolUnionParam, beta.BetaToolUnionParam)),
    *((record, answered) for record in (stable.Message, stable.MessageTokensCount, shared.ErrorResponse)),
    *((record, answered) for record in (beta.BetaMessage, beta.BetaMessageTokensCount)),
    *((union, in_a_stream) for union in (stable.RawMessageStreamEvent, beta.BetaRawMessageStreamEvent)),
    *((record, answered) for record in (batches.MessageBatch, batches.DeletedMessageBatch)),
    *((record, answered) for record in (beta_batches.BetaMessageBatch, beta_batches.BetaDeletedMessageBatch)),
    (batches.MessageBatchIndividualResponse, in_a_batch),
    (beta_batches.BetaMessageBatchIndividualResponse, in_a_batch),
]


def test_every_type_and_field_is_told() -> None:
    short: dict[str, str] = {}
    for annotation, tell in TYPES:
        short |= sdk.gaps(sdk.samples(annotation), tell)
    sdk.check(short, ACCEPTED)


UNIONS: dict[str, tuple[list[Any], Iterable[str]]] = {
    "events": ([stable.RawMessageStreamEvent, beta.BetaRawMessageStreamEvent], EVENTS),
    "deltas": ([stable.RawContentBlockDelta, beta.BetaRawContentBlockDelta], DELTAS),
    "citations": ([stable.TextCitation, beta.BetaTextCitation], CITATIONS),
}


@pytest.mark.parametrize(("unions", "known"), UNIONS.values(), ids=UNIONS.keys())
def test_every_kind_is_on_our_list(unions: list[Any], known: Iterable[str]) -> None:
    assert {name for union in unions for name in kinds(union)} <= set(known)


def test_every_stop_reason_is_known() -> None:
    assert {*literals(stable.StopReason), *literals(beta.BetaStopReason)} <= set(STOP_REASONS)


def kinds(annotation: Any) -> Iterator[str]:
    """Give the values of `type` in all types that an annotation admits."""
    for record in sdk.variants(annotation):
        yield from literals(sdk.fields(record)["type"][0])


def literals(annotation: Any) -> Iterator[str]:
    """Give the texts that an annotation admits."""
    for part in typing.get_args(annotation):
        yield from [part] if isinstance(part, str) else literals(part)
