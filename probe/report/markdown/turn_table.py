"""Write what the turns of a run were for, what they did and what they took: a row each, and the totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from probe.analysis.groups import PlacedTurn, Session, Thread
from probe.analysis.prices import OWN, REPORTED, Price, Prices
from probe.analysis.purpose import WARM_UP
from probe.analysis.totals import TOKENS, Total, totals
from probe.renderers.blocks import Usage
from probe.report.markdown.escape import code, inline
from probe.report.markdown.preview import cut
from probe.report.markdown.retries import Tries, fold_retries
from probe.report.markdown.tables import plural, table

ROWS = 500
"""Turns that have a row of their own; all of them are in the totals."""
_CALLS = 6
"""Tool calls that a row names."""
_NAMES = ("input", "cache read", "cache write", "output", "reasoning", "total")
_MEANING = "Input includes cache reads and writes, output includes reasoning; ? means that the API did not report it."
_SMALLEST = Decimal("0.0001")


class TurnTable:
    """Writes the turns of all sessions."""

    def __init__(self, sessions: Sequence[Session], prices: Prices, numbers: Mapping[int, int], started: float) -> None:
        self._sessions, self._numbers, self._started = sessions, numbers, started
        self._threads = [thread for session in sessions for thread in session.threads]
        self._rows = [(turn, prices.of(turn.facts)) for thread in self._threads for turn in thread.turns]
        self._price = {turn.index: price for turn, price in self._rows}
        self._prices = prices

    def actions(self) -> str:
        """Write a row for each turn, by session and thread."""
        parts = [self._counts()]
        room = ROWS
        for number, session in enumerate(self._sessions, 1):
            for thread in session.threads:
                rows = list(fold_retries(thread.turns))[: max(room, 0)]
                if rows:
                    parts.append(self._heading(number, thread) + self._table(rows, thread))
                room -= len(rows)
        left = len(self._rows) - ROWS
        if left > 0:
            parts.append(f"{plural(left, 'further turn')}: see below; the totals have all of them.\n")
        return "\n".join(parts)

    def cost(self) -> str:
        """Write what the run cost in one line, with the reason where that is not known."""
        total = totals(self._rows).all
        reasons = self._prices.reasons(turn.facts for turn, price in self._rows if price is None)
        why = f" ({'; '.join(map(inline, reasons))})" if reasons else ""
        tokens = ", ".join(
            f"{_number(total.tokens.get(name))} {name.replace('_', ' ')}" for name in ("input", "cache_read", "output")
        )
        return f"**Cost:** {_cost_of(total)}{why} · **Tokens:** {tokens}\n"

    def totals(self) -> str:
        """Write what all turns took, by model."""
        found = totals(self._rows)
        names = ["", "turns", *_NAMES, "cost"]
        rows = [(f"{_model(model)}{' *(side)*' if side else ''}", one) for (side, model), one in found.models.items()]
        sums = [("**the work**", found.work), ("**side requests**", found.side)] if found.side.turns else []
        shown = table(names, (tuple(_total(name, one)) for name, one in [*rows, *sums, ("**all**", found.all)]))
        return f"{shown}\n{_MEANING}\n{self._sources()}"

    def _counts(self) -> str:
        side = sum(turn.is_side for turn, _ in self._rows)
        subs = sum(thread.is_sub_agent for thread in self._threads)
        counted = [plural(len(self._rows) - side, "turn")]
        counted += [plural(side, "side request")] if side else []
        groups = [plural(len(self._threads), "thread")] if len(self._threads) > 1 else []
        if len(self._threads) == 1 or any(session.id for session in self._sessions):
            # Without an id nobody knows whether several threads are of one session.
            groups.insert(0, plural(len(self._sessions), "session"))
        text = f"{' and '.join(counted)} in {', '.join(groups)}"
        return text + (f" ({plural(subs, 'sub-agent')})" if subs else "") + ".\n"

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
        names = ["turn", "start", "took", "first token", *(["prompt"] if prompts else []), "purpose", "model"]
        names += [*_NAMES, "cost", "what it did"]
        return table(names, (tuple(self._row(tries, prompts=prompts)) for tries in rows))

    def _row(self, tries: Tries, *, prompts: bool) -> Iterator[str]:
        turn, facts = tries.turn, tries.turn.facts
        number = self._numbers[turn.index]
        yield f"[{number}](#turn-{number})"
        yield f"+{facts.started - self._started:.1f}s"
        yield f"{facts.ended - facts.started:.1f}s" if facts.ended is not None else "no answer"
        yield f"{facts.first_part - facts.started:.1f}s" if facts.first_part is not None else ""
        if prompts:
            yield str(turn.prompt) if turn.prompt is not None else ""
        yield f"*{turn.purpose}*" if turn.is_side else turn.purpose
        yield _model(facts.model)
        yield from _tokens(facts.usage)
        yield _cost(self._price[turn.index])
        yield "; ".join([*_tries(tries), *_did(turn)])

    def _sources(self) -> str:
        prices = [price for _, price in self._rows if price]
        lists = sorted({price.source for price in prices} - {REPORTED, OWN})
        parts = [f"at list price of {', '.join(map(inline, lists))}, for tokens alone"] if lists else []
        parts += ["at your own prices (PROBE_PRICES)"] if any(price.source == OWN for price in prices) else []
        parts += ["as the API reported it"] if any(price.source == REPORTED for price in prices) else []
        notes = [f"Cost: {'; '.join(parts)}. Subscriptions and discounts are not known here."] if parts else []
        if any(price.at_least for price in prices):
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


def _tokens(usage: Usage | None) -> Iterable[str]:
    return (_number(getattr(usage, field, None)) for field in TOKENS)


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


def _tries(tries: Tries) -> list[str]:
    """Return how the tries before a turn failed."""
    if not tries.failed:
        return []
    kinds = dict.fromkeys("no answer" if one.facts.status is None else str(one.facts.status) for one in tries.failed)
    count = "1 failed try" if len(tries.failed) == 1 else f"{len(tries.failed):,} failed tries"
    return [f"**after {count}:** {', '.join(kinds)}"]


def _did(turn: PlacedTurn) -> list[str]:
    """Return the tools that were called with their arguments, the beginning of the text, and what went wrong."""
    facts = turn.facts
    calls = [
        code(cut(f"{call.name}: {call.argument}" if call.argument else call.name)) for call in facts.calls[:_CALLS]
    ]
    more = facts.more_calls + len(facts.calls[_CALLS:])
    calls += [f"{more:,} more"] if more else []
    parts = [", ".join(calls)] if calls else []
    parts += [inline(cut(facts.text))] if facts.text and not calls else []
    if facts.problem:
        parts.append(f"**error:** {inline(cut(facts.problem))}")
    if facts.incomplete and turn.purpose != WARM_UP:
        # The answer to a warm-up is meant to be cut.
        parts.append(f"**incomplete:** {inline(cut(facts.incomplete))}")
    if not facts.read:
        parts.append("*(its body could not be read; see below)*")
    elif facts.status is not None and facts.status >= 400 and not facts.problem:
        parts.append(f"**status {facts.status}**")
    if not facts.complete:
        parts.append("**cut short**")
    return parts
