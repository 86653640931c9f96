"""What is kept of a turn: typed facts that are the same for every API, and the numbers of its items."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import attrgetter, sub
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from probe.record.exchange import Exchange
from probe.record.ids import find_ids
from probe.renderers.api import Answer, Kind, Stop
from probe.renderers.blocks import Block, Failure, Incomplete, Message, Refusal, Text, ToolCall, Usage
from probe.renderers.urls import split_url
from probe.trace.canonical import item_number
from probe.trace.context import Sizes, answer_context
from probe.trace.features import Features, about
from probe.trace.items import Known
from probe.trace.tool_calls import TEXT, Call, call_of
from probe.trace.turns import SentItems, Turn
from probe.trace.unknowns import every_block

CALLS = 20
"""Tool calls that are kept for each turn; the others are counted."""
_ANSWER_LABELS = (None, "Output text", "Audio transcript")
"""Labels of what the model said; other labels are on pieces of it."""


class TurnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a turn without its content."""

    number: int
    """Of all turns, in the order of the record."""
    line: int
    """Line of the record."""
    part: int | None
    """The turn's number within its WebSocket conversation, from 1; None over HTTP."""
    started: float
    """Epoch seconds."""
    first_part: float | None
    """When the first piece of content arrived; None when none did."""
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
    """As it was asked for; None when neither request nor answer names one."""
    answered_by: str | None
    """The model that the answer names."""
    response_id: str | None
    stop: Stop | None
    stop_word: str | None
    usage: Usage | None
    calls: tuple[Call, ...]
    more_called: tuple[tuple[str, str | None], ...]
    """Names and ids of the calls beyond `CALLS`."""
    text: str
    """The beginning of what the model said last."""
    problem: str | None
    """What the API says went wrong."""
    incomplete: str | None
    """Why the API ended the answer early; None where it did not."""
    read: bool
    """False when a renderer failed, so that the facts are those of the transport alone."""
    warm_up: bool
    most_output: int | None
    schema_fields: tuple[str, ...] | None
    tools: int
    """Tools that the model is offered."""
    about: str | None
    """A word for what it asks, where its text has one of those that agents ask beside their work."""
    prompts: bool
    """True when the newest message is the user's, and no result of a tool."""
    size: int
    """Bytes of its items."""
    ids: Mapping[str, str]
    """The agent's own ids by kind (`probe.record.ids`)."""
    items: array[int]
    """Numbers of the items that the request sent."""
    sent_back: tuple[int, ...]
    """Canonical numbers of the items that a request which goes on from this answer repeats."""
    previous_id: str | None
    """Id of the answer that the request names as the one that it goes on from."""
    elsewhere: bool
    """True when a part of the input is stored by the API."""
    answered: Sizes
    """What the answer adds to the context of a request that goes on from it by its id; about so many bytes."""
    silence: tuple[float, float] | None
    """The longest time between two pieces of the answer, in seconds, and when it began, in epoch seconds."""

    @property
    def more_calls(self) -> int:
        """Return how many calls there are beyond `CALLS`."""
        return len(self.more_called)


def facts_of(turn: Turn, exchange: Exchange, ids: Mapping[str, Sequence[str]]) -> TurnFacts:
    """Return what is kept of a turn."""
    answer, asked = turn.answer or Answer(), turn.asked
    sent, said = _sent(turn.items), _said(turn.response)
    return TurnFacts(
        number=turn.number,
        line=exchange.seq,
        part=turn.part,
        started=turn.started,
        first_part=turn.first_part,
        ended=turn.ended,
        listener=exchange.listener,
        origin=split_url(exchange.request.url).origin,
        path=turn.path,
        api=turn.api.name,
        websocket=turn.part is not None,
        complete=turn.complete,
        status=turn.status,
        model=asked.model or _model_in(turn.path) or answer.model,
        answered_by=answer.model,
        response_id=answer.response_id,
        stop=answer.stop,
        stop_word=answer.stop_word,
        usage=answer.usage,
        calls=said.calls[:CALLS],
        more_called=tuple([(call.name, call.call_id) for call in said.calls[CALLS:]]),
        text=said.text,
        problem=said.problem,
        incomplete=said.incomplete,
        read=sent.read and (turn.answer is not None or turn.status is None),
        warm_up=asked.no_answer,
        most_output=asked.most_output,
        schema_fields=asked.schema_fields,
        tools=sent.tools,
        about=sent.about,
        prompts=sent.prompts,
        size=sent.size,
        ids=find_ids(ids, exchange.request, _settings(turn, ids)) if ids else {},
        items=sent.numbers,
        sent_back=tuple([item_number(turn.api, Kind.MESSAGE, value) for value in answer.sent_back]),
        previous_id=asked.previous_id,
        elsewhere=asked.elsewhere,
        answered=answer_context(chain.from_iterable(part.blocks for part in answer.parts)) if answer.sent_back else (),
        silence=_silence(turn, exchange),
    )


