"""Find the run that a replay serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from probe.errors import UserError
from probe.record.manifest import Manifest
from probe.record.problem import ProblemKind
from probe.record.runs import Run, find_run, has_records
from probe.settings.settings import Settings
from probe.settings.sources import COMMAND_LINE
from probe.slots.environment import environment_of
from probe.targets.finding import load_target, output_dirs
from probe.wire.recover_run import recover

_FACTS = {"agent": "the agent's version is", "os": "the system is", "timezone": "the time zone is"}
"""What is no part of the comparison of calls, but may explain what differs."""

_REPLACED = "were replaced by words"
"""In the note of a bundled recording whose instructions and tools are no agent's."""


def find_replay(settings: Settings) -> Run | None:
    """Return the run to replay: of this target first, then of any, then a bundled one. Raises UserError."""
    return find_recording(settings.replay, settings.data_dir, settings.target_name) if settings.replay else None


def find_recording(name: str, data_folder: Path, target: str | None) -> Run:
    """Return a run that can be replayed, bundled ones included; `latest` is no replay. Raises UserError."""
    problem: UserError | None = None
    for one in (target, None):
        try:
            found = find_run(name, data_folder, one, output_dirs(), replays=False)
        except UserError as error:
            problem = problem or error
        else:
            recover(found, data_folder)
            if not has_records(found.folder):
                raise UserError(f"run {found.target}/{found.name} holds no exchange", "record it first", code=1)
            return found
    if problem is None:
        raise AssertionError("no place was searched")
    hint = f"{problem.hint}; of another target: TARGET/RUN, for example codex/tool-loop"
    raise UserError(problem.args[0], hint) from problem


def replaying(settings: Settings, found: Run) -> str:
    """Return the line that names the run that answers, and where it comes from if not from the command line."""
    line = f"replaying {found.target}/{found.name}"
    if settings.sources.get("replay") == COMMAND_LINE:
        return line
    upstream = f"--upstream {next(iter(settings.routes))}=URL"
    return f"{line} (the default of target {settings.target_name}; {upstream} asks a real API)"


def notes_on_replay(recorded: Run, manifest: Manifest) -> Iterator[str]:
    """Yield what explains differences: another agent, other surroundings, a recording with replaced words."""
    before, now = _agent(recorded.target), _agent(manifest.facts.target)
    if before and now and before != now:
        yield f"the recording {recorded.target}/{recorded.name} is of another agent: {before} (this one: {now})"
    if surroundings := _differing_surroundings(recorded, manifest):
        yield surroundings
    facts = manifest.facts
    if (facts.replayed and facts.replayed.differing) or any(one.kind is ProblemKind.REPLAY for one in facts.problems):
        yield from (f"of the recording: {note}" for note in recorded.manifest.facts.notes if _REPLACED in note)


def _agent(target: str | None) -> str | None:
    """Return a target's agent; None where it has none of its own, or is not known here."""
    try:
        return load_target(target)[0].agent if target else None
    except UserError:
        return None


def _differing_surroundings(recorded: Run, manifest: Manifest) -> str | None:
    """Return what is otherwise than it was for the recorded agent; None where all that is known is the same."""
    before, now = environment_of(recorded.manifest).facts, environment_of(manifest).facts
    named = {name: word for name, word in _FACTS.items() if now.get(name, before.get(name)) != before.get(name)}
    found = [f"{word} {now[name]} (recorded: {before[name]})" for name, word in named.items() if name in before]
    return f"the surroundings are not the recorded ones: {', '.join(found)}" if found else None
