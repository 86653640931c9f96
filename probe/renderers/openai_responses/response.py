"""Tell an answer: a stream, WebSocket messages, one JSON object, or an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.blocks import Block, Conversation, Incomplete, Note, Settings, Text
from probe.renderers.bodies import parsed
from probe.renderers.errors import error_blocks, failure
from probe.renderers.markdown import markdown
from probe.renderers.openai_responses.items import entry, output_blocks
from probe.renderers.openai_responses.stream import Answer
from probe.renderers.parts import counts_left, rest
from probe.renderers.sse import is_stream
from probe.renderers.streamed import raw_events, streamed_blocks
from probe.renderers.usage import openai_responses

_SHOWN = ("id", "model", "status", "service_tier")
# What an answer repeats from its request or what is told elsewhere.
_TOLD_ELSEWHERE = ("object", "output", "usage", "error", "incomplete_details", "instructions", "tools")

# What the one model of usage takes.
_COUNTED = (
    *("input_tokens", "output_tokens", "total_tokens"),
    *("cached_tokens", "cache_write_tokens", "reasoning_tokens"),
)


def format_response_body(body: Any, status_code: int | None) -> str:
    """Write a response's body as Markdown."""
    return markdown(response_blocks(body, status_code))


def response_blocks(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a response; a tuple holds the messages of a WebSocket."""
    if isinstance(body, tuple) or is_stream(body):
        yield from streamed_blocks(body, Answer(), _told)
    else:
        yield from _whole(parsed(body), status_code)


def _told(answer: Answer) -> Iterator[Block]:
    items = answer.items()
    yield from _settings(answer.response)
    for item in items:
        yield from output_blocks(item.built(ended=answer.ended))
        for name, text in item.contradictions():
            yield Note(text=f"What was streamed of the {name} differs from what is told in the end.")
            yield Text(text=text, label="As streamed")
    for step, event in answer.steering:
        yield from _steering(step, event)
    for error in answer.errors:
        yield failure(error.get("error") or error)
        if error.get("error"):
            yield from rest(error, "type", "error", "sequence_number", "stream_id")
    yield from _ending(answer.response)
    if not answer.ended and not answer.errors:
        yield Note(text="The stream was cut short: no event told the end of the answer.")
    yield from raw_events(answer.shown)


def _steering(step: str, event: dict[str, Any]) -> Iterator[Block]:
    """Tell what became of input that a client sent while the answer was made."""
    yield Note(text=f"Steering, {step}:")
    steer = event.get("steer")
    steer = steer if isinstance(steer, dict) else {"steer": steer}
    given = steer.get("input")
    if isinstance(given, list):
        entries = tuple(entry(index, item) for index, item in enumerate(given))
        yield Conversation(title="Steering input", entries=entries)
    if event.get("error"):
        yield failure(event["error"])
    yield from rest(steer, *(["input"] if isinstance(given, list) else []))
    yield from rest(event, "type", "sequence_number", "stream_id", "steer", "error")


def _whole(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a body that is no stream: an answer, an error, or something else."""
    if isinstance(body, dict) and isinstance(body.get("output"), list):
        yield from _settings(body)
        for item in body["output"]:
            yield from output_blocks(item)
        yield from _ending(body)
        return
    yield from error_blocks(body, status_code) or generic.response_blocks(body, status_code)


def _settings(response: dict[str, Any]) -> Iterator[Block]:
    pairs = [(name, response[name]) for name in _SHOWN if response.get(name) is not None]
    others = {
        name: value
        for name, value in response.items()
        if name not in _SHOWN and name not in _TOLD_ELSEWHERE and value is not None
    }
    pairs += [("other fields of the answer", others)] if others else []
    if pairs:
        yield Settings(pairs=tuple(pairs))


def _ending(response: dict[str, Any]) -> Iterator[Block]:
    """Tell how an answer ended, and what it took."""
    if response.get("error"):
        yield failure(response["error"])
    details = response.get("incomplete_details")
    if details or response.get("status") == "incomplete":
        reason = details.get("reason") if isinstance(details, dict) else details
        yield Incomplete(reason=str(reason or "no reason told"))
    if isinstance(response.get("usage"), dict):
        yield from _usage(response["usage"])


def _usage(usage: dict[str, Any]) -> Iterator[Block]:
    yield openai_responses(usage)
    yield from counts_left(usage, *_COUNTED)
