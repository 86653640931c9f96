"""The spans of tools: from the answer that calls one to the request that has its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from probe.analysis.groups import PlacedTurn, Thread
from probe.exports import gen_ai_names as names
from probe.exports.contents import Contents
from probe.exports.json_text import json_text
from probe.exports.otlp_span import Span
from probe.exports.parts import CALL, Part
from probe.exports.reading import ReadRun
from probe.exports.tool_results import ToolResults


class ToolSpans:
    """Makes the spans of tools."""

    def __init__(self, found: ReadRun, contents: Contents, traces: Mapping[int, str]) -> None:
        self._found, self._contents, self._traces = found, contents, traces
        self._results = ToolResults(found, contents)
        self._turns = {turn.index: turn for thread in found.findings.threads for turn in thread.turns}
        self._thread = {turn.index: thread.number for thread in found.findings.threads for turn in thread.turns}
        self.without_result = 0
        """Calls that have no span, since nobody knows when they ended, or whether they ran."""

    def of(self, thread: Thread, turn: PlacedTurn) -> Iterator[Span]:
        """Yield the spans of the tools that a turn called."""
        calls = [part for part in self._contents.answer(turn.facts) if part["type"] == CALL]
        seen: set[str] = set()
        for place, call in enumerate(calls):
            result = self._results.of(turn, call["id"])
            if result is None:
                self.without_result += 1
                continue
            failed, part = result.failed, self._results.content(result, call["id"])
            key = f"tool {turn.index} {place}" if call["id"] in seen else _key(turn, call["id"])
            seen.add(call["id"])
            yield Span(
                trace=self._traces[thread.number],
                key=key,
                parent=f"agent {thread.number}",
                name=f"{names.EXECUTE_TOOL} {call['name']}",
                started=turn.facts.ended or turn.facts.started,
                ended=self._turns[result.turn].facts.started,
                attributes={
                    **_attributes(call, part),
                    names.ERROR_TYPE: "tool_error" if failed else None,
                    names.OWN + "turn": self._found.findings.numbers[turn.index],
                    names.OWN + "result_turn": self._found.findings.numbers[result.turn],
                    names.OWN + "thread": thread.number,
                },
                error="the tool failed" if failed else None,
            )

    def key_of_task(self, thread: Thread) -> str | None:
        """Return the key of the span of the call that started a sub-agent; None where it has none in its trace."""
        task = thread.task
        if task is None or self._traces[self._thread[task.turn]] != self._traces[thread.number]:
            return None
        turn, call = self._turns[task.turn], task.call
        known = call.call_id is not None and self._results.of(turn, call.call_id) is not None
        return _key(turn, call.call_id) if known else None


def _key(turn: PlacedTurn, call_id: str | None) -> str:
    return f"tool {turn.index} {call_id}"


def _attributes(call: Part, part: Part | None) -> dict[str, Any]:
    return {
        names.OPERATION_NAME: names.EXECUTE_TOOL,
        names.TOOL_NAME: call["name"],
        names.TOOL_TYPE: "function",
        names.TOOL_CALL_ID: call["id"],
        names.TOOL_CALL_ARGUMENTS: _text(call["arguments"]),
        names.TOOL_CALL_RESULT: _text(part["response"]) if part else None,
    }


def _text(value: Any) -> str:
    """Return a text as it is, and anything else as JSON."""
    return value if isinstance(value, str) else json_text(value)
