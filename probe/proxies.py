"""Start a target's proxies only; the agent is started by hand."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import one_line, printable, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.live.turn_lines import TurnLines
from probe.record.manifest import utc_now
from probe.record.runs import TRAFFIC, new_run
from probe.renderers.loader import load_renderer
from probe.settings.resolve import resolve
from probe.targets.finding import renderer_spec
from probe.wire.capture_counts import in_a_line
from probe.wire.environment import led, mentioned, no_proxy
from probe.wire.finish import finish
from probe.wire.finished_record import print_record
from probe.wire.interrupts import Interrupts
from probe.wire.observer_changes import by_environment, by_listeners, by_target
from probe.wire.replayed_run import find_replay, replaying
from probe.wire.start import start
from probe.wire.started import Started

_POLL_SECONDS = 0.2


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.proxies`."""
    arguments, rest = parse("proxies", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(
            "proxies starts no command", f"invoke capture --target {arguments.target} -- {shlex.join(rest)}"
        )
    interrupts = Interrupts()
    settings = resolve(arguments, os.environ)
    replayed = find_replay(settings)
    folder = new_run(settings.run_parent, settings.output_dir)
    for line in settings.notes:
        say(line)
    if replayed:
        say(replaying(settings, replayed))
    if settings.keep_secrets:
        say("WARNING: credentials are written to the disk as they are (--keep-secrets)")
    recording = start(settings, folder, os.environ, replayed, fixed_ports=True)
    variables = _variables(recording)
    # The command is the user's own; the steps say what is to be in it.
    words = [word.strip("'\"`") for step in settings.target.manual_steps for word in step.split()]
    recording.note_changes(
        by_target(settings.target, words),
        by_listeners(settings, recording.ports.urls),
        by_environment(settings, os.environ, os.environ | variables, {}),
    )
    print("\n".join(_instructions(recording, variables)), flush=True)
    lines = TurnLines(folder / TRAFFIC, load_renderer(renderer_spec(settings.target)))
    while interrupts.received is None and recording.trouble() is None:
        lines.poll()
        time.sleep(_POLL_SECONDS)
    return _finish(recording, interrupts, lines)


def _variables(recording: Started) -> dict[str, str]:
    """Return the variables that the user must set for the agent."""
    variables = mentioned(recording.settings, recording.placeholders)
    variables |= led(recording.settings, recording.ports.coverage_url) | recording.trusted
    through_proxy = recording.ports.coverage_url or any(map(os.environ.get, ("HTTP_PROXY", "http_proxy")))
    own = os.environ.get("NO_PROXY", "")
    return variables | ({"NO_PROXY": no_proxy(recording.settings, own)} if through_proxy else {})


def _instructions(recording: Started, variables: Mapping[str, str]) -> list[str]:
    """Return the listeners' addresses and how to start the agent."""
    settings = recording.settings
    lines = []
    for name, listener in recording.described_listeners().items():
        purpose = settings.routes[name].purpose
        through = f" through {listener['upstream_proxy']}" if listener["upstream_proxy"] else ""
        lines.append(f":{recording.ports.listeners[name]} -> {listener['upstream'].rstrip('/')}/  ({purpose}){through}")
    steps = recording.expanded(settings.target.manual_steps)
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    numbered = [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    where = printable(f"Recording into {recording.folder}; Ctrl-C ends it.")
    return [*lines, "", *exports, *([""] if exports and numbered else []), *numbered, "", where]


def _finish(recording: Started, interrupts: Interrupts, lines: TurnLines) -> int:
    trouble = recording.trouble()
    finished = finish(recording)
    lines.close()
    for problem in [*([trouble] if trouble else []), *(one.text for one in finished.problems)]:
        say(f"WARNING: {one_line(problem)}")
    for note in finished.notes:
        say(f"note: {one_line(note)}")
    code = interrupts.exit_code if interrupts.exit_code is not None else 1
    recording.manifest.update(exit_code=code, finished=utc_now())
    say(in_a_line(finished.counts))
    if finished.counts["written"]:
        print_record(recording)
    return code


if __name__ == "__main__":
    sys.exit(run(main))
