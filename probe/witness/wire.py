"""What the wire says an agent did, in the terms of its session file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.analysis.continuation import links
from probe.analysis.purpose import TURN, purposes
from probe.renderers.api import Kind
from probe.renderers.blocks import Block, Body, Message, ToolCall, ToolResult, Usage, texts_of
from probe.renderers.loader import Renderer
from probe.trace.facts import TurnFacts, spoken
from probe.trace.items import NewItem
from probe.trace.trace import read_trace
from probe.trace.turns import Traced, Turn
from probe.trace.unknowns import every_block
from probe.witness.session import ToolUse, result_text

_SESSION_IDS = ("session", "thread", "agent")


@dataclass(kw_only=True)
class WireCall:
    """One call of the model as it crossed the wire."""

    facts: TurnFacts
    texts: list[str]
    tools: list[ToolUse]
    purpose: str = TURN

    @property
    def place(self) -> str:
        """Return where it is in the record."""
        part = "" if self.facts.part is None else f", call {self.facts.part}"
        return f"record line {self.facts.line}{part}"

    @property
    def usage(self) -> Usage | None:
        """Return its tokens."""
        return self.facts.usage

    @property
    def why_alone(self) -> str | None:
        """Return why an agent's file need not have it; None where it should."""
        if self.purpose != TURN:
            return f"{self.purpose}: a side request, which agents do not keep"
        if self.facts.status != 200:
            return "it failed, and agents keep no failed calls"
        return None if self.facts.complete else "it was cut short"


@dataclass(kw_only=True)
class Wire:
    """What a record says."""

    calls: list[WireCall] = field(default_factory=list)
    """In the order in which they were sent."""
    sent: dict[str, str] = field(default_factory=dict)
    """Texts that were sent to the model, with where each was first."""
    results: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the call's id: where the result of a tool was first sent, and its text."""
    unnamed_results: list[tuple[str, str]] = field(default_factory=list)
    """The same of results without an id."""
    ids: set[str] = field(default_factory=set)
    """Of sessions and threads."""


def read_wire(traffic: Path, renderer: Renderer, ids: Mapping[str, Sequence[str]]) -> Wire:
    """Return what a record says."""
    wire = Wire()

    def add(traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        for turn, facts in zip(traced.turns, turns, strict=True):
            wire.calls.append(_call(turn, facts))
            wire.ids |= {facts.ids[kind] for kind in _SESSION_IDS if kind in facts.ids}
        for item in new:
            if item.known.kind in (Kind.MESSAGE, Kind.INSTRUCTIONS):
                _add_item(wire, f"record line {traced.exchange.seq}", item.blocks)

    trace = read_trace(traffic, renderer, ids=ids, on_exchange=add, structured=False)
    wire.calls.sort(key=lambda call: call.facts.started)
    facts = [call.facts for call in wire.calls]
    for call, purpose in zip(wire.calls, purposes(facts, links(facts, trace.items.known)), strict=True):
        call.purpose = purpose
    return wire


def _call(turn: Turn, facts: TurnFacts) -> WireCall:
    tools = [
        ToolUse(name=block.name, arguments=block.arguments, call_id=block.call_id)
        for block in every_block(turn.response)
        if type(block) is ToolCall
    ]
    return WireCall(facts=facts, texts=list(spoken(turn.response)), tools=tools)


def _add_item(wire: Wire, place: str, blocks: Sequence[Block]) -> None:
    for block in every_block(blocks):
        if type(block) is ToolResult:
            result = (place, result_text(list(_parts(block))))
            if block.call_id:
                wire.results.setdefault(block.call_id, result)
            else:
                wire.unnamed_results.append(result)
    for text in _texts(blocks):
        wire.sent.setdefault(text, place)


def _parts(result: ToolResult) -> Iterator[Any]:
    for block in result.content:
        if type(block) is Body:
            yield block.value
        else:
            yield from texts_of([block])


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield the texts of messages that the model did not write: those of the parts, and the whole."""
    for block in blocks:
        if not (type(block) is Message and block.role in ("assistant", "model")):
            parts = list(texts_of([block]))
            yield from dict.fromkeys([*parts, "\n".join(parts)])
