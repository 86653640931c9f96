"""Write what a turn did in one line: the tools it called with their arguments, what it said, what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from probe.analysis.groups import PlacedTurn
from probe.analysis.purpose import WARM_UP
from probe.analysis.retries import Tries, has_failed
from probe.report.plain_text import offset, plural
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


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a form of the report writes parts of a sentence."""

    text: Callable[[str], str] = _as_it_is
    code: Callable[[str], str] = _as_it_is
    strong: Callable[[str], str] = _as_it_is
    emphasis: Callable[[str], str] = _as_it_is


_LOADED = "Loads its context; no answer was asked for"
"""What a warm-up did."""


class Actions:
    """Writes what turns did; `exchanges` are by line of the record."""

    def __init__(self, exchanges: Mapping[int, ExchangeFacts], started: float, style: Style) -> None:
        self._exchanges, self._started, self._style = exchanges, started, style

    def row(self, tries: Tries) -> str:
        """Write a turn and the failed tries before it."""
        count = len(tries.failed)
        if has_failed(tries.turn.facts):
            before = f"{count + 1:,} tries failed" if count else "failed"
            return f"{self._style.strong(f'{before}:')} {self._failures([*tries.failed, tries.turn])}"
        after = [f"after {_tries(count)} ({self._failures(tries.failed)})"] if count else []
        return "; ".join([*self._did(tries.turn), *after])

    def _failures(self, turns: Sequence[PlacedTurn]) -> str:
        """Return the different reasons for which tries failed."""
        found = list(dict.fromkeys(cut(self.failure(one.facts)) for one in turns))
        return self._style.text("; ".join(found[:_REASONS])) + ("; …" if len(found) > _REASONS else "")

    def heading(self, turn: PlacedTurn) -> str:
        """Write what a turn did, or how it failed, for its heading."""
        if has_failed(turn.facts):
            why = cut(self.failure(turn.facts))
            return self._style.text(why[:1].upper() + why[1:])
        return "; ".join(self._did(turn)) or (_LOADED if turn.facts.warm_up else "No content in the answer")

    def tries(self, tries: Tries) -> Iterator[str]:
        """Yield a line for each kind of failure before a turn."""
        for why, group in groupby((one.facts for one in tries.failed), self.failure):
            found = list(group)
            times = offset(found[0].started, self._started)
            if len(found) > 1:
                times = f"{times} to {offset(found[-1].started, self._started)}"
            lines = _lines([one.line for one in found])
            before = f"{_tries(len(found)).capitalize()} before it"
            yield f"{before} ({times}, {lines} of the record): {self._style.text(why)}\n"

    def failure(self, facts: TurnFacts) -> str:
        """Return why a call failed: what the API said, or what became of the connection."""
        if facts.status is None:
            error = self._exchanges[facts.line].error
            return f"no answer: {error}" if error else "no answer"
        return f"{facts.status}: {facts.problem}" if facts.problem else f"status {facts.status}"

    def _did(self, turn: PlacedTurn) -> Iterator[str]:
        facts, style = turn.facts, self._style
        calls = [style.code(_call(call)) for call in facts.calls[:_CALLS]]
        more = facts.more_calls + len(facts.calls[_CALLS:])
        calls += [plural(more, "more call")] if more else []
        if calls:
            yield ", ".join(calls)
        elif facts.text:
            yield style.text(cut(facts.text))
        if facts.problem:
            yield f"{style.strong('error:')} {style.text(cut(facts.problem))}"
        if facts.incomplete and turn.purpose != WARM_UP:
            # The answer to a warm-up is meant to be cut.
            yield f"{style.strong('incomplete:')} {style.text(cut(facts.incomplete))}"
        if not facts.read and facts.complete:
            yield style.emphasis("(its body could not be read; see below)")
        if not facts.complete:
            yield style.strong("cut short")


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
