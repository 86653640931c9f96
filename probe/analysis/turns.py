"""Turns of a run as facts that are the same for every API, taken out of the blocks that tell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeGuard
from urllib.parse import unquote

from probe.analysis.continuation import Chains, Link
from probe.analysis.request_features import Asked, asked
from probe.renderers.urls import split_url
from probe.record.exchange import Exchange
from probe.record.ids import find_ids
from probe.renderers.blocks import Block, Conversation, Failure, Incomplete, Refusal, Settings, Text, ToolCall, Usage
from probe.renderers.turn import Turn

TOOLS = 20
"""Tools that are named for each turn; the others are counted."""
TEXT = 640
"""Characters of an answer's text that are kept; what shows them cuts them further."""
_SAID = (None, "Output text", "Audio transcript")
"""Labels of what the model said; others stand at pieces of it, and at what cut it short."""
_MODELS = ("model", "modelVersion", "modelId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A turn with what its renderer told of it."""

    exchange: Exchange
    number: int
    """The exchange's place in the order of start times."""
    part: int | None
    """The turn's number within its WebSocket conversation; None over HTTP."""
    turn: Turn
    api: str
    """Name of the renderer."""
    request: Sequence[Block] | None
    """None when the renderer raised."""
    answer: Sequence[Block] | None
    """None when the renderer raised, or no answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFacts:
    """What is to be known of a turn beside its content."""

    number: int
    part: int | None
    started: float
    ended: float | None
    """None when no answer came."""
    listener: str | None
    origin: str
    """Scheme and host of the upstream."""
    path: str
    api: str
    websocket: bool
    complete: bool
    status: int | None
    model: str | None
    """As it was asked for; None when neither request nor answer tells."""
    answered_by: str | None
    """The model that the answer names."""
    usage: Usage | None
    calls: tuple[tuple[str, int], ...]
    """Tools that the model called, and how often."""
    more_calls: int
    """Calls of tools beyond `TOOLS`."""
    text: str
    """The beginning of what the model said."""
    problem: str | None
    """What the API says went wrong."""
    incomplete: str | None
    """Why the API ended the answer early; None where it did not."""
    known: bool
    """False when the renderer raised, so that the facts are those of the transport alone."""
    asked: Asked
    ids: Mapping[str, str]
    link: Link


class TurnsBuilder:
    """Takes turns one by one, in the order in which they stand in the report, and keeps facts only."""

    def __init__(self, places: Mapping[str, Sequence[str]] | None = None) -> None:
        self.turns: list[TurnFacts] = []
        self._places = places or {}
        self._chains = Chains()
        self._exchange = 0

    def add(self, told: Told) -> None:
        """Take one turn."""
        if told.number != self._exchange:
            self._exchange = told.number
            self._chains.forget()
        turn, question = told.turn, asked(told.turn, told.request)
        link = self._chains.add(len(self.turns), turn.full_input, tools=bool(question.tools))
        answer = told.answer or ()
        calls, more = _calls(answer)
        answered_by = _model(answer)
        self.turns.append(
            TurnFacts(
                number=told.number,
                part=told.part,
                started=turn.started,
                ended=turn.ended,
                listener=told.exchange.listener,
                origin=split_url(told.exchange.request.url).origin,
                path=turn.path,
                api=told.api,
                websocket=turn.websocket,
                complete=turn.complete,
                status=turn.status_code,
                model=_model(told.request or ()) or _model_in(turn.path) or answered_by,
                answered_by=answered_by,
                usage=_usage(answer),
                calls=calls,
                more_calls=more,
                text=_text(answer),
                problem=next((block.message[:TEXT] for block in _flat(answer) if isinstance(block, Failure)), None),
                incomplete=next(
                    (block.reason[:TEXT] for block in _flat(answer) if isinstance(block, Incomplete)), None
                ),
                known=told.request is not None and (told.answer is not None or turn.response is None),
                asked=question,
                ids=find_ids(self._places, told.exchange.request, turn.request),
                link=link,
            )
        )


def _flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """Give the blocks of an answer, those within its messages too."""
    for block in blocks:
        yield block
        for entry in block.entries if isinstance(block, Conversation) and not block.brief else ():
            yield from entry.content


def _calls(answer: Iterable[Block]) -> tuple[tuple[tuple[str, int], ...], int]:
    counts = Counter(block.name[:TEXT] for block in _flat(answer) if isinstance(block, ToolCall))
    named = tuple(list(counts.items())[:TOOLS])
    return named, counts.total() - sum(count for _, count in named)


def _text(answer: Iterable[Block]) -> str:
    """Give the beginning of the last text, which is what the answer comes down to."""
    said = (block for block in _flat(answer) if isinstance(block, Refusal) or _is_said(block))
    texts = [block.text for block in said if block.text.strip()]
    return texts[-1].strip()[:TEXT] if texts else ""


def _is_said(block: Block) -> TypeGuard[Text]:
    return isinstance(block, Text) and block.label in _SAID


def _usage(answer: Iterable[Block]) -> Usage | None:
    """Give the last usage: what a stream told before is a part of it."""
    return next((block for block in reversed(list(_flat(answer))) if isinstance(block, Usage)), None)


def _model(blocks: Iterable[Block]) -> str | None:
    pairs: list[tuple[str, Any]] = [pair for block in blocks if isinstance(block, Settings) for pair in block.pairs]
    names = (value for name, value in pairs if name in _MODELS and isinstance(value, str) and value)
    return next(names, None)


def _model_in(path: str) -> str | None:
    """Give the model that a path names, as in `/models/NAME:generateContent` and `/model/NAME/invoke`."""
    parts = path.split("/")
    for before, name in pairwise(parts):
        if before in ("model", "models") and name:
            # Bedrock's names end with a version behind a colon.
            name = unquote(name)
            return name.rpartition(":")[0] or name if before == "models" else name
    return None
