"""What a run comes down to, computed once for all writers: conversations, turn numbers, costs, time, hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from probe.analysis.cache import CacheUse, cache_uses
from probe.analysis.changes import Changes, RequestChanges
from probe.analysis.contexts import TurnContext, contexts_of
from probe.analysis.costs import Costs, costs_of
from probe.analysis.exchange_totals import ExchangeTotals, exchange_totals
from probe.analysis.groups import PlacedTurn, Session, Thread, group
from probe.analysis.hosts import Hosts, HostsBuilder
from probe.analysis.origins import InjectedTexts, Origins, context_of_items, injected_texts, origins_of
from probe.analysis.prices import Prices
from probe.analysis.retries import Tries, fold_retries
from probe.analysis.sent_items import sent_items
from probe.analysis.shortening import Shortening, shortenings
from probe.analysis.time_spent import TimeSpent, time_spent
from probe.analysis.tool_use import Results, ToolUse, tool_uses
from probe.record.manifest_fields import CoverageFacts
from probe.record.tunnels import Tunnel
from probe.trace.context import Sizes
from probe.trace.facts import TurnFacts
from probe.trace.trace import ExchangeFacts, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found in the trace of a run."""

    trace: Trace
    exchanges: Sequence[ExchangeFacts]
    """In the order in which they started."""
    exchange_totals: ExchangeTotals
    sessions: Sequence[Session]
    tries: Mapping[int, Sequence[Tries]]
    """The turns of each thread, by its number; failed tries are folded into the turn that they led to."""
    numbers: Mapping[int, int]
    """By index of the turn: the number that readers know it by. A failed try has that of the turn it led to."""
    before: Mapping[int, PlacedTurn | None]
    """By index of the turn: the one that its request goes on from, or is compared with; None for the first."""
    changes: Mapping[int, Changes]
    """By index of the turn: what is new in its request since the turn before."""
    contexts: Mapping[int, TurnContext]
    """By index of the turn."""
    item_contexts: Sequence[Sizes]
    """What the bytes of each item are, by its number."""
    origins: Origins
    results: Results
    tools: Sequence[ToolUse]
    cache: Mapping[int, CacheUse]
    """By index of the turn."""
    shortened: Mapping[int, Shortening]
    """By index of the first turn of the shorter conversation."""
    costs: Costs
    time: TimeSpent
    hosts: Hosts

    @property
    def started(self) -> float:
        """Return when the first request began, in epoch seconds."""
        return self.exchange_totals.started or 0.0

    @property
    def threads(self) -> list[Thread]:
        """Return the threads of all sessions, in their order."""
        return [thread for session in self.sessions for thread in session.threads]

    @property
    def injected(self) -> dict[str, InjectedTexts]:
        """Return what the agent's harness put among the user's words, by how it marks it."""
        return injected_texts(self.trace.items.known, self.origins)

    @property
    def turns(self) -> list[Tries]:
        """Return the turns of all threads in the order of their numbers."""
        return _ordered(self.tries)

    @property
    def work(self) -> list[PlacedTurn]:
        """Return the turns of the agent's own work, in the order in which they started; sub-agents report to it."""
        threads = (thread for thread in self.threads if not thread.is_sub_agent)
        turns = (turn for thread in threads for turn in thread.turns if not turn.is_side)
        return sorted(turns, key=lambda turn: turn.index)

    @property
    def final(self) -> PlacedTurn | None:
        """Return the turn with the final answer: the last of the work that said anything; None where none did."""
        return next((turn for turn in reversed(self.work) if turn.facts.text), None)


def findings_of(
    trace: Trace,
    prices: Prices,
    *,
    prompt: str | None = None,
    started: float | None = None,
    ended: float | None = None,
    tunnels: Iterable[Tunnel] = (),
    coverage: CoverageFacts | None = None,
    measured: bool = True,
) -> Findings:
    """Return what a trace comes down to.

    With a `prompt` the user said this one thing alone. `started` and `ended` say how long the agent ran, where that is
    known; `tunnels` are what bypassed the listeners, if they were watched (`coverage`). `measured` is False where the
    reported usage is that of other requests.
    """
    sums = exchange_totals(trace.exchanges)
    exchanges = sorted(trace.exchanges, key=lambda one: (one.started, one.line))
    sessions = group(trace.turns, trace.items.known, one_prompt=bool(prompt))
    threads = [thread for session in sessions for thread in session.threads]
    tries = {thread.number: tuple(fold_retries(thread.turns)) for thread in threads}
    before = _before(threads, tries)
    turns = [one.turn for one in _ordered(tries)]
    items, sent = trace.items.known, sent_items(turns, before)
    origins = origins_of(items, sent, threads, prompt)
    item_contexts = context_of_items(items, origins)
    requests, results = RequestChanges(items), Results(sent, items, threads)
    return Findings(
        trace=trace,
        exchanges=exchanges,
        exchange_totals=sums,
        sessions=sessions,
        tries=tries,
        numbers=_numbers(tries),
        before=before,
        changes={turn.index: requests.of(turn.facts, _facts(before[turn.index])) for turn in turns},
        contexts=contexts_of(sent, items, item_contexts, measured=measured),
        item_contexts=item_contexts,
        origins=origins,
        results=results,
        tools=tool_uses(sent, items, results),
        cache=cache_uses(threads, before, requests, items),
        shortened=shortenings(threads, items),
        costs=costs_of((turn for thread in threads for turn in thread.turns), prices),
        time=time_spent(sessions, started or sums.started or 0.0, ended or sums.ended or 0),
        hosts=_hosts(exchanges, tunnels, coverage),
    )


def _hosts(exchanges: Iterable[ExchangeFacts], tunnels: Iterable[Tunnel], coverage: CoverageFacts | None) -> Hosts:
    hosts = HostsBuilder()
    for exchange in exchanges:
        hosts.add(exchange)
    hosts.add_tunnels(tunnels)
    return hosts.hosts(coverage)


def _facts(turn: PlacedTurn | None) -> TurnFacts | None:
    return turn.facts if turn else None


def _ordered(tries: Mapping[int, Sequence[Tries]]) -> list[Tries]:
    """Return the turns of all threads in the order in which they started."""
    return sorted((one for found in tries.values() for one in found), key=lambda one: one.turn.index)


def _numbers(tries: Mapping[int, Sequence[Tries]]) -> dict[int, int]:
    """Number turns in the order in which they started; a failed try has the number of the turn that it led to."""
    numbers: dict[int, int] = {}
    for number, one in enumerate(_ordered(tries), 1):
        numbers.update(dict.fromkeys((one.turn.index, *(failed.index for failed in one.failed)), number))
    return numbers


def _before(threads: Sequence[Thread], tries: Mapping[int, Sequence[Tries]]) -> dict[int, PlacedTurn | None]:
    """Return the turn that each request goes on from, else the last of its thread; never a failed try of the same."""
    turns = {turn.index: turn for thread in threads for turn in thread.turns}
    last: dict[int, int] = {}
    for thread in threads:
        work = (turn.index for turn in thread.turns if not turn.is_side)
        last.update((after, before) for before, after in pairwise(work))
    found: dict[int, PlacedTurn | None] = {}
    for one in (one for of_thread in tries.values() for one in of_thread):
        first = one.failed[0] if one.failed else one.turn
        before = first.link.before
        if before is None and not first.is_side:
            before = last.get(first.index)
        found[one.turn.index] = turns[before] if before is not None else None
    return found
