"""Run an agent against its own recording, and check that it does the same again."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.capture_step import capture_into
from probe.cli.edge import one_line, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.manifest_fields import Facts
from probe.record.open_record import record_place
from probe.record.problem import ProblemKind
from probe.record.runs import TRAFFIC, Run, has_records, new_run
from probe.replay.playback import NO_BODY
from probe.settings.resolve import resolve
from probe.settings.settings import data_dir
from probe.wire.replayed_run import find_recording, notes_on_replay

_FAILED = 1
_INTERRUPTED = 130
_LISTED = 20
"""Places that differ which are printed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.replay_check`."""
    arguments, command = parse("replay-check", sys.argv[1:] if argv is None else argv)
    recorded = find_recording(arguments.run or "latest", data_dir(arguments.data_dir, os.environ), arguments.target)
    say(f"checking against {recorded.target}/{recorded.name}")
    options, command = _options(arguments, command, recorded)
    settings = resolve(options, os.environ)
    folder = new_run(settings.run_parent, settings.output_dir)
    # What the agent prints is no result of this script.
    code = capture_into(folder, vars(options), command, stdout=sys.stderr)
    if not (folder / MANIFEST).exists() or code == _INTERRUPTED:
        return code
    manifest = Manifest.read(folder)
    facts = manifest.facts
    problems = list(_problems(recorded.manifest.facts, facts))
    calls = facts.replayed.calls if facts.replayed else 0
    made = f"{calls} call{'s' * (calls != 1)} of the model"
    print(f"{'FAIL' if problems else 'OK  '} {recorded.target}/{recorded.name}: {made}")
    below = [*problems, *_hints(recorded, manifest, given=arguments.cwd is not None)] if problems else []
    print("".join(f"       {one_line(line)}\n" for line in below), end="")
    if has_records(folder):
        print(record_place(folder / TRAFFIC))
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


def _problems(recorded: Facts, replayed: Facts) -> Iterator[str]:
    """Yield what was otherwise than recorded."""
    found = replayed.replayed
    if found is None:
        yield "the replay did not come to its end"
        return
    yield from found.faults_missed
    problems = [problem.text for problem in replayed.problems if problem.kind is ProblemKind.REPLAY]
    # The reason why a call got no answer names the place too.
    lines = [one.line for one in found.differing[:_LISTED]]
    yield from (line for line in lines if not any(line in text for text in problems))
    if (more := len(found.differing) - _LISTED) > 0:
        yield f"and at {more} more place{'s' * (more > 1)}: all are in manifest.json (replayed.differing)"
    yield from problems
    if found.unasked:
        yield f"{found.unasked} of the recorded calls {'was' if found.unasked == 1 else 'were'} not made"
    before, now = recorded.agent_exit_code, replayed.agent_exit_code
    if before is not None and now != before:
        yield f"the agent ended with exit code {now}; recorded: {before}"


def _hints(recorded: Run, manifest: Manifest, *, given: bool) -> Iterator[str]:
    """Yield what may explain what was otherwise; `given` is true with a folder of the user's."""
    replayed = manifest.facts.replayed
    yield from replayed.faults_hit if replayed else ()
    folder = recorded.manifest.facts.folder
    has_bodies = not any(NO_BODY in problem.text for problem in manifest.facts.problems)
    if folder and not given and has_bodies and not recorded.manifest.facts.replay_of:
        yield f"hint: recorded in {folder}; give the agent a copy of it with --cwd"
    yield from (f"note: {note}" for note in notes_on_replay(recorded, manifest))


if __name__ == "__main__":
    sys.exit(run(main))
