"""Write what the turns of a run were for, what they did and what they took: a row each, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from probe.analysis.findings import Findings
from probe.analysis.groups import Thread
from probe.analysis.prices import OWN, REPORTED, Price
from probe.analysis.retries import Tries
from probe.analysis.totals import TOKENS, Total
from probe.report.actions import Actions
from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import RECORDED_ANSWERS, offset, plural, seconds
from probe.report.preview import cut

ROWS = 500
"""Turns that have a row of their own; all of them are in the totals."""
_NAMES = ("input", "cache read", "cache write", "output", "reasoning", "total")
_ALWAYS = ("input", "output")
_MEANING = "Input includes cache reads and writes, output includes reasoning; ? means that the API did not report it."
_SMALLEST = Decimal("0.0001")


class TurnTable:
    """Writes the turns of all sessions."""

    def __init__(self, found: Findings, actions: Actions, *, is_replay: bool = False) -> None:
        self._is_replay = is_replay
        self._sessions, self._threads, self._tries = found.sessions, found.threads, found.tries
        self._numbers, self._started, self._actions = found.numbers, found.started, actions
        self._costs = found.costs
        self._known = found.costs.known
        facts = [turn.facts for thread in self._threads for turn in thread.turns]
        self._models = list(dict.fromkeys(one.model for one in facts))
        usages = [one.usage for one in facts if one.usage]
        self._fields = [
            name for name in TOKENS[:-1] if name in _ALWAYS or any(getattr(usage, name) for usage in usages)
        ]
        """Tokens that have a column: those that some turn reported."""

    def actions(self) -> str:
        """Write a row for each turn, by session and thread."""
        parts = [self._counts()]
        room = ROWS
        for number, session in enumerate(self._sessions, 1):
            for thread in session.threads:
                rows = self._tries[thread.number][: max(room, 0)]
                if rows:
                    parts.append(self._heading(number, thread) + self._table(rows, thread))
                room -= len(rows)
        left = sum(map(len, self._tries.values())) - ROWS
        if left > 0:
            parts.append(f"{plural(left, 'further turn')}: see below; the totals have all of them.\n")
        return "\n".join(parts)

    def cost(self) -> str:
        """Write what the run cost in one line, with the reason where that is not known."""
        total = self._costs.totals.all
        cost = self._cost_of_replay(total) if self._is_replay else self._cost(total)
        tokens = ", ".join(
            f"{_number(total.tokens.get(name))} {name.replace('_', ' ')}" for name in ("input", "cache_read", "output")
        )
        of_what = " of the recording" if self._is_replay else ""
        return f"**Cost:** {cost} · **Tokens{of_what}:** {tokens if total.tokens else 'none reported'}\n"

    def _cost_of_replay(self, total: Total) -> str:
        return RECORDED_ANSWERS + (f" (their price: {_cost_of(total)})" if self._known else "")

    def _cost(self, total: Total) -> str:
        known = "unknown" if total.dollars is None else _dollars(total.dollars, at_least=total.at_least)
        if total.dollars is not None and self._costs.unpriced:
            known += f" + {plural(self._costs.unpriced, 'turn')} unknown"
        why = f" ({'; '.join(map(inline, self._costs.reasons))})" if self._costs.reasons else ""
        return f"{known}{why}"

    def totals(self) -> str:
        """Write what all turns took, by model."""
        found = self._costs.totals
        names = ["", "calls", *_NAMES, "cost"]
        rows = [(f"{_model(model)}{' *(side)*' if side else ''}", one) for (side, model), one in found.models.items()]
        sums = [("**the work**", found.work), ("**side requests**", found.side)] if found.side.turns else []
        shown = table(names, (tuple(_total(name, one)) for name, one in [*rows, *sums, ("**all**", found.all)]))
        return f"{shown}\n{_MEANING}\n{self._sources()}"

    def _counts(self) -> str:
        rows = [tries for thread in self._threads for tries in self._tries[thread.number]]
        side = sum(tries.turn.is_side for tries in rows)
        failed = sum(len(tries.failed) for tries in rows)
        subs = sum(thread.is_sub_agent for thread in self._threads)
        counted = [plural(len(rows) - side, "turn")]
        counted += [plural(side, "side request")] if side else []
        counted += ["1 failed try" if failed == 1 else f"{failed:,} failed tries"] if failed else []
        groups = [plural(len(self._threads), "thread")] if len(self._threads) > 1 else []
        if len(self._threads) == 1 or any(session.id for session in self._sessions):
            # Without an id nobody knows whether several threads are of one session.
            groups.insert(0, plural(len(self._sessions), "session"))
        model = f" with {_model(self._models[0])}" if len(self._models) == 1 else ""
        calls = f"{plural(len(rows) + failed, 'call')} of the model: " if len(counted) > 1 else ""
        text = f"{calls}{_and(counted)}{model} in {', '.join(groups)}"
        return text + (f" ({plural(subs, 'sub-agent')})" if subs else "") + "." + self._of_recording() + "\n"

    def _of_recording(self) -> str:
        return " Tokens are those of the recorded calls." if self._is_replay else ""

    def _heading(self, number: int, thread: Thread) -> str:
        """Name a thread where there are several; the only one shows its id alone."""
        if len(self._threads) == 1:
            return f"Session {code(cut(thread.id))}\n\n" if thread.id else ""
        words = [f"Session {number}"] if len(self._sessions) > 1 else []
        words.append(f"Thread {thread.number}")
        if thread.is_sub_agent:
            words.append(f"sub-agent {code(cut(thread.agent))}" if thread.agent else "sub-agent")
            if thread.parent is not None:
                words[-1] += f" of thread {thread.parent}"
        return f"### {' · '.join(words)}\n\n" + (f"Id {code(cut(thread.id))}\n\n" if thread.id else "")

    def _table(self, rows: Sequence[Tries], thread: Thread) -> str:
        prompts = thread.prompts > 1
        names = ["turn", "what it did", *(["prompt"] if prompts else []), "start", "took", "first token"]
        names += [*(["model"] if len(self._models) > 1 else []), *(name.replace("_", " ") for name in self._fields)]
        return table(
            [*names, *(["cost"] if self._known else [])], (tuple(self._row(tries, prompts=prompts)) for tries in rows)
        )

    def _row(self, tries: Tries, *, prompts: bool) -> Iterator[str]:
        turn, facts = tries.turn, tries.turn.facts
        number = self._numbers[turn.index]
        yield f"[{number}](#turn-{number})"
        yield ": ".join(filter(None, (f"*{turn.purpose}*" if turn.is_side else "", self._actions.row(tries))))
        if prompts:
            yield str(turn.prompt) if turn.prompt is not None else ""
        yield offset(facts.started, self._started)
        yield seconds(facts.ended - facts.started) if facts.ended is not None else "no answer"
        yield seconds(facts.first_part - facts.started) if facts.first_part is not None else ""
        if len(self._models) > 1:
            yield _model(facts.model)
        yield from (_number(getattr(facts.usage, field, None)) for field in self._fields)
        if self._known:
            yield _cost(self._costs.prices[turn.index])

    def _sources(self) -> str:
        lists, sources = self._costs.lists, self._costs.sources
        parts = [f"at list price of {', '.join(map(inline, lists))}, for tokens alone"] if lists else []
        parts += ["at your own prices (PROBE_PRICES)"] if OWN in sources else []
        parts += ["as the API reported it"] if REPORTED in sources else []
        notes = [f"Cost: {'; '.join(parts)}. Subscriptions and discounts are not known here."] if parts else []
        if self._costs.totals.all.at_least:
            notes.append("At least: a part of it costs more than this version of the price library knows.")
        return "".join(f"\n{note}\n" for note in notes)


def _total(name: str, total: Total) -> Iterator[str]:
    yield name
    yield f"{total.turns:,}"
    missing = f" ({total.without_usage:,} not reported)" if total.without_usage else ""
    for field in TOKENS:
        yield _number(total.tokens.get(field)) + (missing if field == "total" else "")
    yield _cost_of(total)


def _model(name: str | None) -> str:
    return code(cut(name)) if name else "?"


def _number(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _cost(price: Price | None) -> str:
    return "unknown" if price is None else _dollars(price.dollars, at_least=price.at_least)


def _cost_of(total: Total) -> str:
    if total.dollars is None:
        return "unknown"
    known = _dollars(total.dollars, at_least=total.at_least)
    return f"{known} + {plural(total.unpriced, 'turn')} unknown" if total.unpriced else known


def _dollars(dollars: Decimal, *, at_least: bool) -> str:
    if 0 < dollars < _SMALLEST:
        return f"under \\${_SMALLEST}"
    # A dollar sign alone may begin a formula.
    return ("at least " if at_least else "") + f"\\${dollars:,.4f}"


def _and(parts: Sequence[str]) -> str:
    """Join words as a sentence does."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
