"""Tell an answer: a stream, one JSON object, or an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.blocks import Block, Incomplete, Note, Raw, Settings
from probe.renderers.bodies import parsed
from probe.renderers.errors import error_blocks, failure
from probe.renderers.markdown import markdown
from probe.renderers.openai_chat_completions.messages import message_blocks
from probe.renderers.openai_chat_completions.stream import Answer
from probe.renderers.parts import counts_left, rest
from probe.renderers.sse import is_stream
from probe.renderers.streamed import raw_events, streamed_blocks
from probe.renderers.usage import openai_chat_completions

_SHOWN = ("id", "model", "provider", "service_tier", "system_fingerprint", "created")
_TOLD_ELSEWHERE = ("object", "choices", "usage", "error")
# DeepSeek's `insufficient_system_resource` is told by its own servers, `model_length` by Mistral's.
_CUT = ("length", "content_filter", "model_length", "insufficient_system_resource")
# What the one model of usage takes, under all names that it knows.
_COUNTED = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens"),
    *("prompt_cache_hit_tokens", "cache_read_input_tokens", "cache_creation_tokens", "cache_creation_input_tokens"),
)


def format_response_body(body: Any, status_code: int | None) -> str:
    """Write a response's body as Markdown."""
    return markdown(response_blocks(body, status_code))


def response_blocks(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a response; a tuple holds messages, one event each."""
    if isinstance(body, tuple) or is_stream(body):
        yield from streamed_blocks(body, Answer(), _told)
    else:
        yield from _whole(parsed(body), status_code)


def _told(answer: Answer) -> Iterator[Block]:
    yield from _settings(answer.built())
    choices = answer.choices()
    for index, choice in choices:
        built, latest = choice.built()
        yield from _choice(index, built, None if choice.finished or answer.done else latest, alone=len(choices) == 1)
    for error in answer.errors:
        yield from _error(error)
    yield from _usage(answer.usage)
    if not answer.ended():
        yield Note(text="The stream was cut short: nothing told the end of the answer.")
    yield from raw_events(answer.shown)


def _error(event: Any) -> Iterator[Block]:
    """Tell an event that is an error, or a chunk that has one."""
    if isinstance(event, dict) and event.get("error"):
        yield failure(event["error"])
    else:
        yield from (isinstance(event, dict) and error_blocks(event, 500)) or [failure(event)]


def _whole(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a body that is no stream: an answer, an error, or something else."""
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        yield from error_blocks(body, status_code) or generic.response_blocks(body, status_code)
        return
    yield from _settings(body)
    for place, choice in enumerate(body["choices"]):
        if isinstance(choice, dict):
            yield from _choice(choice.get("index", place), choice, alone=len(body["choices"]) == 1)
        else:
            yield Raw(reason="choice", value=choice)
    if body.get("error"):
        yield failure(body["error"])
    yield from _usage(body.get("usage"))


def _settings(answer: dict[str, Any]) -> Iterator[Block]:
    pairs = [(name, answer[name]) for name in _SHOWN if answer.get(name) is not None]
    others = {
        name: value
        for name, value in answer.items()
        if name not in _SHOWN and name not in _TOLD_ELSEWHERE and value not in (None, [])
    }
    pairs += [("other fields of the answer", others)] if others else []
    if pairs:
        yield Settings(pairs=tuple(pairs))


def _choice(index: Any, choice: dict[str, Any], unfinished: Any = None, *, alone: bool) -> Iterator[Block]:
    if not alone:
        yield Note(text=f"Choice {index}:")
    message, reason = choice.get("message"), choice.get("finish_reason")
    if isinstance(message, dict):
        yield from message_blocks(message, "Output text", unfinished)
    elif message is not None:
        yield Raw(reason="message", value=message)
    if isinstance(reason, str) and reason in _CUT:
        yield Incomplete(reason=reason)
    if choice.get("error"):
        yield failure(choice["error"])
    told = ("message", "index", "error", *(["finish_reason"] if reason in _CUT else []))
    yield from rest(choice, *told)


def _usage(usage: Any) -> Iterator[Block]:
    if isinstance(usage, dict):
        yield openai_chat_completions(usage)
        yield from counts_left(usage, *_COUNTED)
    elif usage is not None:
        yield Raw(reason="usage", value=usage)
