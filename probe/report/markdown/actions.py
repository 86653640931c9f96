"""Write what a turn did in one line: the tools it called with their arguments, what it said, what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from probe.analysis.groups import PlacedTurn
from probe.analysis.purpose import WARM_UP
from probe.analysis.retries import Tries, has_failed
from probe.report.markdown.escape import code, inline
from probe.report.markdown.exchange_facts import offset
from probe.report.plain_text import plural
from probe.report.preview import cut
from probe.trace.facts import TurnFacts
from probe.trace.tool_calls import Call
from probe.trace.trace import ExchangeFacts

_CALLS = 6
"""Tool calls that are named."""
_REASONS = 3
"""Different reasons of failed tries that a row names."""

_IN_SCRIPT = re.compile(r"\btools\.(?=\w+\()")
"""What is before the first call of a tool in a script: codex has one tool, which runs scripts that call the others."""


class Actions:
    """Writes what turns did; `exchanges` are by line of the record."""

    def __init__(self, exchanges: Mapping[int, ExchangeFacts], started: float) -> None:
        self._exchanges, self._started = exchanges, started

    def row(self, tries: Tries) -> str:
        """Write a turn and the failed tries before it."""
        count = len(tries.failed)
        if has_failed(tries.turn.facts):
            before = f"{count + 1:,} tries failed" if count else "failed"
            return f"**{before}:** {self._failures([*tries.failed, tries.turn])}"
        after = [f"after {_tries(count)} ({self._failures(tries.failed)})"] if count else []
        return "; ".join([*_did(tries.turn), *after])

    def _failures(self, turns: Sequence[PlacedTurn]) -> str:
        """Return the different reasons for which tries failed."""
        found = list(dict.fromkeys(cut(self.failure(one.facts)) for one in turns))
        return inline("; ".join(found[:_REASONS])) + ("; …" if len(found) > _REASONS else "")

    def heading(self, turn: PlacedTurn) -> str:
        """Write what a turn did, or how it failed, for its heading."""
        if has_failed(turn.facts):
            why = cut(self.failure(turn.facts))
            return inline(why[:1].upper() + why[1:])
        return "; ".join(_did(turn)) or "No content in the answer"

    def tries(self, tries: Tries) -> Iterator[str]:
        """Yield a line for each kind of failure before a turn."""
        for why, group in groupby((one.facts for one in tries.failed), self.failure):
            found = list(group)
            times = offset(found[0].started, self._started)
            if len(found) > 1:
                times = f"{times} to {offset(found[-1].started, self._started)}"
            lines = _lines([one.line for one in found])
            yield f"{_tries(len(found)).capitalize()} before it ({times}, {lines} of the record): {inline(why)}\n"

    def failure(self, facts: TurnFacts) -> str:
        """Return why a call failed: what the API said, or what became of the connection."""
        if facts.status is None:
            error = self._exchanges[facts.line].error
            return f"no answer: {error}" if error else "no answer"
        return f"{facts.status}: {facts.problem}" if facts.problem else f"status {facts.status}"


def _lines(lines: Sequence[int]) -> str:
    """Return lines of the record in words; what a side request left may be between them."""
    *most, last = lines
    if not most:
        return f"line {last}"
    if last - lines[0] == len(most):
        return f"lines {lines[0]} to {last}"
    shown = ", ".join(map(str, most[:_CALLS]))
    return f"lines {shown}{', …' if len(most) > _CALLS else ''} and {last}"


def _tries(count: int) -> str:
    return "1 failed try" if count == 1 else f"{count:,} failed tries"


def _call(call: Call) -> str:
    """Return a tool with its argument; a script that calls tools is shown from the first of these calls on."""
    before = _IN_SCRIPT.search(call.argument)
    argument = call.argument[before.end() :] if before else call.argument
    return cut(f"{call.name}: {argument}" if argument else call.name)


def _did(turn: PlacedTurn) -> Iterator[str]:
    facts = turn.facts
    calls = [code(_call(call)) for call in facts.calls[:_CALLS]]
    more = facts.more_calls + len(facts.calls[_CALLS:])
    calls += [plural(more, "more call")] if more else []
    if calls:
        yield ", ".join(calls)
    elif facts.text:
        yield inline(cut(facts.text))
    if facts.problem:
        yield f"**error:** {inline(cut(facts.problem))}"
    if facts.incomplete and turn.purpose != WARM_UP:
        # The answer to a warm-up is meant to be cut.
        yield f"**incomplete:** {inline(cut(facts.incomplete))}"
    if not facts.read and facts.complete:
        yield "*(its body could not be read; see below)*"
    if not facts.complete:
        yield "**cut short**"
