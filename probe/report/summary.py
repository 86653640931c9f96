"""The form of `summary.json`: every number of a run in one place, for programs and for the page.

Times are epoch seconds, sizes are bytes of decoded content. `probe.report.summarize` fills it in.
"""

from __future__ import annotations

import json
from typing import Literal

import msgspec

from probe.analysis.cache import Cause
from probe.trace.context import ContextKind

SCHEMA = 1
Context = dict[ContextKind, int]
"""Bytes, or estimated tokens, of a turn's request by what they are; a kind that it has none of is missing."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of a summary have in common: a member that is not described here is an error."""


class Project(_Part, frozen=True, kw_only=True):
    """The program that wrote the summary."""

    name: str
    version: str


class RunFacts(_Part, frozen=True, kw_only=True):
    """What was recorded, and how."""

    title: str
    source: str
    """The record that the summary was made from."""
    target: str | None
    """None for a file from elsewhere."""
    name: str | None
    """Name of the run's folder; None for a file from elsewhere."""
    agent: str | None
    """The agent's version; None where it is not known."""
    command: list[str] | None
    """The user's own command; None where the target's was used, or is not known."""
    prompt: str | None
    replay_of: str | None
    """The run that answered instead of the real upstreams; None where these did."""
    agent_exit_code: int | None
    keeps_secrets: bool
    """True where credentials were written as they are, on request."""
    live: bool
    """True while the run is being recorded, so that the summary is partial."""
    started: float | None
    """When the agent was started, else the first request; None where there is none."""
    ended: float | None


class Counts(_Part, frozen=True, kw_only=True):
    """How much there is of everything."""

    exchanges: int
    turns: int
    """Calls of the model for the agent's own work, each with its failed tries."""
    side_requests: int
    """Calls of the model beside the work: titles, summaries, checks."""
    failed_tries: int
    """Failed calls that the agent repeated; each belongs to the turn that it led to."""
    sessions: int
    threads: int
    sub_agents: int
    """Threads that work for another thread."""
    websocket_messages: int
    request_bytes: int
    """Bodies, and what the agent sent over WebSockets."""
    response_bytes: int
    cut_short: int
    """Exchanges whose answer did not come to its end."""
    redactions: int
    """Places in bodies and messages where something was redacted."""
    malformed_lines: int
    """Lines that are no record."""


class Cost(_Part, frozen=True, kw_only=True):
    """What the run cost."""

    dollars: float | None
    """Sum of the known prices; None where none is known."""
    at_least: bool
    """True where a part of it costs more than the price list says."""
    paid: bool
    """False for a replay: the price is that of the recorded answers."""
    unpriced_turns: int
    """Calls whose price is not in the sum; failed ones are not counted."""
    reasons: list[str]
    """Why the sum is not the price of all calls."""
    sources: list[str]
    """Whose prices they are."""


class Tokens(_Part, frozen=True, kw_only=True):
    """Tokens as the API reported them; None where it did not."""

    input: int | None
    """Includes what was read from and written to the cache."""
    output: int | None
    """Includes the reasoning."""
    cache_read: int | None
    cache_write: int | None
    reasoning: int | None
    total: int | None


class ModelTotal(_Part, frozen=True, kw_only=True):
    """What the calls of one model took, failed tries included."""

    model: str | None
    side: bool
    """True for side requests, which are counted apart from the work."""
    turns: int
    tokens: Tokens
    dollars: float | None


class TimeSpent(_Part, frozen=True, kw_only=True):
    """Seconds of the run by who took them; their sum is `seconds`."""

    seconds: float
    model: float
    """From a request to the end of its answer."""
    tool: float
    """From an answer that calls tools to the request with their results."""
    agent: float
    """Between other turns, before the first and after the last one."""
    idle: float
    """From an answer to the user's next prompt."""
    median_to_first_token: float | None


class Session(_Part, frozen=True, kw_only=True):
    """One use of the agent."""

    id: str | None
    """The agent's own; None where it sends none."""
    threads: list[int]


