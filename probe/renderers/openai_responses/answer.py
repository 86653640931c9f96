"""Answers, whole or streamed: their fields, stop reason and usage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from probe.renderers.api import Answer, Part, Stop
from probe.renderers.blocks import Block, Incomplete, Unknown, Usage
from probe.renderers.errors import error_blocks, failure
from probe.renderers.fields import Fields
from probe.renderers.openai_responses.items import output_blocks
from probe.renderers.openai_responses.tools import CLIENT_CALLS
from probe.renderers.parts import usage_blocks
from probe.renderers.usage import openai_responses

_FIRST = ("id", "model", "status", "service_tier")
_DETAILS = (
    *("created_at", "completed_at", "input_transformations", "moderation", "prompt_cache_diagnostics", "tool_usage"),
    "output_text",
)
_ECHOED = (
    *("instructions", "tools"),
    *("access_programs", "background", "conversation", "image", "max_output_tokens", "max_tool_calls", "metadata"),
    *("parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options"),
    *("prompt_cache_retention", "reasoning", "safety_identifier", "store", "temperature", "text", "tool_choice"),
    *("top_logprobs", "top_p", "truncation", "user"),
)
"""Fields of a request that its answer repeats."""
_COSTS = ("cost_details", "is_byok")
"""What OpenRouter adds."""
_KEPT = "cache_write_tokens_details"
"""How long the parts of what was written to the cache are kept: within the details of the input."""
_STOPS = {
    "completed": Stop.END,
    "failed": Stop.FAILED,
    "cancelled": Stop.CANCELLED,
    "max_output_tokens": Stop.LENGTH,
    "max_tokens": Stop.LENGTH,
    "content_filter": Stop.FILTERED,
}
_UNDER_WAY = ("queued", "in_progress")


def whole_answer(body: Any, status: int | None) -> Answer | None:
    """Return the answer or the error in a JSON body; None for any other body."""
    if isinstance(body, dict) and (isinstance(body.get("output"), list) or body.get("object") == "response"):
        listed = body.get("output")
        output = listed if isinstance(listed, list) else []
        parts = (Part(source=f"output[{n}]", blocks=tuple(output_blocks(item))) for n, item in enumerate(output))
        odd = () if listed is None or listed is output else (Unknown(what="field 'output'", value=listed),)
        return answer_of(body, tuple(parts), output, output, ended=body.get("status") not in _UNDER_WAY, more=odd)
    errors = error_blocks(body, status)
    return Answer(after=tuple(errors), stop=Stop.FAILED) if errors else None


def answer_of(
    response: dict[str, Any],
    parts: tuple[Part, ...],
    output: Sequence[Any],
    sent_back: Sequence[Any],
    *,
    ended: bool,
    known: bool = True,
    failed: bool = False,
    more: Iterable[Block] = (),
) -> Answer:
    """Return an answer: its own fields, its items as parts and as values, and `more` at its end.

    `failed` is true when an error outside of the answer ended it.
    """
    fields = Fields(response)
    fields.drop("object", "response")
    fields.take("output")
    before = (*fields.details(*_FIRST), *fields.details(*_DETAILS))
    echo = {name: fields.take(name) for name in _ECHOED if name in fields}
    model, response_id = response.get("model"), response.get("id")
    stop, word = _stop(response, output)
    problems = tuple(_problems(fields, response))
    usage, usages = _usage(fields.take("usage"))
    return Answer(
        parts=parts,
        before=before,
        after=(*more, *problems, *usages, *fields.unknown()),
        model=model if isinstance(model, str) else None,
        response_id=response_id if isinstance(response_id, str) else None,
        stop=Stop.FAILED if failed and stop is None else stop,
        stop_word="error" if failed and stop is None else word,
        usage=usage,
        ended=ended,
        known=known,
        echo=echo,
        sent_back=tuple(sent_back),
    )


def _usage(usage: Any) -> tuple[Usage | None, tuple[Block, ...]]:
    """Return an answer's usage, and the blocks that show it."""
    details = usage.get("input_tokens_details") if isinstance(usage, dict) else None
    if not isinstance(details, dict) or _KEPT not in details:
        return usage_blocks(usage, openai_responses, _COSTS)
    counted = {name: value for name, value in details.items() if name != _KEPT}
    found, blocks = usage_blocks({**usage, "input_tokens_details": counted}, openai_responses, _COSTS)
    return found, (*blocks, *Fields(details).details(_KEPT))


def _stop(response: dict[str, Any], output: Iterable[Any]) -> tuple[Stop | None, str | None]:
    """Return why an answer ended, and the API's word for it."""
    word = response.get("status")
    if word is None or word in _UNDER_WAY:
        return None, None
    if word == "incomplete":
        details = response.get("incomplete_details")
        word = details.get("reason") if isinstance(details, dict) else details
        word = word or "incomplete"
    stop = _STOPS.get(word, Stop.OTHER) if isinstance(word, str) else Stop.OTHER
    if stop is Stop.END:
        made = [item for item in output if isinstance(item, dict)]
        if any(_is_refusal(item) for item in made):
            stop = Stop.FILTERED
        elif any(item.get("type") in CLIENT_CALLS for item in made):
            stop = Stop.TOOL_CALL
    return stop, str(word)


def _is_refusal(item: dict[str, Any]) -> bool:
    content = item.get("content")
    parts = content if isinstance(content, list) else ()
    return any(isinstance(part, dict) and part.get("type") == "refusal" for part in parts)


def _problems(fields: Fields, response: dict[str, Any]) -> Iterator[Block]:
    """Yield an answer's error, and why it is incomplete."""
    if error := fields.take("error"):
        yield failure(error)
    details = fields.take("incomplete_details")
    if details or response.get("status") == "incomplete":
        within = Fields(details)
        reason = within.text("reason") if isinstance(details, dict) else details
        yield Incomplete(reason=str(reason or "no reason given"))
        yield from within.unknown()
