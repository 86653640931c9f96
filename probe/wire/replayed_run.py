"""Find the run that a replay serves."""

from __future__ import annotations

from pathlib import Path

from probe.errors import UserError
from probe.record.manifest import Manifest
from probe.record.runs import Run, find_run
from probe.settings.settings import Settings
from probe.slots.environment import environment_of
from probe.targets.finding import PROJECT, output_dirs
from probe.wire.recover_run import recover

_FACTS = {"agent": "the agent's version is", "os": "the system is", "timezone": "the time zone is"}
"""What is no part of the comparison of calls, but may explain what differs."""


def find_replay(settings: Settings) -> Run | None:
    """Return the run to replay: of this target first, then of any, then a bundled one. Raises UserError."""
    return find_recording(settings.replay, settings.data_dir, settings.target_name) if settings.replay else None


def find_recording(name: str, data_folder: Path, target: str | None) -> Run:
    """Return a run that can be replayed, bundled ones included. Raises UserError."""
    places = [(data_folder, target), (data_folder, None), (PROJECT / "data", None)]
    problem: UserError | None = None
    for folder, one in places:
        try:
            found = find_run(name, folder, one, output_dirs())
        except UserError as error:
            problem = problem or error
        else:
            recover(found, folder)
            return found
    if problem is None:
        raise AssertionError("no place was searched")
    hint = f"{problem.hint}; of another target: --replay TARGET/RUN, for example codex/tool-loop"
    raise UserError(problem.args[0], hint) from problem


def differing_surroundings(recorded: Run, manifest: Manifest) -> str | None:
    """Return what is otherwise than it was for the recorded agent; None where all that is known is the same."""
    before, now = environment_of(recorded.manifest).facts, environment_of(manifest).facts
    named = {name: word for name, word in _FACTS.items() if now.get(name, before.get(name)) != before.get(name)}
    found = [f"{word} {now[name]} (recorded: {before[name]})" for name, word in named.items() if name in before]
    return f"the surroundings are not the recorded ones: {', '.join(found)}" if found else None
