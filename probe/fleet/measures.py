"""Numbers of runs that add up: integers by name, exactly and whatever the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe.fleet.capped import Counts, add_counts
from probe.fleet.histogram import Histogram

SUMS = {
    "runs": "runs",
    "run_microseconds": "from the start of each run to its end",
    "agent_failures": "runs whose agent ended with another exit code than 0",
    "malformed_runs": "runs with lines that are no record",
    "malformed_lines": "these lines",
    "exchanges": "requests with all that came back for each",
    "cut_short": "exchanges whose answer did not come to its end",
    "unanswered": "exchanges without any answer",
    "error_answers": "exchanges with a status of 400 or more",
    "websocket_messages": "messages over WebSockets",
    "redactions": "places where something was redacted",
    "request_bytes": "bodies and messages that agents sent",
    "response_bytes": "bodies and messages that came back",
    "sessions": "uses of the agent",
    "threads": "conversations with the model",
    "sub_agents": "threads that work for another one",
    "calls": "calls of the model, side requests and failed tries included",
    "turns": "calls for the agent's own work, each with its failed tries",
    "side_requests": "calls beside the work",
    "failed_tries": "failed calls that were repeated",
    "tool_calls": "calls of tools in answers",
    "failed_tool_calls": "those whose result says that they failed",
    "known_tool_calls": "those whose result says whether they failed; many APIs never do",
    "calls_with_usage": "calls with reported tokens",
    "input_tokens": "with what was read from and written to the cache",
    "output_tokens": "with the reasoning",
    "cache_read_tokens": "of the input",
    "cache_write_tokens": "of the input",
    "reasoning_tokens": "of the output",
    "total_tokens": "as the API adds it up",
    "priced_calls": "calls whose price is known",
    "unpriced_calls": "calls that did not fail and whose price is not known",
    "underpriced_calls": "those a part of which costs more than the price list says",
    "nano_dollars": "known prices in billionths of a dollar, each call's rounded once",
    "answers": "calls of which it is known how long the answer took",
    "answer_microseconds": "from their requests to the ends of their answers",
    "first_tokens": "calls of which it is known when their answers began",
    "first_token_microseconds": "from their requests to the first pieces of their answers' content",
}
"""What is added up. Where it is 0, it may be missing."""

CAPS: dict[str, tuple[int, ...]] = {
    "sums": (len(SUMS),),
    "days": (4000, len(SUMS)),
    "models": (200, len(SUMS)),
    "purposes": (64, len(SUMS)),
    "tools": (500, 4),
    "hosts": (500, 8),
    "statuses": (100,),
    "stops": (64,),
    "replays": (200,),
}
"""The tables, with how many keys each level has at most; of more, those with the smallest hashes are kept.

`sums`: of all runs; `days`: by date, the same; `models`, `purposes`: by the model that was asked for, and by purpose,
the sums of their calls; `tools`: by name, `runs`, `calls`, `failed` and `known`; `hosts`: `runs`, `requests`, `sent`,
`received`, `unreached`; `statuses`: exchanges by status, `none` without an answer; `stops`: calls by why the answer
ended; `replays`: runs by the recording that answered.
"""
HISTOGRAMS = {
    "first_token_microseconds": "each call: from its request to the first piece of its answer's content",
    "answer_microseconds": "each call: from its request to the end of its answer",
    "input_tokens": "each call with reported tokens",
    "prompt_bytes": "each run: instructions and tools of the request with most of them",
    "turns": "each run",
}


class Measures:
    """Numbers of several runs."""

    __slots__ = ("cut", "first", "histograms", "last", "tables")

    def __init__(self) -> None:
        self.tables: dict[str, Counts] = {name: {} for name in CAPS}
        """As `CAPS` describes them."""
        self.cut: set[str] = set()
        """The tables that had more keys than are kept."""
        self.histograms = {name: Histogram() for name in HISTOGRAMS}
        self.first: str | None = None
        """The first day, as `2026-11-22`; None where none is known."""
        self.last: str | None = None

    @property
    def sums(self) -> Counts:
        """Return the sums of all runs."""
        return self.tables["sums"]

    def number(self, name: str) -> int:
        """Return a sum by its name in `SUMS`."""
        return int(self.sums.get(name, 0))

    def seen(self, first: str | None, last: str | None) -> None:
        """Note the days of runs."""
        self.first = min(filter(None, (self.first, first)), default=None)
        self.last = max(filter(None, (self.last, last)), default=None)

    def merge(self, other: Measures) -> None:
        """Add other runs."""
        self.cut |= other.cut
        for name, caps in CAPS.items():
            here, there = self.tables[name], other.tables[name]
            if len(here.keys() | there.keys()) > caps[0]:
                self.cut.add(name)
            add_counts(here, there, caps)
        for name, one in other.histograms.items():
            self.histograms[name].merge(one)
        self.seen(other.first, other.last)

    def plain(self) -> list[Any]:
        """Return all as plain values."""
        histograms = {name: one.plain() for name, one in self.histograms.items() if one.number}
        return [self.tables, sorted(self.cut), histograms, self.first, self.last]

    @classmethod
    def from_plain(cls, value: list[Any]) -> Measures:
        """Return what `plain` made a value of; the value is its own from then on."""
        made = cls()
        tables, cut, histograms, made.first, made.last = value
        made.tables, made.cut = dict(tables), set(cut)
        made.histograms |= {name: Histogram.from_plain(one) for name, one in histograms.items()}
        return made


def add(here: Counts, values: Mapping[str, int]) -> None:
    """Add numbers to sums; what is 0 is left out."""
    for name, value in values.items():
        if value:
            here[name] = here.get(name, 0) + value
