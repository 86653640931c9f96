"""Answers, whole or streamed: their messages, stop reason and usage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from probe.renderers.api import Answer, Part, Source, Stop
from probe.renderers.blocks import Block, Incomplete, Note, Settings, Unknown, Usage
from probe.renderers.errors import error_blocks, failure
from probe.renderers.fields import Fields
from probe.renderers.openai_chat_completions.items import message_pieces
from probe.renderers.parts import usage_blocks
from probe.renderers.usage import openai_chat_completions

STOPS = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "model_length": Stop.LENGTH,  # Mistral
    "tool_calls": Stop.TOOL_CALL,
    "function_call": Stop.TOOL_CALL,
    "content_filter": Stop.FILTERED,
    "error": Stop.FAILED,  # OpenRouter and Mistral
    "insufficient_system_resource": Stop.FAILED,  # DeepSeek
}
_WHOLE = (Stop.END, Stop.TOOL_CALL, Stop.OTHER)
_SHOWN = ("id", "model", "provider", "service_tier", "system_fingerprint", "created", "metadata", "moderation")
# Azure, Groq, Perplexity and LiteLLM, vLLM
_ADDED = ("prompt_filter_results", "x_groq", "citations", "search_results", "kv_transfer_params", "prompt_logprobs")
_OF_CHOICE = (
    *("logprobs", "native_finish_reason", "stop_reason", "matched_stop", "token_ids", "provider_specific_fields"),
    *("content_filter_results", "content_filter_offsets", "content_filter_result"),
)
_COUNTS = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens"),
    *("prompt_cache_hit_tokens", "cache_read_input_tokens", "cache_creation_tokens", "cache_creation_input_tokens"),
)
"""Names of what `Usage` has, in the spellings of all providers."""
_OTHER_COUNTS = (
    *("prompt_tokens_details", "completion_tokens_details", "prompt_cache_miss_tokens", "cost", "cost_details"),
    *("is_byok", "queue_time", "prompt_time", "completion_time", "total_time", "num_sources_used"),
    *("search_context_size", "num_search_queries", "citation_tokens", "cost_in_usd_ticks"),
)


class MadeChoice(NamedTuple):
    """One choice, complete or not."""

    index: Any
    fields: dict[str, Any]
    """All but its message."""
    message: dict[str, Any]
    source: Callable[[str], Source]
    """Returns the source of a piece of its message, by the piece's name in `message_pieces`."""
    unfinished: Any = None
    """The call in which a stream ended early."""
    odd: Sequence[Block] = ()


def whole_answer(body: Any, status: int | None) -> Answer | None:
    """Return the answer or the error in a whole body; None for any other body."""
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        errors = error_blocks(body, status)
        return Answer(after=tuple(errors)) if errors else None
    choices = [_whole_choice(place, choice) for place, choice in enumerate(body["choices"]) if isinstance(choice, dict)]
    after: list[Block] = [Unknown(what="choice", value=one) for one in body["choices"] if not isinstance(one, dict)]
    if body.get("error"):
        after.append(failure(body["error"]))
    fields = {name: value for name, value in body.items() if name not in ("choices", "error")}
    return answer_of(fields, choices, after=after)


def answer_of(
    body: dict[str, Any],
    choices: Sequence[MadeChoice],
    *,
    after: Sequence[Block],
    ended: bool = True,
    known: bool = True,
) -> Answer:
    """Return an answer made of an object's fields and its choices."""
    fields = Fields(body)
    groq = fields.peek("x_groq")
    usage = fields.take("usage")
    usage, counts = _usage(groq.get("usage") if usage is None and isinstance(groq, dict) else usage)
    alone = len(choices) == 1 and choices[0].index == 0
    parts, ends = [], []
    for choice in choices:
        parts += list(_parts(choice, alone=alone))
        ends += list(_end(choice, alone=alone))
    word = choices[0].fields.get("finish_reason") if choices else None
    model, response_id = fields.peek("model"), fields.peek("id")
    return Answer(
        parts=tuple(parts),
        before=tuple(_settings(fields)),
        after=(*ends, *counts, *after),
        model=model if isinstance(model, str) else None,
        response_id=response_id if isinstance(response_id, str) else None,
        stop=_stop(word, choices[0].message) if isinstance(word, str) else None,
        stop_word=word if isinstance(word, str) else None,
        usage=usage,
        ended=ended,
        known=known,
        sent_back=tuple({"role": "assistant", **choice.message} for choice in choices[:1] if choice.message),
    )


def _stop(word: str, message: dict[str, Any]) -> Stop:
    stop = STOPS.get(word, Stop.OTHER)
    # The API reports `stop` where the model refuses.
    return Stop.FILTERED if stop is Stop.END and message.get("refusal") else stop


def error_event_blocks(event: Any) -> Iterator[Block]:
    """Yield an event that is an error, or the error in a chunk."""
    if isinstance(event, dict) and event.get("error"):
        yield failure(event["error"])
    else:
        yield from (isinstance(event, dict) and error_blocks(event, 500)) or [failure(event)]


def _whole_choice(place: int, choice: dict[str, Any]) -> MadeChoice:
    fields, path = choice.copy(), f"choices[{place}]"
    index = fields.pop("index") if type(fields.get("index")) is int else place
    message = fields.pop("message") if isinstance(fields.get("message"), dict) else {}
    # The thinking is in one or more of several fields.
    return MadeChoice(
        index, fields, message, lambda name: f"{path}.message" + (f".{name}" if name not in ("", "reasoning") else "")
    )


def _parts(choice: MadeChoice, *, alone: bool) -> Iterator[Part]:
    """Yield the pieces of a choice's message; the first of them names the choice where there are several."""
    title = () if alone else (Note(text=f"Choice {choice.index}:"),)
    fields = Fields(choice.message)
    fields.drop("role", "assistant")
    for name, piece in message_pieces(fields, "Output text", choice.unfinished):
        if blocks := tuple(piece):
            yield Part(source=choice.source(name), blocks=(*title, *blocks))
            title = ()


def _end(choice: MadeChoice, *, alone: bool) -> Iterator[Block]:
    fields = Fields(choice.fields)
    blocks: list[Block] = []
    if (reason := fields.text("finish_reason")) is not None:
        cut = STOPS.get(reason, Stop.OTHER) not in _WHOLE
        blocks.append(Incomplete(reason=reason) if cut else Settings(pairs=(("finish_reason", reason),)))
    if error := fields.take("error"):
        blocks.append(failure(error))
    blocks += [*fields.rest(*_OF_CHOICE), *choice.odd]
    if not alone and (blocks or choice.message.keys() <= {"role"}):
        yield Note(text=f"Choice {choice.index} ended:")
    yield from blocks


def _settings(fields: Fields) -> Iterator[Block]:
    fields.drop("object", "chat.completion", "chat.completion.chunk")
    yield from fields.rest(*_SHOWN, *_ADDED)


def _usage(usage: Any) -> tuple[Usage | None, tuple[Block, ...]]:
    """Return the usage; a count that `Usage` does not have, since it has that of another provider, is shown too."""
    numbers = [name for name in _COUNTS if isinstance(usage, dict) and type(usage.get(name)) is int]
    return usage_blocks(usage, openai_chat_completions, (*_OTHER_COUNTS, *numbers))
