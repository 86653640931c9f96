"""Find the run that a replay serves."""

from __future__ import annotations

from pathlib import Path

from probe.errors import UserError
from probe.record.runs import Run, find_run
from probe.settings.settings import Settings
from probe.targets.finding import PROJECT, output_dirs
from probe.wire.recover_run import recover


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
