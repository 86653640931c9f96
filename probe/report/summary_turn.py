"""What `summary.json` says of each call of the model."""

from __future__ import annotations

from typing import Literal

from probe.analysis.cache import Cause
from probe.report.summary_part import Part
from probe.report.summary_run import Tokens
from probe.trace.context import ContextKind

Context = dict[ContextKind, int]
"""Bytes, or estimated tokens, of a turn's request by what they are; a kind that it has none of is missing."""


class Silence(Part, frozen=True, kw_only=True):
    """A time in which nothing of an answer arrived."""

    seconds: float
    """How long it was."""
    at: float
    """When it began, in epoch seconds."""


class ToolCall(Part, frozen=True, kw_only=True):
    """A tool call of the model."""

    name: str
    """Name of the tool, that of its namespace before it."""
    argument: str
    """The argument that says most of what it does, cut to its beginning."""
    call_id: str | None
    """The API's id of the call."""
    agent: str | None
    """Name of the sub-agent that it starts."""
    failed: bool | None
    """Whether its result is an error; None where the API does not report that, or no result came."""
    result_turn: int | None
    """The turn whose request has its result; None where none has."""


class NewItems(Part, frozen=True, kw_only=True):
    """How many items of a request are not in the turn that it is compared with."""

    instructions: int
    """New or changed."""
    tools: int
    """New or changed."""
    messages: int
    """Added ones."""
    settings: int
    """New or changed."""
    dropped: int
    """Items of that turn that this one does not send."""


class FirstChange(Part, frozen=True, kw_only=True):
    """The first item that differs from the turn before."""

    kind: str
    """setting, instructions, tool or message."""
    place: int
    """Its place among the items of its request, from 0; the number of items where one was dropped at the end."""
    among: int
    """Its place among the request's items of this kind, from 0."""
    dropped: bool
    """True where the request ends before it: the turn before sent more."""


class Shortened(Part, frozen=True, kw_only=True):
    """A conversation that the agent shortened (compaction)."""

    turn: int
    """The last turn of the thread that sent it whole."""
    messages: int
    """How many of that turn's messages are gone."""


class CacheFacts(Part, frozen=True, kw_only=True):
    """How much of a request the API read from its cache."""

    before: int
    """The turn whose input could have been read."""
    expected: int
    """Input tokens of that turn, but no more than this request has."""
    read: int
    """Tokens that the API read from its cache."""
    missed: int
    """Tokens that could have been read, and were not."""
    cause: Cause | None
    """What kept the API from reading more; None where nothing notable was missed."""
    reason: str | None
    """The same in words."""
    first_change: FirstChange | None
    """None where the request begins with all that the turn before sent."""


class FailedTry(Part, frozen=True, kw_only=True):
    """A call that failed and was repeated."""

    line: int
    """Line of the record."""
    part: int | None
    """Its number within its WebSocket conversation, from 1; None over HTTP."""
    started: float
    """When its request was sent."""
    ended: float | None
    """None when no answer came."""
    status: int | None
    """None when no answer came."""
    problem: str
    """What the API said, or what became of the connection."""


class Turn(Part, frozen=True, kw_only=True):
    """One call of the model with its answer."""

    number: int
    """As in the report: turns in the order in which they started, from 1; failed tries are in `tries`."""
    line: int
    """Line of the record."""
    part: int | None
    """Its number within its WebSocket conversation, from 1; None over HTTP."""
    thread: int
    """Number of its thread."""
    purpose: str
    """`turn`, or what a side request is for."""
    is_side: bool
    """True for a side request."""
    prompt: int | None
    """Number of the user's prompt within the thread."""
    before: int | None
    """The turn that its request goes on from, or is compared with; None for the first."""
    transport: Literal["http", "websocket"]
    """How it was sent."""
    listener: str | None
    """The listener that it came through."""
    path: str
    """URL path of the endpoint."""
    api: str
    """The API that it was understood as."""
    started: float
    """When its request was sent."""
    first_token: float | None
    """When the first piece of the answer's content arrived."""
    ended: float | None
    """None when no answer came."""
    longest_silence: Silence | None
    """Between two pieces of the answer; None where it came in one piece, or their times are not known."""
    status: int | None
    """None when no answer came."""
    complete: bool
    """False where the answer did not come to its end."""
    model: str | None
    """As it was asked for."""
    answered_by: str | None
    """The model that the answer names."""
    response_id: str | None
    """The API's id of the answer."""
    stop: str | None
    """Why the answer ended: end, tool call, length, filtered, paused, failed, cancelled or other."""
    stop_word: str | None
    """The API's own word for it."""
    problem: str | None
    """What the API says went wrong."""
    incomplete: str | None
    """Why the API ended the answer early."""
    did: str
    """What it did in one line, as in the report."""
    text: str
    """The beginning of what the model said last."""
    tool_calls: list[ToolCall]
    """The first calls of its answer."""
    more_tool_calls: int
    """Calls that are not listed."""
    tokens: Tokens | None
    """None where the API reported none."""
    dollars: float | None
    """None where the price is not known."""
    context: Context
    """Bytes of what the request sent."""
    context_tokens: Context | None
    """An estimate: the reported input tokens, divided as the bytes are. None where a part of the input is stored by the
    API, or no tokens were reported."""
    new: NewItems
    """What is new in its request."""
    cache: CacheFacts | None
    """None for the first turn of a thread, and where the API reports no cache."""
    shortened: Shortened | None
    """Not None where at least half of the messages of the thread's turn before are gone."""
    tries: list[FailedTry]
    """The failed calls before it, with the same request."""
