"""Tell an answer: a stream, one message, an error, a number of tokens, or what the API says of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.anthropic_messages.answer import OUTPUT, ending, failure_blocks, message_blocks, settings
from probe.renderers.anthropic_messages.batches import batch_blocks, is_batch, result_blocks, results_of
from probe.renderers.anthropic_messages.content import part_blocks
from probe.renderers.anthropic_messages.stream import Answer
from probe.renderers.blocks import Block, Note
from probe.renderers.bodies import parsed
from probe.renderers.markdown import markdown
from probe.renderers.parts import rest
from probe.renderers.sse import is_stream
from probe.renderers.streamed import raw_events, streamed_blocks


def format_response_body(body: Any, status_code: int | None) -> str:
    """Write a response's body as Markdown."""
    return markdown(response_blocks(body, status_code))


def response_blocks(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a response; what is none of this API's is told as it is."""
    if is_stream(body):
        yield from streamed_blocks(body, Answer(), answer_blocks)
        return
    lines = results_of(body)
    if lines is not None:
        yield from result_blocks(lines)
    else:
        yield from _whole(parsed(body), status_code)


def answer_blocks(answer: Answer) -> Iterator[Block]:
    """Tell what the events of a stream tell together."""
    yield from settings(answer.message)
    for part in answer.parts:
        yield from part_blocks(part.built(), OUTPUT, finished=part.stopped)
    for error in answer.errors:
        yield from failure_blocks(error.get("error") or error)
        yield from rest(error, "type", "error")
    yield from ending(answer.message)
    if not answer.ended:
        yield Note(text="The stream was cut short: no event told the end of the answer.")
    yield from raw_events(answer.shown)


def _whole(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a body that is no stream."""
    match body:
        case {"type": "message"} | {"role": "assistant", "content": list()}:
            yield from message_blocks(body)
        case {"error": error} if error:
            yield from failure_blocks(error)
            yield from rest(body, "type", "error")
        case {"input_tokens": int()}:
            yield from rest(body)
        case dict() if is_batch(body):
            yield from batch_blocks(body)
        case _:
            yield from generic.response_blocks(body, status_code)