class Thread(_Part, frozen=True, kw_only=True):
    """One conversation with the model."""

    number: int
    session: int
    """Place of its session in the list of sessions, from 1."""
    id: str | None
    """The agent's own; None where it has none."""
    agent: str | None
    """What the agent calls this sub-agent; None when it is none, or has no name."""
    parent: int | None
    """Number of the thread that it works for."""
    is_sub_agent: bool
    prompts: int
    """How many prompts of the user it answers."""
    turns: list[int]


class Silence(_Part, frozen=True, kw_only=True):
    """A time in which nothing of an answer arrived."""

    seconds: float
    at: float
    """When it began, in epoch seconds."""


class ToolCall(_Part, frozen=True, kw_only=True):
    """A tool call of the model."""

    name: str
    argument: str
    """The argument that says most of what it does, cut to its beginning."""
    call_id: str | None
    agent: str | None
    """Name of the sub-agent that it starts."""
    failed: bool | None
    """Whether its result is an error; None where the API does not report that, or no result came."""
    result_turn: int | None
    """The turn whose request has its result; None where none has."""


class NewItems(_Part, frozen=True, kw_only=True):
    """How many items of a request are not in the turn that it is compared with."""

    instructions: int
    tools: int
    messages: int
    settings: int
    dropped: int
    """Items of that turn that this one does not send."""


class FirstChange(_Part, frozen=True, kw_only=True):
    """The first item that differs from the turn before."""

    kind: str
    """setting, instructions, tool or message."""
    place: int
    """Its place among the items of its request, from 0; the number of items where one was dropped at the end."""
    among: int
    """Its place among the request's items of this kind, from 0."""
    dropped: bool
    """True where the request ends before it: the turn before sent more."""


class CacheFacts(_Part, frozen=True, kw_only=True):
    """How much of a request the API read from its cache."""

    before: int
    """The turn whose input could have been read."""
    expected: int
    """Input tokens of that turn."""
    read: int
    missed: int
    cause: Cause | None
    """What kept the API from reading more; None where nothing notable was missed."""
    reason: str | None
    """The same in words."""
    first_change: FirstChange | None
    """None where the request begins with all that the turn before sent."""


class FailedTry(_Part, frozen=True, kw_only=True):
    """A call that failed and was repeated."""

    line: int
    part: int | None
    started: float
    ended: float | None
    status: int | None
    problem: str


class Turn(_Part, frozen=True, kw_only=True):
    """One call of the model with its answer."""

    number: int
    """As in the report: turns in the order in which they started, from 1; failed tries are in `tries`."""
    line: int
    """Line of the record."""
    part: int | None
    """Its number within its WebSocket conversation, from 1; None over HTTP."""
    thread: int
    purpose: str
    """`turn`, or what a side request is for."""
    is_side: bool
    prompt: int | None
    """Number of the user's prompt within the thread."""
    before: int | None
    """The turn that its request goes on from, or is compared with; None for the first."""
    transport: Literal["http", "websocket"]
    listener: str | None
    path: str
    api: str
    started: float
    first_token: float | None
    """When the first piece of the answer's content arrived."""
    ended: float | None
    """None when no answer came."""
    longest_silence: Silence | None
    """Between two pieces of the answer; None where it came in one piece, or their times are not known."""
    status: int | None
    complete: bool
    """False where the answer did not come to its end."""
    model: str | None
    """As it was asked for."""
    answered_by: str | None
    """The model that the answer names."""
    response_id: str | None
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
    cache: CacheFacts | None
    """None for the first turn of a thread, and where the API reports no cache."""
    tries: list[FailedTry]


class ExchangeFacts(_Part, frozen=True, kw_only=True):
    """One request and all that came back for it."""

    line: int
    id: str | None
    listener: str | None
    method: str
    url: str
    status: int | None
    """None when no answer came."""
    started: float
    ended: float
    complete: bool
    error: str | None
    sent: int
    received: int
    turns: list[int]
    """Its calls of the model; none for a side exchange."""
    websocket_messages: int | None
    """None when it was no WebSocket conversation."""
    redactions: int


