"""Find the run that a replay serves."""

from __future__ import annotations

from probe.errors import UserError
from probe.record.runs import Run, find_run
from probe.settings.settings import Settings
from probe.targets.finding import PROJECT, output_dirs
from probe.wire.recover_run import recover


def find_replay(settings: Settings) -> Run | None:
    """Return the run to replay: of this target first, then of any, then a bundled one. Raises UserError."""
    if not settings.replay:
        return None
    places = [(settings.data_dir, settings.target_name), (settings.data_dir, None), (PROJECT / "data", None)]
    problem: UserError | None = None
    for data_dir, target in places:
        try:
            found = find_run(settings.replay, data_dir, target, output_dirs())
        except UserError as error:
            problem = problem or error
        else:
            recover(found, data_dir)
            return found
    if problem is None:
        raise AssertionError("no place was searched")
    hint = f"{problem.hint}; of another target: --replay TARGET/RUN, for example codex/tool-loop"
    raise UserError(problem.args[0], hint) from problem
