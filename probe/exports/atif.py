"""Write a run as trajectories of ATIF 1.8, Harbor's Agent Trajectory Interchange Format.

One file holds one conversation with its sub-agents; another conversation of the run is another file beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from probe.analysis.groups import Thread
from probe.analysis.retries import Tries
from probe.analysis.totals import Total
from probe.errors import UserError
from probe.exports.atif_answers import parent_of, thread_id
from probe.exports.atif_parts import openai_tool
from probe.exports.atif_steps import Steps
from probe.exports.contents import Contents
from probe.exports.json_text import json_text
from probe.exports.reading import ReadRun, read_run
from probe.record.files import private_file
from probe.record.manifest import project_version
from probe.record.runs import Run
from probe.report.plain_text import plural
from probe.targets.target import Target

VERSION = "ATIF-v1.8"


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write the trajectories of a run; return what of the run they do not have. Raises UserError."""
    contents = Contents()
    try:
        found = read_run(run, target, contents)
        trajectories = Trajectories(found, contents)
        if not trajectories.roots:
            raise UserError(
                "the run has no call of a model, and a trajectory is made of them", "export it as har", code=1
            )
        for place, thread in zip(places(out, len(trajectories.roots)), trajectories.roots, strict=True):
            with private_file(place) as file:
                file.writelines(trajectories.of_thread(thread))
                file.write("\n")
    finally:
        contents.close()
    return [*found.not_held(), *trajectories.not_held(out)]


def places(out: Path, count: int) -> list[Path]:
    """Return the files of a run's conversations: the one that was named, and numbered ones beside it."""
    return [out, *(out.with_name(f"{out.stem}-{number}{out.suffix}") for number in range(2, count + 1))]


class Trajectories:
    """The trajectories of a run."""

    def __init__(self, found: ReadRun, contents: Contents) -> None:
        self._found, self._findings = found, found.findings
        self._steps = Steps(found, contents)
        self._sessions = {thread.number: one.id for one in found.findings.sessions for thread in one.threads}
        self.roots = [one for one in found.findings.threads if parent_of(one) is None]
        """Conversations that work for no other one."""

    def not_held(self, out: Path) -> list[str]:
        """Return what is not, or not as it was sent, in trajectories that were written."""
        sentences = [
            f"{plural(count, what)} {became}" for (what, became), count in self._steps.changed.items() if count
        ]
        others = places(out, len(self.roots))[1:]
        if others:
            names = ", ".join(place.name for place in others[:3]) + (", …" if others[3:] else "")
            sentences.append(f"{plural(len(others), 'other conversation')} of the run: in {names}")
        return sentences

    def of_thread(self, thread: Thread) -> Iterator[str]:
        """Yield the JSON of a conversation: its work, and within it its sub-agents and its side requests."""
        tries = self._findings.tries[thread.number]
        work = [one for one in tries if not one.turn.is_side] or list(tries)
        aside = [one for one in tries if one not in work]
        yield from self._head(thread_id(thread.number), thread, work, extra={"thread": thread.number})
        yield from self._body(work, whole=True)
        inner = [other for other in self._findings.threads if parent_of(other) == thread.number]
        if inner or aside:
            yield ',\n"subagent_trajectories": ['
            embedded = chain(map(self.of_thread, inner), (self._aside(thread, one) for one in aside))
            for place, texts in enumerate(embedded):
                yield ",\n" if place else "\n"
                yield from texts
            yield "]"
        yield "}"

    def _aside(self, thread: Thread, tries: Tries) -> Iterator[str]:
        """Yield the JSON of a side request: a title, a summary, a check."""
        number, before = self._findings.numbers[tries.turn.index], self._findings.before[tries.turn.index]
        extra = {"thread": thread.number, "side_request": tries.turn.purpose}
        if before:
            extra["goes_on_from_turn"] = self._findings.numbers[before.index]
        yield from self._head(f"turn-{number}", thread, [tries], extra)
        yield from self._body([tries], whole=before is None)
        yield "}"

    def _head(self, name: str, thread: Thread, turns: Sequence[Tries], extra: dict[str, Any]) -> Iterator[str]:
        found = self._found
        run = {
            "run": f"{found.run.target}/{found.run.name}",
            "record_sha256": found.summary.proof.traffic_sha256,
            "written_by": f"agent-probe {project_version()}",
        }
        tools = [openai_tool(one) for one in self._steps.tools(turns)]
        agent = {
            "name": thread.agent or found.agent,
            "version": found.agent_version or "unknown",
            **({"model_name": turns[0].turn.facts.model} if turns[0].turn.facts.model else {}),
            **({"tool_definitions": tools} if tools else {}),
        }
        head = {
            "schema_version": VERSION,
            "session_id": self._sessions[thread.number] or run["run"],
            "trajectory_id": name,
            "agent": agent,
            "extra": run | extra,
        }
        yield json_text(head)[:-1]

    def _body(self, turns: Sequence[Tries], *, whole: bool) -> Iterator[str]:
        """Yield the steps, one a line, and their sums."""
        yield ',\n"steps": ['
        count = 0
        for count, step in enumerate(self._steps.of(turns, whole=whole), 1):
            yield (",\n" if count > 1 else "\n") + json_text({"step_id": count, **step})
        yield f'],\n"final_metrics": {json_text(self._sums(turns, count))}'

    def _sums(self, turns: Sequence[Tries], steps: int) -> dict[str, Any]:
        total = Total()
        for tries in turns:
            for one in (*tries.failed, tries.turn):
                total.add(one, self._findings.costs.prices[one.index])
        more = {
            "total_cache_write_tokens": total.tokens.get("cache_write"),
            "total_reasoning_tokens": total.tokens.get("reasoning"),
            "total_tokens": total.tokens.get("total"),
        }
        made = {
            "total_prompt_tokens": total.tokens.get("input"),
            "total_completion_tokens": total.tokens.get("output"),
            "total_cached_tokens": total.tokens.get("cache_read"),
            "total_cost_usd": float(total.dollars) if total.dollars is not None else None,
            "total_steps": steps,
            "extra": {"model_calls": total.turns, **{name: count for name, count in more.items() if count is not None}},
        }
        return {name: value for name, value in made.items() if value is not None}
