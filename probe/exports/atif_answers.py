"""The answers of a conversation as ATIF's steps: what the model said, and what became of the tools that it called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from probe.analysis.groups import PlacedTurn, Thread
from probe.analysis.retries import Tries
from probe.exports.atif_parts import Calls, other_parts, reasoning_of, result_of, results_in, text_of
from probe.exports.contents import Contents
from probe.exports.parts import Part
from probe.exports.reading import ReadRun
from probe.exports.times import timestamp
from probe.exports.tool_results import ToolResults

Step = dict[str, Any]


class Answers:
    """Makes the steps of answers."""

    def __init__(self, found: ReadRun, contents: Contents) -> None:
        self._found, self._findings, self._contents = found, found.findings, contents
        self._items = found.findings.trace.items.known
        self._results = ToolResults(found, contents)
        of_turn = {turn.index: thread.number for thread in found.findings.threads for turn in thread.turns}
        self._started = {
            (thread.task.turn, thread.task.call.call_id): thread.number
            for thread in found.findings.threads
            if thread.task is not None and of_turn[thread.task.turn] == parent_of(thread)
        }
        self.changed: Counter[tuple[str, str]] = Counter()
        """What is in another form than it was sent in: how many of what, and what became of them."""

    def step(self, tries: Tries, new: Sequence[int]) -> Step:
        """Return the step of a turn's answer, without its number; `new` are the new items of its request."""
        turn, facts = tries.turn, tries.turn.facts
        parts = self._contents.answer(facts)
        calls = self.calls(parts)
        self.count_media(parts)
        made: Step = {
            "timestamp": timestamp(facts.ended or facts.started),
            "source": "agent",
            "model_name": facts.answered_by or facts.model,
            "message": text_of(parts),
            "reasoning_content": reasoning_of(parts),
            "tool_calls": calls.made or None,
            "observation": self._observation(turn, parts, calls),
            "metrics": self._metrics(turn),
            "llm_call_count": 1,
            "extra": {**self._extra(tries, new), **others(parts)},
        }
        return {name: value for name, value in made.items() if value is not None}

    def calls(self, parts: Sequence[Part]) -> Calls:
        """Return the calls of tools among parts, and count those that are in another form."""
        calls = Calls(parts)
        self.changed["call", "of tools without an id of its own, which has one made here"] += calls.named
        self.changed["call", "of tools whose arguments are no object, but are in one as `input`"] += calls.not_objects
        return calls

    def count_media(self, parts: Sequence[Part]) -> None:
        """Count images, sounds and files."""
        media = sum(part["type"] in ("uri", "file", "media_in_record") for part in parts)
        self.changed["image, sound or file", "which are only named in brackets"] += media

    def _observation(self, turn: PlacedTurn, parts: Sequence[Part], calls: Calls) -> Mapping[str, Any] | None:
        """Return the results of a turn's tools: those in the answer itself, and those that a later request sends."""
        in_answer = {part["id"]: part for part in results_in(parts)}
        results = [result_of(part, None) for call_id, part in in_answer.items() if call_id not in calls.ids]
        for call, own in zip(calls.made, calls.ids, strict=True):
            result = self._results.of(turn, own)
            part = in_answer.get(own) or (self._results.content(result, own) if result and own else None)
            if part:
                made = result_of(part, call["tool_call_id"])
                if result:
                    made.setdefault("extra", {})["turn"] = self._findings.numbers[result.turn]
                results.append(made)
            if started := self._started.get((turn.index, own)):
                if not part:
                    results.append({"source_call_id": call["tool_call_id"]})
                results[-1]["subagent_trajectory_ref"] = [{"trajectory_id": thread_id(started)}]
        return {"results": results} if results else None

    def _metrics(self, turn: PlacedTurn) -> Mapping[str, Any] | None:
        usage, price = turn.facts.usage, self._findings.costs.prices[turn.index]
        if usage is None:
            return None
        more = {
            "cache_write_tokens": usage.cache_write,
            "reasoning_tokens": usage.reasoning,
            "total_tokens": usage.total,
        }
        made = {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "cached_tokens": usage.cache_read,
            "cost_usd": float(price.dollars) if price else None,
            "extra": {name: count for name, count in more.items() if count is not None} or None,
        }
        return {name: value for name, value in made.items() if value is not None}

    def _extra(self, tries: Tries, new: Sequence[int]) -> Mapping[str, Any]:
        """Return what ATIF has no field for, above all where the bytes are."""
        facts = tries.turn.facts
        made = {
            **self._place(tries.turn),
            "turn": self._findings.numbers[tries.turn.index],
            "purpose": tries.turn.purpose,
            "started": timestamp(facts.started),
            "first_token": timestamp(facts.first_part) if facts.first_part else None,
            "status": facts.status,
            "stop": facts.stop.value if facts.stop else None,
            "stop_word": facts.stop_word,
            "problem": facts.problem,
            "complete": facts.complete,
            "response_id": facts.response_id,
            "items": self.pointers(new),
            "failed_tries": [
                {**self._place(one), "status": one.facts.status, "problem": one.facts.problem} for one in tries.failed
            ]
            or None,
        }
        return {name: value for name, value in made.items() if value is not None}

    def _place(self, turn: PlacedTurn) -> Mapping[str, Any]:
        bodies = self._found.pointers.turns[turn.facts.line, turn.facts.part]
        made: dict[str, Any] = {"line": bodies.line}
        made["request"] = {"pointer": bodies.request, "sha256": bodies.request_sha256}
        if bodies.response:
            made["response"] = {"pointer": bodies.response, "sha256": bodies.response_sha256}
        return made

    def pointers(self, items: Sequence[int]) -> list[dict[str, Any]]:
        """Return where items first appear in the record, with the hashes of their JSON."""
        made = []
        for number in items:
            line, pointer = self._found.pointers.items[number]
            made.append({"line": line, "pointer": pointer, "sha256": self._items[number].sha256})
        return made


def parent_of(thread: Thread) -> int | None:
    """Return the number of the thread that one works for; that began before it, so that none is within itself."""
    return thread.parent if thread.parent is not None and thread.parent < thread.number else None


def others(parts: Sequence[Part]) -> Mapping[str, Any]:
    """Return the parts that no field of a step has a place for, as its extra."""
    found = other_parts(parts)
    return {"parts": found} if found else {}


def thread_id(number: int) -> str:
    """Return the id of a thread's trajectory."""
    return f"thread-{number}"
