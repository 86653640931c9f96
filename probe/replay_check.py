"""Run an agent against its own recording, and check that it does the same again."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import one_line, run
from probe.cli.options import command_line, parse
from probe.cli.script_process import run_script
from probe.errors import UserError
from probe.record.manifest import Manifest
from probe.record.manifest_fields import Facts
from probe.record.problem import ProblemKind
from probe.record.runs import TRAFFIC, Run, has_records, new_run
from probe.settings.resolve import resolve
from probe.settings.settings import data_dir
from probe.wire.replayed_run import find_recording

_FAILED = 1
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.replay_check`."""
    arguments, command = parse("replay-check", sys.argv[1:] if argv is None else argv)
    recorded = find_recording(arguments.run or "latest", data_dir(arguments.data_dir, os.environ), arguments.target)
    if not has_records(recorded.folder):
        raise UserError(f"run {recorded.target}/{recorded.name} holds no exchange", "record it first", code=1)
    options, command = _options(arguments, command, recorded)
    settings = resolve(options, os.environ)
    folder = new_run(settings.run_parent, settings.output_dir)
    code = _replayed(options, command, folder)
    if not folder.exists() or code == _INTERRUPTED:
        return code
    facts = Manifest.read(folder).facts
    problems = list(_problems(recorded.manifest.facts, facts))
    calls = facts.replayed.calls if facts.replayed else 0
    print(f"{'FAIL' if problems else 'OK  '} {recorded.target}/{recorded.name}: {calls} calls of the model")
    print("".join(f"       {one_line(problem)}\n" for problem in _lines(problems, facts)), end="")
    print(folder / TRAFFIC)
    return _FAILED if problems else 0


def _options(arguments: Namespace, command: list[str], recorded: Run) -> tuple[Namespace, list[str]]:
    """Return the options of the capture, and the recorded run's own command where none is given."""
    facts = recorded.manifest.facts
    options = Namespace(**vars(arguments))
    options.target = arguments.target or recorded.target
    options.replay = str(recorded.folder)
    if arguments.prompt is None and not command:
        if facts.not_kept:
            raise UserError("this run's prompt or command held a credential and was not kept", "give it again")
        if facts.prompt is None and facts.own_command is None:
            hint = 'give them: --prompt "…", or -- COMMAND …'
            raise UserError(f"run {recorded.target}/{recorded.name} has neither a prompt nor a command", hint)
        options.prompt, command = facts.prompt, facts.own_command or []
    return options, command


def _replayed(options: Namespace, command: list[str], folder: Path) -> int:
    """Run the agent against the recording; what it prints is no result of this script."""
    words = command_line("capture", vars(options) | {"output_dir": folder})
    return run_script("probe.capture", [*words, *(["--", *command] if command else [])], step=True, stdout=sys.stderr)


def _problems(recorded: Facts, replayed: Facts) -> Iterator[str]:
    """Yield what was otherwise than recorded."""
    found = replayed.replayed
    if found is None:
        yield "the replay did not come to its end"
        return
    yield from found.faults_missed
    yield from found.differing
    yield from (problem.text for problem in replayed.problems if problem.kind is ProblemKind.REPLAY)
    if found.unasked:
        yield f"{found.unasked} of the recorded calls {'was' if found.unasked == 1 else 'were'} not made"
    before, now = recorded.agent_exit_code, replayed.agent_exit_code
    if before is not None and now != before:
        yield f"the agent ended with exit code {now}; recorded: {before}"


def _lines(problems: list[str], facts: Facts) -> list[str]:
    """Return what is listed below a failure: what was otherwise, then the faults that it may be due to."""
    return [*problems, *(facts.replayed.faults_hit if facts.replayed else ())] if problems else []


if __name__ == "__main__":
    sys.exit(run(main))
