"""Answers, whole or streamed: what the model made, stop reason and usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from probe.renderers.api import Answer, Part, Source, Stop
from probe.renderers.blocks import Block, Reasoning, Text, Unknown
from probe.renderers.errors import error_blocks
from probe.renderers.fields import Fields
from probe.renderers.ollama.content import image_blocks
from probe.renderers.ollama.tools import call_blocks
from probe.renderers.parts import usage_blocks
from probe.renderers.usage import ollama

TEXTS = ("thinking", "content", "response")
_MADE = {**dict.fromkeys(TEXTS, str), "image": str, "images": list, "tool_calls": list}
"""Fields that hold what the model made, in the order in which it makes it: of a chat in `message`, else at the top."""
_STOPS = {"stop": Stop.END, "load": Stop.END, "unload": Stop.END, "length": Stop.LENGTH}
_COUNTED = ("prompt_eval_count", "eval_count")
_DETAILS = (
    *("model", "remote_model", "remote_host", "created_at", "done_reason"),
    *("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"),
    *("context", "logprobs", "completed", "total", "_debug_info"),
)


class Made(NamedTuple):
    """One thing that the model made: a text, an image, a tool call."""

    source: Source
    name: str
    """The field that holds it."""
    value: Any


def made_in(body: dict[str, Any]) -> tuple[list[Made], dict[str, Any]]:
    """Return what the model made of an answer, or of a line of one, and the other fields."""
    made, others = _taken(body, "")
    if isinstance(message := others.get("message"), dict):
        within, others["message"] = _taken(message, "message.")
        made += within
    return made, others


def whole_answer(body: Any, status: int | None) -> Answer | None:
    """Return the answer or the error in a whole body; None for any other body."""
    if isinstance(body, dict) and "done" in body and not body.get("error"):
        return answer_of(*made_in(body))
    errors = errors_in(body, status)
    return Answer(after=tuple(errors)) if errors else None


def errors_in(body: Any, status: int | None) -> list[Block]:
    """Return the blocks of an error in a body or a line; an empty list if it is none."""
    if not isinstance(body, dict):
        return error_blocks(body, status)
    # Where to sign in for a model that another machine runs.
    signin = {name: value for name, value in body.items() if name == "signin_url"}
    errors = error_blocks({name: value for name, value in body.items() if name not in signin}, status)
    return [*errors, *Fields(signin).details(*signin)] if errors else []


def answer_of(
    made: Sequence[Made],
    others: dict[str, Any],
    after: Sequence[Block] = (),
    *,
    ended: bool = True,
    known: bool = True,
) -> Answer:
    """Return an answer of what the model made and the other fields; `after` is shown at the end."""
    fields, message = Fields(others), Fields(others.get("message"))
    model, word = (value if isinstance(value := others.get(name), str) else None for name in ("model", "done_reason"))
    fields.object("message")
    message.drop("role", "assistant")
    fields.drop("done", True, False)
    counts = {name: fields.take(name) for name in _COUNTED if name in fields}
    usage, counted = usage_blocks(counts or None, ollama)
    odd = [Unknown(what=f"done_reason {word!r}", value=word)] if word and word not in _STOPS else []
    return Answer(
        parts=tuple(Part(source=one.source, blocks=tuple(_made_blocks(one))) for one in made),
        before=tuple(fields.details(*_DETAILS)),
        after=(*odd, *counted, *message.rest("role", "tool_name"), *fields.unknown(), *after),
        model=model,
        stop=_stop(word, made) if word else None,
        stop_word=word,
        usage=usage,
        ended=ended,
        known=known,
        sent_back=_sent_back(made) if "message" in others else (),
    )


def _taken(fields: dict[str, Any], at: str) -> tuple[list[Made], dict[str, Any]]:
    others, made = dict(fields), []
    for name, kind in _MADE.items():
        value = others.get(name)
        if isinstance(value, list) and kind is list:
            made += [Made(f"{at}{name}[{place}]", name, one) for place, one in enumerate(value)]
        elif isinstance(value, str) and kind is str:
            made += [Made(f"{at}{name}", name, value)] if value else []
        else:
            continue
        del others[name]
    return made, others


def _made_blocks(made: Made) -> Iterator[Block]:
    match made.name:
        case "thinking":
            yield Reasoning(summary=None, text=made.value)
        case "tool_calls":
            yield from call_blocks(made.value)
        case "image" | "images":
            yield from image_blocks(made.value)
        case _:
            yield Text(text=made.value, label="Output text")


def _stop(word: str, made: Sequence[Made]) -> Stop:
    stop = _STOPS.get(word, Stop.OTHER)
    # The API has no separate word for it.
    return Stop.TOOL_CALL if stop is Stop.END and any(one.name == "tool_calls" for one in made) else stop


def _sent_back(made: Sequence[Made]) -> tuple[Any, ...]:
    text = "".join(one.value for one in made if one.name == "content")
    calls = [one.value for one in made if one.name == "tool_calls"]
    return ({"role": "assistant", "content": text, "tool_calls": calls},) if text or calls else ()
