"""The second witness of a run: what its agent's own session files say, beside what crossed the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.record.files import file_sha256, is_plain
from probe.record.manifest_fields import Facts
from probe.record.runs import Run
from probe.renderers.loader import Renderer
from probe.witness.comparing import Comparison, compare
from probe.witness.finding import Found, agent_of, find_sessions
from probe.witness.kept_sessions import KEPT, read_kept
from probe.witness.wire import read_wire

_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class SecondWitness:
    """The result of a comparison."""

    found: Found
    comparison: Comparison
    notes: list[str]
    """What to know of the files."""

    def lines(self) -> Iterator[str]:
        """Yield what was compared, and what only one side has for a good reason."""
        counted = self.comparison
        yield (
            f"compared with the agent's own files: {counted.calls} calls of the model, {counted.tool_calls} tool calls,"
            f" {counted.results} results, {counted.prompts} prompts, {counted.usages} usages"
        )
        rows = (
            [f"{session.file}, session {session.id}" for session in self.found.sessions] + self.notes + counted.normal
        )
        yield from (f"       {row}" for row in rows[:_LISTED])
        if len(rows) > _LISTED:
            yield f"       … and {len(rows) - _LISTED} more (--json lists all)"

    def as_dict(self) -> dict[str, Any]:
        """Return the result for `--json`."""
        counted = self.comparison
        return {
            "files": [
                {"path": str(one.file), "session": one.id, "version": one.version, "sha256": file_sha256(one.file)}
                for one in self.found.sessions
            ],
            "tried_with_versions": list(self.found.agent.tried),
            "compared": {
                "calls": counted.calls,
                "tool_calls": counted.tool_calls,
                "results": counted.results,
                "prompts": counted.prompts,
                "usages": counted.usages,
            },
            "normal": counted.normal,
            "notes": self.notes,
        }


def against_agent(
    run: Run, renderer: Renderer, ids: Mapping[str, Sequence[str]], program: str | None, given: Path | None
) -> SecondWitness:
    """Compare a run's record with its agent's session files. Raises UserError where there are none.

    `program` is the agent's, `ids` say where its requests have the ids of sessions; `given` is a file or a folder that
    the user names.
    """
    facts, kept = run.manifest.facts, run.folder / KEPT
    agent = agent_of(facts, program)
    wire = read_wire(run.traffic, renderer, ids)
    found = find_sessions(facts, agent, wire.ids, given, read_kept(kept) if is_plain(kept) else [])
    return SecondWitness(found=found, comparison=compare(found.sessions, wire), notes=list(_notes(found, facts)))


def _notes(found: Found, facts: Facts) -> Iterator[str]:
    if found.others:
        yield f"left out: {found.others} entries from before or after the run"
    noted = {one.path: one.sha256 for one in facts.agent_sessions}
    for session in found.sessions:
        path, version = str(session.file), session.version or facts.versions.get("agent") or "?"
        if path in noted and session.file.is_file() and file_sha256(session.file) != noted[path]:
            yield f"{session.file.name} was changed since the end of the run, when its SHA-256 was {noted[path]}"
        if version not in found.agent.tried:
            tried = ", ".join(found.agent.tried)
            yield f"{session.file.name} is of version {version}; this reader was tried with {tried}"
