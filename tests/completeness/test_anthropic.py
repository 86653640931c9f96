"""Every type of the official SDK that the Messages API sends or takes is shown, or on a short list with a reason."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from probe.renderers.anthropic_messages import API
from probe.renderers.anthropic_messages.answer import STOP_REASONS
from probe.renderers.anthropic_messages.citations import CITATIONS
from probe.renderers.anthropic_messages.stream import EVENTS
from probe.renderers.anthropic_messages.streamed_part import DELTAS
from probe.renderers.blocks import Block
from tests.completeness import sdk
from tests.renderers.reading import event_stream, read_blocks, read_request

stable = sdk.load("anthropic.types")
beta = sdk.load("anthropic.types.beta")
shared = sdk.load("anthropic.types.shared")
creates = [sdk.load(f"anthropic.types.{half}message_create_params") for half in ("", "beta.")]
counts = [sdk.load(f"anthropic.types.{half}message_count_tokens_params") for half in ("", "beta.")]
batch_creates = [sdk.load(f"anthropic.types.{half}messages.batch_create_params") for half in ("", "beta.")]
batches = sdk.load("anthropic.types.messages")
beta_batches = sdk.load("anthropic.types.beta.messages")

ENCRYPTED = "only the API can read it; its length is shown"
BYTES = "type and size are shown, the bytes stay in the record"
ACCEPTED = {
    "*.encrypted_*": ENCRYPTED,
    "*.signature": ENCRYPTED,
    "*RedactedThinkingBlock*.data": ENCRYPTED,
    "*Base64*Source*.data": BYTES,
    "*Usage.input_tokens": "the API's number leaves out the cache; the sum with it is shown",
    "*RawContentBlock*Event.index": "the blocks are shown in their order",
}


def asked(body: Any) -> Iterable[Block]:
    """Return the blocks of a request; of one that is none of this API's, none."""
    return read_request(API, body) or []


def answered(body: Any) -> Iterable[Block]:
    """Return the blocks of a whole answer."""
    return read_blocks(API, body)


def in_a_message(part: Any) -> Iterable[Block]:
    """Return the blocks of a content block of a request."""
    return asked({"messages": [{"role": "user", "content": [part]}]})


def in_system(part: Any) -> Iterable[Block]:
    """Return the blocks of a block of the system prompt."""
    return asked({"system": [part], "messages": []})


def in_tools(tool: Any) -> Iterable[Block]:
    """Return the blocks of a tool."""
    return asked({"messages": [], "tools": [tool]})


def in_a_batch(result: Any) -> Iterable[Block]:
    """Return the blocks of one line of a batch's results."""
    return read_blocks(API, json.dumps(result) + "\n")


def in_a_stream(event: Any) -> Iterable[Block]:
    """Return the blocks of an event of a stream that has begun."""
    block: dict[str, Any] = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    begun: list[Any] = (
        [{"type": "message_start", "message": {}}, block] if event["type"] == "content_block_stop" else []
    )
    events: list[dict[str, Any]] = [*begun, {**event, "index": 0} if begun else event]
    return read_blocks(API, event_stream(*events))


Read = Callable[[Any], Iterable[Block]]
TYPES: list[tuple[Any, Read]] = [
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


def test_every_type_and_field_is_shown() -> None:
    short: dict[str, str] = {}
    for annotation, read in TYPES:
        short |= sdk.gaps(sdk.samples(annotation), read)
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
    """Return the values of `type` in all types that an annotation admits."""
    for record in sdk.variants(annotation):
        yield from literals(sdk.fields(record)["type"][0])


def literals(annotation: Any) -> Iterator[str]:
    """Return the texts that an annotation admits."""
    for part in typing.get_args(annotation):
        yield from [part] if isinstance(part, str) else literals(part)