class ToolFacts(_Part, frozen=True, kw_only=True):
    """A tool that the model was offered, or called."""

    name: str
    offered: int
    """Turns that offered it."""
    first_turn: int | None
    """The first of them; None where it was never offered."""
    calls: int
    failed: int
    """Calls whose result is an error, as far as the API reports that."""
    bytes: int
    """Of its newest definition."""


class Injected(_Part, frozen=True, kw_only=True):
    """Texts that the agent's harness put among the user's words."""

    what: str
    """The tag around them, or the words that they begin with."""
    count: int
    """Different texts."""
    bytes: int
    """Of these, each counted once."""
    first_turn: int


class Host(_Part, frozen=True, kw_only=True):
    """One host and port, and what went there in one of the two ways."""

    name: str
    captured: bool
    """False when only its tunnels were seen."""
    listeners: list[str]
    requests: int
    """Exchanges of a captured one, else tunnels."""
    sent: int
    received: int
    unreached: int
    """Of these, those without an answer."""


class Hosts(_Part, frozen=True, kw_only=True):
    """Which hosts the agent talked to, and how much of that was captured."""

    watched: bool | None
    """Whether what bypassed the listeners was watched; None when that is not known."""
    captured: list[str]
    not_reached: list[str]
    only_seen: list[str]
    also_seen: list[str]
    """Captured hosts that tunnels reached as well."""
    in_words: str
    hosts: list[Host]


class ObserverChange(_Part, frozen=True, kw_only=True):
    """One way in which recording changed the agent."""

    what: str
    why: str


class Secrets(_Part, frozen=True, kw_only=True):
    """A kind of place where credentials were redacted; their values are nowhere."""

    place: str
    """Such as `request header authorization` or `request body`."""
    count: int
    different: int
    """How many different credentials these are."""
    lines: list[int]
    """Lines of the record."""


class Unknown(_Part, frozen=True, kw_only=True):
    """Something that was not understood, and is shown as sent."""

    what: str
    count: int


class Proof(_Part, frozen=True, kw_only=True):
    """What shows that the record is whole and unchanged; `verify` checks all of it."""

    traffic_sha256: str | None
    """Of the record as it is; None where nothing is known to compare it with."""
    manifest_sha256: str | None
    """Of the record as the capture left it."""
    matches: bool | None
    """Whether the two are equal; None where one of them is not known."""
    seen: int | None
    """Exchanges that the proxies saw."""
    written: int | None
    """Of these, those that were written down."""
    bodies: int
    """Bodies and WebSocket messages of the record."""
    bodies_with_hash: int
    """Of these, those with a hash that they can be checked against."""


class FinalAnswer(_Part, frozen=True, kw_only=True):
    """The last text of the agent's own work."""

    text: str
    turn: int


class Summary(_Part, frozen=True, kw_only=True):
    """All numbers of a run."""

    schema: int
    """Version of this form."""
    project: Project
    generated_at: str
    """As RFC 3339, in UTC."""
    run: RunFacts
    problems: list[str]
    """What is wrong with the run or its record, as on line 3 of the report."""
    notes: list[str]
    """What else a reader should know: of how it was recorded, and of what was not understood."""
    final_answer: FinalAnswer | None
    """None where the model said nothing."""
    counts: Counts
    cost: Cost
    tokens: Tokens
    """Of all calls."""
    models: list[ModelTotal]
    """The work first, then side requests."""
    time: TimeSpent
    sessions: list[Session]
    threads: list[Thread]
    turns: list[Turn]
    exchanges: list[ExchangeFacts]
    """In the order in which they started."""
    tools: list[ToolFacts]
    injected: list[Injected]
    hosts: Hosts
    observer_changes: list[ObserverChange]
    secrets: list[Secrets]
    unknown: list[Unknown]
    """The most frequent first."""
    proof: Proof


def json_of(summary: Summary) -> str:
    """Return a summary as the text of its file."""
    try:
        return msgspec.json.format(msgspec.json.encode(summary), indent=2).decode() + "\n"
    except UnicodeEncodeError:
        # A lone surrogate, which only the escaped form can hold.
        return json.dumps(msgspec.to_builtins(summary), indent=2) + "\n"
