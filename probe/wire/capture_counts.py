"""Counting what a recording holds, beside what its proxies say that they saw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from probe.record.files import is_plain
from probe.record.problem import Problem, ProblemKind
from probe.record.reader import read_exchanges
from probe.renderers.loader import Renderer

_LISTED = 20
"""Lines that are no records are told one by one so far."""


class Tally(NamedTuple):
    """What the exchanges of a recording come to."""

    counts: dict[str, int]
    """As the manifest has them."""
    problems: list[Problem]
    """What is wrong with the record."""
    notes: list[str]
    """What was refused: it is on the record, and nothing of the agent's is missing."""


def tally(traffic: Path, renderer: Renderer, told: Mapping[str, Any]) -> Tally:
    """Count the exchanges on the disk.

    `told` is what the proxies said when they stopped; empty when they could not say anything.
    """
    written = cut_short = lost = messages = 0
    unanswered: list[str] = []
    refused: list[str] = []
    malformed: list[tuple[int, str]] = []
    exchanges = read_exchanges(traffic, lambda line, why: malformed.append((line, why)))
    for exchange in exchanges if is_plain(traffic) else ():
        written += 1
        cut_short += not renderer.is_complete(exchange)
        if exchange.refused:
            refused.append(exchange.error or "")
        elif exchange.response is None:
            unanswered.append(exchange.error or "no answer came")
        lost += exchange.request.lost + (exchange.response.lost if exchange.response else 0)
        if exchange.websocket:
            messages += len(exchange.websocket.messages)
            lost += exchange.websocket.lost
    problems = [Problem(ProblemKind.MALFORMED, f"line {line} is no record: {why}") for line, why in malformed[:_LISTED]]

    def problem(kind: ProblemKind, text: str) -> None:
        problems.append(Problem(kind, text))

    if len(malformed) > _LISTED:
        problem(ProblemKind.MALFORMED, f"{len(malformed) - _LISTED:,} more lines are no records")
    if traffic.is_symlink() or (traffic.exists() and not is_plain(traffic)):
        problem(ProblemKind.REPLACED, f"{traffic} is no file of ours any more: something was put in its place")
    seen = int(told.get("seen", written))
    if seen > written:
        text = f"{seen - written} of {seen} exchanges could not be written: {told.get('failure')}"
        problem(ProblemKind.LOST, text)
    if lost:
        problem(ProblemKind.LOST, f"{lost} bytes or messages could not be kept (is the disk full?)")
    if unanswered:
        text = f"{len(unanswered)} of {written} exchanges got no answer, the first because: {unanswered[0]}"
        problem(ProblemKind.UNANSWERED, text)
    if (others := cut_short - len(unanswered) - len(refused)) > 0:
        problem(ProblemKind.CUT_SHORT, f"{others} of {written} exchanges were cut short")
    counts = {"seen": seen, "written": written, "refused": len(refused), "cut_short": cut_short}
    text = f"{len(refused)} of {written} requests were refused, the first because: {refused[0]}" if refused else ""
    return Tally(counts | {"websocket_messages": messages}, problems, [text] if text else [])


def in_a_line(counts: Mapping[str, int]) -> str:
    """Say what was recorded, in a line."""
    written, cut_short = counts["written"], counts["cut_short"]
    text = f"captured {written} exchange{'' if written == 1 else 's'}"
    messages = counts["websocket_messages"]
    text += f" with {messages} WebSocket messages" if messages else ""
    return text + (f", {cut_short} cut short" if cut_short else "")
