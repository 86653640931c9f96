"""The rows of a run's tables; their numbers are those of its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from probe.analysis.groups import PlacedTurn
from probe.exports.reading import ReadRun
from probe.exports.times import microseconds
from probe.record.manifest import project_version
from probe.record.runs import Run
from probe.renderers.blocks import Usage
from probe.report.summary_run import Tokens
from probe.trace.turns import Traced

Row = Mapping[str, Any]
_TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning", "total")
_OF_RUN = ("target", "name", "agent", "prompt", "replay_of", "agent_exit_code")
_OF_EXCHANGE = (
    *("line", "id", "listener", "method", "url", "status", "complete", "error", "sent", "received", "turns"),
    *("websocket_messages", "redactions"),
)
_OF_TURN = (
    *("line", "part", "listener", "path", "api", "status", "complete", "model", "answered_by", "response_id"),
    *("stop_word", "problem"),
)


def event_rows(run: Run, traced: Traced) -> Iterator[Row]:
    """Yield the events of the answers in an exchange."""
    key = _key(run)
    for turn in traced.turns:
        for event in turn.events:
            yield {
                "run": key,
                "line": traced.exchange.seq,
                "part": turn.part,
                "event": event.number,
                "pieces": event.pieces,
                "kind": event.kind,
                "arrived": _time(turn.event_time(event.number)),
            }


class Rows:
    """Makes the rows of all other tables."""

    def __init__(self, found: ReadRun) -> None:
        self._found, self._findings, self._summary = found, found.findings, found.summary
        self._run = _key(found.run)
        self._turns = {turn.index: turn for thread in found.findings.threads for turn in thread.turns}
        self._sessions = {
            thread.number: (number, session.id)
            for number, session in enumerate(found.findings.sessions, 1)
            for thread in session.threads
        }

    def runs(self) -> Iterator[Row]:
        """Yield the run."""
        run, counts = self._summary.run, msgspec.structs.asdict(self._summary.counts)
        yield {
            "run": self._run,
            **{name: getattr(run, name) for name in _OF_RUN},
            "started": _time(run.started),
            "ended": _time(run.ended),
            **counts,
            **_tokens(self._summary.tokens),
            "dollars": self._summary.cost.dollars,
            "record_sha256": self._summary.proof.traffic_sha256,
            "agent_probe": project_version(),
        }

    def exchanges(self) -> Iterator[Row]:
        """Yield the exchanges, in the order in which they started."""
        for one in self._summary.exchanges:
            line = self._found.pointers.lines[one.line]
            yield {
                "run": self._run,
                **{name: getattr(one, name) for name in _OF_EXCHANGE},
                "started": _time(one.started),
                "ended": _time(one.ended),
                **msgspec.structs.asdict(line),
            }

    def turns(self) -> Iterator[Row]:
        """Yield the calls of the model, in the order of their numbers, each after its failed tries."""
        for thread, turn, failed in self._found.placed():
            number, session = self._sessions[thread.number]
            yield {
                "run": self._run,
                "turn": self._findings.numbers[turn.index],
                "failed_try": failed,
                "thread": thread.number,
                "thread_id": thread.id,
                "parent_thread": thread.parent,
                "session": number,
                "session_id": session,
                "purpose": turn.purpose,
                "is_side": turn.is_side,
                "prompt": turn.prompt,
                **self._facts(turn),
                **self._place(turn),
            }

    def _facts(self, turn: PlacedTurn) -> Row:
        facts, price = turn.facts, self._findings.costs.prices[turn.index]
        return {
            **{name: getattr(facts, name) for name in _OF_TURN},
            "transport": "websocket" if facts.websocket else "http",
            "started": _time(facts.started),
            "first_token": _time(facts.first_part),
            "ended": _time(facts.ended),
            "stop": facts.stop.value if facts.stop else None,
            "tool_calls": len(facts.calls) + facts.more_calls,
            **_tokens(facts.usage),
            "dollars": float(price.dollars) if price else None,
            "items": facts.items.tolist(),
        }

    def _place(self, turn: PlacedTurn) -> Row:
        bodies = self._found.pointers.turns[turn.facts.line, turn.facts.part]
        line = self._found.pointers.lines[bodies.line]
        return {
            "offset": line.offset,
            "length": line.length,
            "request_pointer": bodies.request,
            "request_sha256": bodies.request_sha256,
            "response_pointer": bodies.response,
            "response_sha256": bodies.response_sha256,
        }

    def items(self) -> Iterator[Row]:
        """Yield the distinct items, in the order of first appearance."""
        for known in self._findings.trace.items.known:
            line, pointer = self._found.pointers.items[known.number]
            place = self._found.pointers.lines[line]
            yield {
                "run": self._run,
                "item": known.number,
                "kind": known.kind.value,
                "name": known.name or ", ".join(known.features.offered) or None,
                "role": known.features.role,
                "api": known.api,
                "bytes": known.size,
                "uses": known.uses,
                "results": list(known.features.results),
                "line": line,
                "offset": place.offset,
                "length": place.length,
                "pointer": pointer,
                "sha256": known.sha256,
            }

    def tool_calls(self) -> Iterator[Row]:
        """Yield the calls of tools, with what became of each."""
        for tries in self._findings.turns:
            facts = tries.turn.facts
            known: list[tuple[str, str | None, str | None]] = [
                (call.name, call.call_id, call.argument) for call in facts.calls
            ]
            calls = [*known, *((name, call_id, None) for name, call_id in facts.more_called)]
            for place, (name, call_id, argument) in enumerate(calls):
                result = self._findings.results.of(tries.turn, call_id)
                yield {
                    "run": self._run,
                    "turn": self._findings.numbers[tries.turn.index],
                    "place": place,
                    "name": name,
                    "call_id": call_id,
                    "argument": argument,
                    "result_turn": self._findings.numbers[result.turn] if result else None,
                    "failed": result.failed if result else None,
                    "called": _time(facts.ended),
                    "returned": _time(self._turns[result.turn].facts.started) if result else None,
                }

    def hosts(self) -> Iterator[Row]:
        """Yield the hosts that the agent talked to."""
        for one in self._summary.hosts.hosts:
            yield {"run": self._run, "host": one.name, **msgspec.structs.asdict(one)}


def _key(run: Run) -> str:
    return f"{run.target}/{run.name}"


def _tokens(tokens: Tokens | Usage | None) -> Row:
    return {f"{name}_tokens": getattr(tokens, name, None) for name in _TOKENS}


def _time(seconds: float | None) -> int | None:
    return None if seconds is None else microseconds(seconds)
