"""Write `report.md` from a trace: what the run was for and what came of it first, then what is new in each turn."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from probe.analysis.exchange_totals import ExchangeTotals, exchange_totals
from probe.analysis.groups import Session, group
from probe.analysis.hosts import HostsBuilder
from probe.analysis.prices import Prices
from probe.analysis.retries import Tries, fold_retries
from probe.analysis.time_spent import time_spent
from probe.record.manifest_fields import CoverageFacts, ObserverChange
from probe.record.tunnels import Tunnel
from probe.renderers.loader import Renderer
from probe.report.markdown.actions import Actions
from probe.report.markdown.alike import Alike
from probe.report.markdown.escape import fence
from probe.report.markdown.exchange_texts import ExchangeTexts
from probe.report.markdown.full_log import FullLog
from probe.report.markdown.hosts import host_table, observer_changes
from probe.report.markdown.overview import Front, front, numbers, time_line
from probe.report.markdown.payload_structure import payload_structure
from probe.report.markdown.problems import no_call, problems_of
from probe.report.markdown.turn_log import TurnLog
from probe.report.markdown.turn_table import TurnTable
from probe.report.parts import Reading, read_record
from probe.trace.facts import TurnFacts
from probe.trace.trace import ExchangeFacts, Trace

_PROMPT = 1500
"""Characters of a prompt that the head of a report shows."""

_AFTER_THE_LOG = ("Totals", "Hosts", "Payload structure")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRun:
    """What is known of a run besides its record."""

    title: str
    source: str
    generated_at: datetime
    about: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    """What a reader should know of how it was recorded."""
    prompt: str | None = None
    replay_server: str | None = None
    """Host and port of what answered with a recorded run; None where the real upstreams answered."""
    tunnels: Iterable[Tunnel] = ()
    """What bypassed the listeners."""
    coverage: CoverageFacts | None = None
    """None for a file from elsewhere."""
    changes: Sequence[ObserverChange] = ()
    """In which ways recording changed the agent."""
    started: float | None = None
    """When the agent was started, in epoch seconds; None where only its exchanges are known."""
    ended: float | None = None
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report was written from."""

    exchange_totals: ExchangeTotals
    trace: Trace
    malformed: Sequence[int]
    """Number of each line that is no record."""
    problems: Sequence[str]
    """What is wrong, as plain text."""


def write_report(
    out: TextIO,
    record: Path,
    run: ReportedRun,
    *,
    renderer: Renderer,
    ids: Mapping[str, Sequence[str]] | None = None,
    prices: Prices | None = None,
    on_malformed: Callable[[int, str], None] = lambda number, reason: None,
    full: bool = False,
    jobs: int = 1,
) -> Reported:
    """Write the report of a `traffic.jsonl`; a line that is no record goes to `on_malformed` as well.

    `ids` says where the agent's own ids are (`probe.record.ids`); `full` writes every exchange with its headers and
    both bodies instead of what is new in each turn; `jobs` processes read the record.
    """
    malformed = array("Q")

    def skip(number: int, reason: str) -> None:
        malformed.append(number)
        on_malformed(number, reason)

    trace, texts = read_record(Reading(record=record, ids=ids or {}, full=full), renderer, skip, jobs)
    writer = _Writer(trace, texts, run, prices or Prices(installed=False), malformed)
    for part in writer.parts(full=full):
        out.write(part)
    texts.spool.close()
    return Reported(exchange_totals=writer.exchange_totals, trace=trace, malformed=malformed, problems=writer.problems)


