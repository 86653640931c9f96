"""The form of `summary.json` of many runs."""

from __future__ import annotations

import msgspec

SCHEMA = 1


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a summary."""


class Bounds(Part, frozen=True, kw_only=True):
    """Between which two numbers a number is; they are at most an eighth apart."""

    low: int
    high: int


class Spread(Part, frozen=True, kw_only=True):
    """Several numbers."""

    n: int
    """How many."""
    median: Bounds
    p90: Bounds
    """Nine of ten are not above it."""
    largest: int


class Numbers(Part, frozen=True, kw_only=True):
    """What several runs come down to, added up."""

    runs: int
    agent_failures: int
    """Runs whose agent ended with another exit code than 0."""
    calls: int
    """Calls of the model, side requests and failed tries included."""
    failed_tries: int
    """Failed calls that were repeated."""
    exchanges: int
    error_answers: int
    """Exchanges with a status of 400 or more."""
    unanswered: int
    """Exchanges without any answer."""
    tool_calls: int
    failed_tool_calls: int
    known_tool_calls: int
    """Tool calls whose result says whether they failed: many APIs never do."""
    input_tokens: int
    cache_read_tokens: int
    """Of the input."""
    output_tokens: int
    calls_with_usage: int
    """Calls with reported tokens; of the others they are in no sum."""
    dollars: float | None
    """List price of the calls whose price is known; null where it is known of none."""
    priced_calls: int
    unpriced_calls: int
    """Calls that did not fail and whose price is not known."""
    underpriced_calls: int
    """Priced calls a part of which costs more than the price list says."""


class GroupSummary(Part, frozen=True, kw_only=True):
    """The runs of one agent in one version that one kind of upstream answered."""

    name: str
    """Agent and version: `codex 0.98.0`."""
    is_replayed: bool
    """True where recordings answered: tokens are those of the recordings, and nothing was paid."""
    first: str | None
    """The first day, `2026-11-22`; null where none is known."""
    last: str | None
    numbers: Numbers
    first_token_microseconds: Spread | None
    """Of calls: from the request to the first piece of its answer's content."""
    answer_microseconds: Spread | None
    """Of calls: from the request to the end of its answer."""
    call_input_tokens: Spread | None
    """Of calls with reported tokens."""
    prompt_bytes: Spread | None
    """Of runs: instructions and tools of the request with most of them."""
    turns: Spread | None
    """Of runs: calls for the agent's own work."""


class DaySummary(Part, frozen=True, kw_only=True):
    """The runs that began on one day."""

    day: str
    """`2026-11-22` in UTC; `unknown` where no manifest says it."""
    numbers: Numbers


class ModelSummary(Part, frozen=True, kw_only=True):
    """The calls of one model."""

    model: str
    """As it was asked for; empty where no request names one."""
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: float | None
    """As above."""


class ToolSummary(Part, frozen=True, kw_only=True):
    """The calls of one tool."""

    name: str
    runs: int
    """Runs that called it."""
    calls: int
    failed: int
    """Calls whose result says that they failed."""
    known: int
    """Calls whose result says whether they failed."""


class HostSummary(Part, frozen=True, kw_only=True):
    """What was sent to one host."""

    name: str
    runs: int
    requests: int
    sent: int
    """Bytes."""
    received: int
    """Bytes."""
    unreached: int
    """Requests that did not reach it."""


class Remark(Part, frozen=True, kw_only=True):
    """Something that stands out."""

    kind: str
    """What kind of thing it is: a key of `probe.fleet.remarks.KINDS`."""
    of: str
    """The version, tool, day or host that it is about."""
    line: str
    """It in one sentence, as plain text."""


class FleetSummary(Part, frozen=True, kw_only=True):
    """What many runs come down to."""

    schema: int = SCHEMA
    """Version of this form."""
    runs: int
    """Runs that are counted, replays included."""
    replayed_runs: int
    """Of these, runs that recordings answered; sums but those of their groups are without them, unless all runs are."""
    failed_runs: int
    """Runs that could not be read; nothing of them is counted."""
    copies: int
    """Redacted copies of other runs; nothing of them is counted."""
    malformed_runs: int
    """Counted runs with lines that are no record."""
    first: str | None
    """The first day of a counted run; null where none is known."""
    last: str | None
    remarks: tuple[Remark, ...]
    """What stands out, the most important first."""
    total: Numbers
    """Of all runs that real APIs answered; where there is none, of all."""
    groups: tuple[GroupSummary, ...]
    """By agent, then in the order of versions."""
    days: tuple[DaySummary, ...]
    models: tuple[ModelSummary, ...]
    """With the most calls first, as tools, and hosts by their requests."""
    tools: tuple[ToolSummary, ...]
    hosts: tuple[HostSummary, ...]
    statuses: dict[str, int]
    """Exchanges by the status of their answers; `none` without one."""
    stops: dict[str, int]
    """Calls by why their answers ended."""
    failed: dict[str, str]
    """Some of the runs that could not be read, each with the reason."""
    malformed: dict[str, int]
    """Some of the runs with malformed lines, and how many each has."""
    incomplete: tuple[str, ...]
    """Parts that had more names than are kept: those with the smallest hashes are here, with exact numbers."""
