"""The steps of a conversation in ATIF: what was new in each request, then the answer with the results of its tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.analysis.groups import PlacedTurn
from probe.analysis.retries import Tries
from probe.exports.atif_answers import Answers, Step, others
from probe.exports.atif_parts import reasoning_of, result_of, results_in, says_something, text_of
from probe.exports.contents import Contents
from probe.exports.parts import Part
from probe.exports.reading import ReadRun
from probe.exports.times import timestamp
from probe.renderers.api import Kind
from probe.trace.features import SYSTEM_ROLES

_MODEL = "assistant"


class Steps:
    """Makes the steps of conversations."""

    def __init__(self, found: ReadRun, contents: Contents) -> None:
        self._found, self._findings, self._contents = found, found.findings, contents
        self._items = found.findings.trace.items.known
        self._answers = Answers(found, contents)
        self.changed = self._answers.changed
        """What is in another form than it was sent in: how many of what, and what became of them."""

    def of(self, turns: Sequence[Tries], *, whole: bool) -> Iterator[Step]:
        """Yield the steps of turns that go on from one another, without numbers.

        `whole` puts all that the first request sent before it, not only what is new in it.
        """
        known: set[str] = set()
        for place, tries in enumerate(turns):
            first = place == 0 and whole
            new = self._all_sent(tries.turn) if first else self._new(tries.turn)
            yield from self._said(tries.turn, new, known, before=first)
            step = self._answers.step(tries, new)
            known.update(call["tool_call_id"] for call in step.get("tool_calls", ()))
            yield step

    def _all_sent(self, turn: PlacedTurn) -> list[int]:
        """Return the items that a request sent, and those of the warm-up that it goes on from."""
        before = self._findings.before[turn.index]
        earlier = self._all_sent(before) if turn.facts.previous_id and before and before.facts.warm_up else []
        return [*earlier, *(number for number in turn.facts.items if number not in earlier)]

    def _new(self, turn: PlacedTurn) -> list[int]:
        """Return the items that are new in a request."""
        changes = self._findings.changes[turn.index]
        answered = set(changes.answered)
        messages = [number for place, number in changes.messages if place not in answered]
        return [*(number for number, _ in changes.settings), *changes.instructions, *changes.tools, *messages]

    # -- what a request says -------------------------------------------------------------------------------------

    def _said(self, turn: PlacedTurn, new: Sequence[int], known: set[str], *, before: bool) -> Iterator[Step]:
        """Yield steps of what a request says; what the model itself said `before` the record is copied context."""
        instructions = [number for number in new if self._items[number].kind is Kind.INSTRUCTIONS]
        parts = [part for number in instructions for part in self._contents.item(number)]
        if parts:
            yield self._message(turn, "system", parts, instructions)
        copied: Step | None = None
        for number in (number for number in new if self._items[number].kind is Kind.MESSAGE):
            for message in self._contents.item(number):
                role, said = message["role"], message["parts"]
                if role == _MODEL:
                    copied = self._copied(turn, copied, said, number) if before else None
                    continue
                left = self._unplaced(said, copied, known)
                if copied is not None and (left or says_something(said)):
                    yield copied
                    copied = None
                yield from self._other(turn, role, said, left, number)
        if copied is not None:
            yield copied

    def _unplaced(self, said: Sequence[Part], copied: Step | None, known: set[str]) -> list[Part]:
        """Return the results that belong to no step yet; those of the copied step are put there."""
        left = []
        calls = {call["tool_call_id"] for call in copied.get("tool_calls", ())} if copied else set()
        for part in results_in(said):
            if copied is not None and part["id"] in calls:
                copied.setdefault("observation", {"results": []})["results"].append(result_of(part, part["id"]))
            elif part["id"] not in known:
                left.append(part)
        return left

    def _other(
        self, turn: PlacedTurn, role: str, said: Sequence[Part], left: Sequence[Part], item: int
    ) -> Iterator[Step]:
        """Yield the step of a message that is not the model's, and of results whose call is in no step."""
        if says_something(said):
            source = "user" if role == "user" else "system"
            step = self._message(turn, source, said, [item])
            if role not in ("user", "tool", *SYSTEM_ROLES):
                step["extra"]["role"] = role
            yield step
        if left:
            self.changed["result", "of tools without their calls, which are of the system"] += len(left)
            step = self._message(turn, "system", [], [item])
            yield step | {"observation": {"results": [result_of(part, None) for part in left]}}

    def _message(self, turn: PlacedTurn, source: str, parts: Sequence[Part], items: Sequence[int]) -> Step:
        self._answers.count_media(parts)
        pointers = self._answers.pointers(items)
        return {
            "timestamp": timestamp(turn.facts.started),
            "source": source,
            "message": text_of(parts),
            "extra": {
                "turn": self._findings.numbers[turn.index],
                "items": pointers,
                **others(parts),
            },
        }

    def _copied(self, turn: PlacedTurn, copied: Step | None, parts: Sequence[Part], item: int) -> Step:
        """Return the step of what the model said before the record began; its items follow one another."""
        calls = self._answers.calls(parts)
        if copied is None:
            copied = self._message(turn, "agent", [], []) | {"is_copied_context": True, "message": ""}
        text, reasoning = text_of(parts), reasoning_of(parts)
        copied["message"] = "\n\n".join(filter(None, (copied["message"], text)))
        if reasoning:
            copied["reasoning_content"] = "\n\n".join(filter(None, (copied.get("reasoning_content"), reasoning)))
        if calls.made:
            taken = {call["tool_call_id"] for call in copied.get("tool_calls", ())}
            copied.setdefault("tool_calls", []).extend(call for call in calls.made if call["tool_call_id"] not in taken)
        copied["extra"]["items"] += self._answers.pointers([item])
        return copied

    def tools(self, turns: Sequence[Tries]) -> list[Part]:
        """Return the definitions of all tools that turns offer, each once."""
        return self._contents.tools({number: None for one in turns for number in self._all_sent(one.turn)})