def _silence(turn: Turn, exchange: Exchange) -> tuple[float, float] | None:
    """Return the longest time in which nothing of an answer arrived, and when it began."""
    pieces = exchange.response.pieces if exchange.response and turn.part is None else ()
    times = list(turn.event_times) or [time for time, _ in pieces]
    if len(times) < 2:
        return None
    waits = list(map(sub, times[1:], times))
    longest = max(waits)
    return longest, times[waits.index(longest)]


class _Sent(NamedTuple):
    """What the items of a request say; the fields are those of `TurnFacts`."""

    read: bool
    tools: int
    about: str | None
    prompts: bool
    size: int
    numbers: array[int]


# Of hundreds of items in each turn: without a loop in Python.
_numbers, _sizes = attrgetter("number"), attrgetter("size")


def _sent(items: SentItems) -> _Sent:
    known = list(chain.from_iterable([found for _, found in items]))
    special = [one for one in known if one.special]
    newest = next(_messages(known), None)
    return _Sent(
        read=not any(one.failed for one in special),
        tools=sum([one.features.tools for one in special]),
        about=about([one.features.words for one in special if one.features.system]) or _about_user(known),
        prompts=newest is not None and newest.prompt,
        size=sum(map(_sizes, known)),
        numbers=array("L", map(_numbers, known)),
    )


def _messages(known: Sequence[Known]) -> Iterator[Features]:
    """Yield what the messages say, the newest first; an agent may put a reminder behind the user's words."""
    return (one.features for one in reversed(known) if one.kind is Kind.MESSAGE and not one.features.system)


def _about_user(known: Sequence[Known]) -> str | None:
    user = next((one for one in _messages(known) if one.role == "user"), None)
    return about([user.words]) if user else None


class _Said(NamedTuple):
    """What the blocks of an answer say; the fields are those of `TurnFacts`."""

    calls: tuple[Call, ...]
    text: str
    problem: str | None
    incomplete: str | None


def _said(response: Iterable[Block]) -> _Said:
    blocks = every_block(response)
    return _Said(
        calls=tuple([call_of(block) for block in blocks if type(block) is ToolCall]),
        text=_text(blocks),
        problem=next((block.message[:TEXT] for block in blocks if type(block) is Failure), None),
        incomplete=next((block.reason[:TEXT] for block in blocks if type(block) is Incomplete), None),
    )


def _settings(turn: Turn, ids: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the settings of a request that its agent's ids may be in, as its body has them."""
    body: dict[str, Any] = {}
    wanted = {name for places in ids.values() for place in places for name in _names(place)}
    for field, _ in turn.items:
        if field.name in wanted and field.kind is Kind.SETTING:
            *parents, name = field.at.split(".")
            inner = body
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[name] = field.json.value
    return body


@lru_cache
def _names(place: str) -> list[str]:
    """Return the names on the way to an id."""
    return place.split(" ")[-1].split(".")


def _text(blocks: Iterable[Block]) -> str:
    """Return the beginning of the last text, which is what the answer comes down to."""
    last = ""
    for text in spoken(blocks):
        last = text.strip() or last
    return last[:TEXT]


def spoken(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the texts that the model said; those within tool results are not among them."""
    for block in blocks:
        if type(block) is Refusal or (type(block) is Text and block.label in _ANSWER_LABELS):
            yield block.text
        elif type(block) is Message:
            yield from spoken(block.content)


def last_spoken(blocks: Iterable[Block]) -> str:
    """Return the whole text that the model said last; empty where it said nothing."""
    texts = [text for text in spoken(every_block(blocks)) if text.strip()]
    return texts[-1].strip() if texts else ""


def _model_in(path: str) -> str | None:
    """Return the model that a path names, as in `/models/NAME:generateContent` and `/model/NAME/invoke`."""
    parts = path.split("/")
    for before, name in pairwise(parts):
        if before in ("model", "models") and name:
            # Bedrock's names end with a version behind a colon.
            name = unquote(name)
            return name.rpartition(":")[0] or name if before == "models" else name
    return None
