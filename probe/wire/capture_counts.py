"""Count what a recording holds, and compare it with what its proxies saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from probe.record.early_ends import FaultedEnds, left_by_agent
from probe.record.exchange import Exchange
from probe.record.files import is_plain
from probe.record.open_record import record_file
from probe.record.problem import Problem, ProblemKind
from probe.record.reader import read_unread
from probe.renderers.loader import Renderer
from probe.trace.exchanges import ExchangeReader

_LISTED = 20
"""Lines that are not records are listed one by one up to this number."""


class Tally(NamedTuple):
    """The counts of a recording."""

    counts: dict[str, int]
    """In the manifest's form."""
    problems: list[Problem]
    """What is wrong with the record."""
    notes: list[str]
    """Refused requests, and exchanges that the agent left: nothing of the agent's is missing."""


class _Counter:
    """Counts the exchanges of a run."""

    def __init__(self, faults: Sequence[str], hits: int) -> None:
        self._faults, self._faulted = faults, FaultedEnds(hits)
        self.written = self.messages = self.lost = self.left = self.cut_short = 0
        self.unanswered: list[str] = []
        self.cut: list[str] = []
        self.refused: list[str] = []
        """The reasons of exchanges without an answer, cut short or refused, except those that the agent left."""

    def add(self, exchange: Exchange, *, complete: bool) -> None:
        """Count an exchange."""
        self.written += 1
        self.cut_short += not complete
        self.lost += exchange.request.lost + (exchange.response.lost if exchange.response else 0)
        if exchange.websocket:
            self.messages += len(exchange.websocket.messages)
            self.lost += exchange.websocket.lost
        if exchange.refused:
            self.refused.append(exchange.error or "")
        elif complete:
            return
        elif left_by_agent(exchange):
            self.left += 1
        elif self._faulted.take():
            return
        elif exchange.response is None:
            self.unanswered.append(exchange.error or "no answer came")
        else:
            self.cut.append(exchange.error or "the upstream ended the answer before the end that its API defines")

    def problems(self) -> Iterator[Problem]:
        """Yield what was lost or cut short."""
        if self.lost:
            yield Problem(ProblemKind.LOST, f"{self.lost} bytes or messages could not be kept (is the disk full?)")
        for kind, what, reasons in (
            (ProblemKind.UNANSWERED, "got no answer", self.unanswered),
            (ProblemKind.CUT_SHORT, "were cut short", self.cut),
        ):
            if reasons:
                text = f"{len(reasons)} of {self.written} exchanges {what}, the first because: {reasons[0]}"
                yield Problem(kind, text)

    def notes(self) -> Iterator[str]:
        """Yield facts that need no action."""
        if self.left:
            yield f"the agent left {self.left} of {self.written} exchanges before the end"
        if self._faulted.count:
            asked = ", ".join(f"--fault '{fault}'" for fault in self._faults)
            yield f"{self._faulted.count} of {self.written} exchanges cut by {asked}"
        if self.refused:
            of = f"{len(self.refused)} of {self.written} requests were refused"
            yield f"{of}, the first because: {self.refused[0]}"


def tally(
    traffic: Path, renderer: Renderer, reported: Mapping[str, Any], faults: Sequence[str] = (), hits: int = 0
) -> Tally:
    """Count the exchanges on the disk.

    `reported` is what the proxies reported when they stopped; empty when they could not report anything. `faults` are
    those of a replay, and `hits` how often one was in an answer: an exchange that it cut short is no problem.
    """
    found = _Counter(faults, hits)
    malformed: list[tuple[int, str]] = []
    reader = ExchangeReader(renderer, structured=False)
    exchanges = read_unread(traffic, lambda line, why: malformed.append((line, why)))
    for exchange in exchanges if is_plain(record_file(traffic)) else ():
        found.add(exchange, complete=reader.read(exchange).complete)
        reader.items.take_new()
    problems = [
        Problem(ProblemKind.MALFORMED, f"line {line} is not a record: {why}") for line, why in malformed[:_LISTED]
    ]

    def problem(kind: ProblemKind, text: str) -> None:
        problems.append(Problem(kind, text))

    if len(malformed) > _LISTED:
        problem(ProblemKind.MALFORMED, f"{len(malformed) - _LISTED:,} more lines are not records")
    if traffic.is_symlink() or (traffic.exists() and not is_plain(traffic)):
        problem(ProblemKind.REPLACED, f"{traffic} is not the recorded file: something has replaced it")
    seen = int(reported.get("seen", found.written))
    if seen > found.written:
        text = f"{seen - found.written} of {seen} exchanges could not be written: {reported.get('failure')}"
        problem(ProblemKind.LOST, text)
    problems += found.problems()
    counts = {
        "seen": seen,
        "written": found.written,
        "refused": len(found.refused),
        "cut_short": found.cut_short,
        "websocket_messages": found.messages,
    }
    return Tally(counts, problems, list(found.notes()))


def in_a_line(counts: Mapping[str, int]) -> str:
    """Return one line about what was recorded."""
    written, cut_short = counts["written"], counts["cut_short"]
    text = f"captured {written} exchange{'' if written == 1 else 's'}"
    messages = counts["websocket_messages"]
    text += f" with {messages} WebSocket messages" if messages else ""
    return text + (f", {cut_short} cut short" if cut_short else "")
