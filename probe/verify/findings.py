"""What a check of a run found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from probe.analysis.hosts import HostsBuilder
from probe.record.early_ends import FaultedEnds, left_by_agent
from probe.record.integrity import exchange_problems
from probe.record.leaks import LeakSearch
from probe.replay.self_match import SelfMatch
from probe.slots.slots import Slots
from probe.trace.trace import exchange_facts
from probe.trace.turns import Traced
from probe.witness.by_request import Requested


@dataclass(slots=True)
class Findings:
    """What was checked and what was found."""

    strict: bool = False
    """Whether an exchange that the agent itself left before the end is a problem too."""
    keeps_secrets: bool = False
    """The run was recorded with --keep-secrets: they are in it on request."""
    faulted: FaultedEnds = field(default_factory=lambda: FaultedEnds(0))
    """The exchanges that a replay's --fault cut short."""
    leaks: LeakSearch = field(default_factory=lambda: LeakSearch({}))
    exchanges: int = 0
    cut_short: int = 0
    bodies: int = 0
    messages: int = 0
    redacted: list[str] = field(default_factory=list)
    """Places that cannot be compared with the wire, since a credential was there."""
    problems: dict[str, list[str]] = field(default_factory=dict)
    """By check: what is wrong, a line each."""
    requested: Requested | None = None
    """None where there is no plain file of a record."""
    replay: SelfMatch = field(default_factory=lambda: SelfMatch(Slots()))
    hosts: HostsBuilder = field(default_factory=HostsBuilder)
    _ids: Counter[str] = field(default_factory=Counter)

    def problem(self, check: str, text: str) -> None:
        """Add a problem."""
        self.problems.setdefault(check, []).append(text)

    def add(self, traced: Traced, source: Path) -> None:
        """Check one exchange of a file."""
        exchange = traced.exchange
        where = f"line {exchange.seq}"
        self.exchanges += 1
        if not traced.complete:
            self.cut_short += 1
            if self.strict or not (exchange.refused or left_by_agent(exchange) or self.faulted.take()):
                self.problem("ends", f"{where}: {exchange.error or 'the answer has no end'}")
        self._ids[exchange.id or ""] += 1
        self.hosts.add(exchange_facts(traced))
        for text in exchange_problems(exchange, source):
            self.problem("bodies", f"{where}: {text}")
        if not self.keeps_secrets:
            for text in self.leaks.in_exchange(exchange, source):
                self.problem("secrets", f"{where}: {text}")
        for name, payload in (("request", exchange.request), ("response", exchange.response)):
            if payload:
                self.bodies += 1
                self._redacted(f"{where}, {name} body", payload.redactions)
        for number, message in enumerate(exchange.websocket.messages if exchange.websocket else (), 1):
            self.messages += 1
            self._redacted(f"{where}, WebSocket message {number}", message.redactions)

    def _redacted(self, where: str, places: int) -> None:
        if places:
            self.redacted.append(f"{where}: {places} place{'' if places == 1 else 's'}")

    def check_ids(self) -> None:
        """Check that no exchange is without an id, or on the record twice."""
        for name, count in self._ids.items():
            if not name:
                self.problem("ids", f"{count} exchanges have no id")
            elif count > 1:
                self.problem("ids", f"exchange {name} is on the record {count} times")
