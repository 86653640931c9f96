"""Write what the turns of a run were for, what they did, and what they took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from probe.analysis.groups import Placed, Session, Thread, group
from probe.analysis.prices import TOLD, Price, Prices
from probe.analysis.purpose import WARM_UP
from probe.analysis.totals import TOKENS, Total, totals
from probe.analysis.turns import TurnFacts
from probe.renderers.blocks import Usage
from probe.renderers.markdown.escape import code, inline
from probe.renderers.markdown.preview import cut
from probe.renderers.markdown.tables import plural, table

ROWS = 500
"""Turns that have a row of their own; what all of them took is in the totals."""
_CALLS = 6
"""Tools that a row names."""
_NAMES = ("input", "cache read", "cache write", "output", "reasoning", "total")
_MEANT = (
    "Input includes what was read from and written to the cache, output the reasoning; ? is what the API did not tell."
)
_REAL = "What a subscription, a discount or a local model really costs is not known here."
_SMALLEST = Decimal("0.0001")
_MISSING = "Costs: the price library is not installed (`uv sync --extra cost`, `pip install -e '.[cost]'`)."

_Rows = list[tuple[Placed, Price | None]]


def anchor(number: int) -> str:
    """Write the place that a turn's number links to: the exchange's heading."""
    return f'<a id="exchange-{number}"></a>\n\n'


def turn_section(turns: Sequence[TurnFacts], prices: Prices, started: float) -> str:
    """Write the turns by session and thread, and their totals; nothing where there are none."""
    if not turns:
        return ""
    sessions = group(turns)
    threads = [thread for session in sessions for thread in session.threads]
    priced = {id(placed): prices.of(placed.facts) for thread in threads for placed in thread.turns}
    rows = [(placed, priced[id(placed)]) for thread in threads for placed in thread.turns]
    costs = prices.installed or any(price for _, price in rows)
    writer = _Writer(costs, started)
    parts = [f"## Turns\n\n{_counts(rows, sessions)}"]
    room = ROWS
    for number, session in enumerate(sessions, 1):
        for thread in session.threads:
            if room > 0:
                shown = [(placed, priced[id(placed)]) for placed in thread.turns[:room]]
                parts.append(_heading(number, sessions, thread, threads) + writer.table(shown, thread))
                room -= len(shown)
    if len(rows) > ROWS:
        parts.append(f"{plural(len(rows) - ROWS, 'further turn')}: see the log below; the totals have all of them.\n")
    parts.append(f"### Totals\n\n{writer.totals(rows)}\n{_notes(rows, costs)}")
    return "\n".join(parts)


def _counts(rows: _Rows, sessions: Sequence[Session]) -> str:
    beside = sum(placed.beside for placed, _ in rows)
    threads = [thread for session in sessions for thread in session.threads]
    subs = sum(thread.is_sub_agent for thread in threads)
    said = [plural(len(rows) - beside, "turn")]
    said += [f"{plural(beside, 'request')} beside the work"] if beside else []
    groups = [plural(len(threads), "thread")] if len(threads) > 1 else []
    if len(threads) == 1 or any(session.id for session in sessions):
        # Without an id nobody knows whether several threads are of one session.
        groups.insert(0, plural(len(sessions), "session"))
    told = f"{' and '.join(said)} in {', '.join(groups)}"
    return told + (f" ({plural(subs, 'sub-agent')})" if subs else "") + ".\n"


def _heading(number: int, sessions: Sequence[Session], thread: Thread, threads: Sequence[Thread]) -> str:
    """Name a thread where there are several; the only one shows its id alone."""
    if len(threads) == 1:
        return f"Session {code(cut(thread.id))}\n\n" if thread.id else ""
    words = [f"Session {number}"] if len(sessions) > 1 else []
    words.append(f"Thread {thread.number}")
    if thread.is_sub_agent:
        words.append(f"sub-agent {code(cut(thread.agent))}" if thread.agent else "sub-agent")
        if thread.parent is not None:
            words[-1] += f" of thread {thread.parent}"
    return f"### {' · '.join(words)}\n\n" + (f"Id {code(cut(thread.id))}\n\n" if thread.id else "")


class _Writer:
    """Writes tables that have the same columns."""

    def __init__(self, costs: bool, started: float) -> None:
        self._costs = costs
        self._started = started

    def table(self, rows: _Rows, thread: Thread) -> str:
        """Write one thread's turns."""
        prompts = thread.prompts > 1
        names = ["turn", "start", "took", *(["prompt"] if prompts else []), "purpose", "model", *_NAMES]
        names += [*(["cost"] if self._costs else []), "what it did"]
        return table(names, (tuple(self._row(placed, price, prompts=prompts)) for placed, price in rows))

    def _row(self, placed: Placed, price: Price | None, *, prompts: bool) -> Iterator[str]:
        facts = placed.facts
        part = f".{facts.part}" if facts.part is not None else ""
        yield f"[{facts.number}{part}](#exchange-{facts.number})"
        yield f"+{facts.started - self._started:.1f}s"
        yield f"{facts.ended - facts.started:.1f}s" if facts.ended is not None else "no answer"
        if prompts:
            yield str(placed.prompt) if placed.prompt is not None else ""
        yield f"*{placed.purpose}*" if placed.beside else placed.purpose
        yield _model(facts.model)
        yield from _tokens(facts.usage)
        if self._costs:
            yield _price(price)
        yield _did(placed)

    def totals(self, rows: _Rows) -> str:
        """Write what all turns took, by model."""
        found = totals(rows)
        names = ["", "turns", *_NAMES, *(["cost"] if self._costs else [])]
        told = [
            (f"{_model(model)}{' *(beside)*' if beside else ''}", one) for (beside, model), one in found.models.items()
        ]
        sums = [("**the work**", found.work), ("**beside it**", found.beside)] if found.beside.turns else []
        return table(names, (tuple(self._total(name, one)) for name, one in [*told, *sums, ("**all**", found.all)]))

    def _total(self, name: str, total: Total) -> Iterator[str]:
        yield name
        yield f"{total.turns:,}"
        missing = f" ({total.without_usage:,} not told)" if total.without_usage else ""
        for field in TOKENS:
            yield _number(total.tokens.get(field)) + (missing if field == "total" else "")
        if self._costs:
            yield _cost_of(total)