class _Writer:
    """Puts a report together from a trace and the texts of its exchanges."""

    def __init__(
        self, trace: Trace, texts: ExchangeTexts, run: ReportedRun, prices: Prices, malformed: Sequence[int]
    ) -> None:
        self.exchange_totals = exchange_totals(trace.exchanges)
        self.problems = list(problems_of(self.exchange_totals, malformed, trace, live=run.live))
        self._trace, self._texts, self._run = trace, texts, run
        self._started = self.exchange_totals.started or 0.0
        self._exchanges = sorted(trace.exchanges, key=lambda one: (one.started, one.line))
        self._sessions: list[Session] = group(trace.turns, trace.items.known, one_prompt=bool(run.prompt))
        self._threads = [thread for session in self._sessions for thread in session.threads]
        self._tries = {thread.number: list(fold_retries(thread.turns)) for thread in self._threads}
        self._numbers = _numbers(tries for found in self._tries.values() for tries in found)
        self._actions = Actions({one.line: one for one in trace.exchanges}, self._started)
        self._table = TurnTable(self._sessions, self._tries, self._actions, prices, self._numbers, self._started)

    def parts(self, *, full: bool) -> Iterator[str]:
        """Yield the report, part by part."""
        run = self._run
        page = Front(
            title=run.title,
            source=run.source,
            about=run.about,
            notes=run.notes,
            generated_at=run.generated_at,
            totals=self.exchange_totals,
            problems=self.problems,
        )
        yield "\n".join(filter(None, [front(page, self._trace) + self._links(full=full), *self._head()]))
        if full:
            yield "\n## Conversation log\n"
            yield from (f"\n{entry}" for entry in self._full())
        else:
            if self._exchanges:
                yield "\n## Turns\n" if self._threads else "\n## Exchanges\n"
            yield from (f"\n{entry}" for entry in self._log())
        yield "\n" + "\n".join(filter(None, self._tail()))

    def _links(self, *, full: bool) -> str:
        """Return the facts that lead to the parts of a report."""
        log = "- Form: the full log, with every exchange whole\n" if full else ""
        if not self._threads:
            return log
        sections = ("What the agent did", "Final answer", "Conversation log" if full else "Turns", *_AFTER_THE_LOG)
        links = (f"[{name[0].lower()}{name[1:]}](#{name.lower().replace(' ', '-')})" for name in sections)
        return f"{log}- Go to: {', '.join(links)}\n"

    def _head(self) -> Iterator[str]:
        """Yield what the run was for, what the agent did, what came of it, and what that took."""
        if self._run.prompt:
            cut = len(self._run.prompt) > _PROMPT
            yield f"## Prompt\n\n{fence(self._run.prompt[:_PROMPT] + ('…' if cut else ''))}"
        if not self._threads:
            if self._exchanges:
                yield f"## What the agent did\n\n{no_call(self._exchanges)}"
            return
        spent = time_spent(
            self._sessions, self._run.started or self._started, self._run.ended or self.exchange_totals.ended or 0
        )
        is_replay = self._run.replay_server is not None
        yield f"{self._table.cost(is_replay=is_replay)}\n{time_line(spent, is_replay=is_replay)}"
        yield f"## What the agent did\n\n{self._table.actions()}"
        yield f"## Final answer\n\n{self._final_answer()}"

    def _final_answer(self) -> str:
        """Return the last text of the agent's own work, and where it is from; sub-agents report to it."""
        turns = [
            turn for thread in self._threads if not thread.is_sub_agent for turn in thread.turns if not turn.is_side
        ]
        turns.sort(key=lambda turn: turn.index)
        for turn in reversed(turns):
            text = self._texts.spool.get(("spoken", turn.facts.line, turn.facts.part))
            number = self._numbers[turn.index]
            if text and number != self._numbers[turns[-1].index]:
                return f"Said in [turn {number}](#turn-{number}); the turns after it said nothing.\n\n{fence(text)}"
            if text:
                return fence(text)
        return "None: the model said nothing.\n"

    def _tail(self) -> Iterator[str]:
        if self._threads:
            yield f"## Totals\n\n{self._table.totals()}"
        if self._exchanges:
            yield numbers(self.exchange_totals, self._run.replay_server)
        hosts = HostsBuilder()
        for exchange in self._exchanges:
            hosts.add(exchange)
        hosts.add_tunnels(self._run.tunnels)
        yield host_table(hosts.hosts(self._run.coverage))
        yield observer_changes(self._run.changes)
        if not self._exchanges:
            return
        requests, responses = self._trace.structures()
        yield payload_structure({"Requests": requests, "Responses": responses})

    def _full(self) -> Iterator[str]:
        turns: dict[int, list[TurnFacts]] = {}
        for turn in self._trace.turns:
            turns.setdefault(turn.line, []).append(turn)
        anchors: dict[int, str] = {}
        for tries in (tries for found in self._tries.values() for tries in found):
            # The rows of turns link to them.
            anchor = f'<a id="turn-{self._numbers[tries.turn.index]}"></a>\n\n'
            anchors[tries.turn.facts.line] = anchors.get(tries.turn.facts.line, "") + anchor
        entries = FullLog(self._texts, self._started).entries(self._exchanges, turns)
        return (anchors.get(one.line, "") + entry for one, entry in zip(self._exchanges, entries, strict=True))

    def _log(self) -> Iterator[str]:
        """Yield turns and side exchanges in the order in which they started."""
        log = TurnLog(self._texts, self._trace.items.known, self._actions, self._numbers, self._threads, self._started)
        exchanges = {one.line: one for one in self._exchanges}
        entries: list[tuple[float, int, int, Tries | ExchangeFacts]] = [
            (tries.turn.facts.started, tries.turn.facts.line, tries.turn.facts.part or 0, tries)
            for found in self._tries.values()
            for tries in found
        ]
        # A WebSocket is closed behind its turns.
        entries += [
            (one.ended if one.turns else one.started, one.line, one.turns + 1, one)
            for one in self._exchanges
            if one.turns == 0 or one.websocket_messages
        ]
        alike = Alike()
        for _, line, _, entry in sorted(entries, key=lambda entry: entry[:3]):
            if isinstance(entry, Tries):
                yield log.turn(entry, exchanges[line])
            elif not alike.add(entry):
                yield log.side(entry)
        yield from alike.left_out()


def _numbers(tries: Iterable[Tries]) -> dict[int, int]:
    """Number turns in the order in which they started; a failed try has the number of the turn that it led to."""
    numbers: dict[int, int] = {}
    for number, one in enumerate(sorted(tries, key=lambda one: one.turn.index), 1):
        numbers.update(dict.fromkeys((one.turn.index, *(failed.index for failed in one.failed)), number))
    return numbers