def _model(name: str | None) -> str:
    return code(cut(name)) if name else "?"


def _tokens(usage: Usage | None) -> Iterable[str]:
    return (_number(getattr(usage, field, None)) for field in TOKENS)


def _number(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _price(price: Price | None) -> str:
    return "unknown" if price is None else _dollars(price.dollars, at_least=price.at_least)


def _cost_of(total: Total) -> str:
    if total.dollars is None:
        return "unknown"
    told = _dollars(total.dollars, at_least=total.at_least)
    return f"{told} + {total.unpriced:,} unknown" if total.unpriced else told


def _dollars(dollars: Decimal, *, at_least: bool) -> str:
    if 0 < dollars < _SMALLEST:
        return f"under \\${_SMALLEST}"
    # A dollar sign alone may begin a formula.
    return ("at least " if at_least else "") + f"\\${dollars:,.4f}"


def _did(placed: Placed) -> str:
    """Tell the tools that were called and the beginning of the text, or what went wrong."""
    facts = placed.facts
    calls = [code(cut(name)) + (f" ×{count}" if count > 1 else "") for name, count in facts.calls[:_CALLS]]
    more = facts.more_calls + sum(count for _, count in facts.calls[_CALLS:])
    calls += [f"{more:,} more"] if more else []
    parts = [", ".join(calls)] if calls else []
    parts += [inline(cut(facts.text))] if facts.text else []
    if facts.problem:
        parts.append(f"**error:** {inline(cut(facts.problem))}")
    if facts.incomplete and placed.purpose != WARM_UP:
        # The answer to a warm-up is meant to be cut.
        parts.append(f"**incomplete:** {inline(cut(facts.incomplete))}")
    if not facts.known:
        parts.append("*(its body was not rendered; see the log)*")
    elif facts.status is not None and facts.status >= 400 and not facts.problem:
        parts.append(f"**status {facts.status}**")
    if not facts.complete:
        parts.append("**cut short**")
    return "; ".join(parts)


def _notes(rows: _Rows, costs: bool) -> str:
    """Say how the numbers are meant."""
    notes = [_MEANT, *(_cost_notes(rows) if costs else [_MISSING])]
    return "\n\n".join(notes) + "\n"


def _cost_notes(rows: _Rows) -> Iterator[str]:
    prices = [price for _, price in rows if price]
    lists = sorted({price.source for price in prices if price.source != TOLD})
    said = [f"at list price of {', '.join(map(inline, lists))}, for tokens alone"] if lists else []
    said += ["as the API itself told it"] if len(lists) < len({price.source for price in prices}) else []
    if said:
        yield f"Cost: {'; '.join(said)}. {_REAL}"
    if len(prices) < len(rows):
        yield "Unknown: the API did not tell the tokens, or the price library does not know the model."
    if any(price.at_least for price in prices):
        yield "At least: what the cache keeps for an hour costs more than this version of the price library knows."
