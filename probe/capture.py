"""Run an agent behind its proxies and write down all that it exchanges."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.called_as import as_called
from probe.cli.edge import one_line, run, say
from probe.cli.parsing import parse
from probe.cli.script_process import is_step
from probe.errors import UserError
from probe.record.manifest import utc_now
from probe.record.problem import Problem, ProblemKind
from probe.record.runs import TRAFFIC, is_generated, new_run
from probe.record.tunnels import OPENED, TUNNELS, read_tunnels
from probe.renderers.loader import load_renderer
from probe.settings.own_upstreams import base_urls
from probe.settings.resolve import resolve
from probe.settings.settings import Settings
from probe.settings.sources import pairs
from probe.targets.finding import renderer_spec
from probe.wire.agent import AgentEnd, find_program, run_agent, runs_agent
from probe.wire.agent_version import answered_version, ask_version
from probe.wire.capture_counts import in_a_line
from probe.wire.environment import keys_set
from probe.wire.finish import Finished, discard, finish
from probe.wire.finished_record import print_record
from probe.wire.interrupts import Interrupts
from probe.wire.launch import Launch, described_surroundings
from probe.wire.observer_changes import by_environment, by_launch, by_listeners, by_target
from probe.wire.replayed_run import find_replay, notes_on_replay, replaying
from probe.wire.start import start
from probe.wire.started import Started
from probe.wire.unreachable_upstreams import FirstAnswers, unreachable_upstreams

if TYPE_CHECKING:
    from probe.live.turn_lines import TurnLines

_VERSION_SECONDS = 10.0
_NO_KEY = "\n  - no key is set, and it does not begin without"
NOTHING_CAPTURED = """nothing was captured: the agent ended without sending a request through its proxies
  likely reasons:{no_key}
  - it has its own idea of the base URL (a configuration file, a login of another kind, a model provider)
  - it ended before its first request (its own output above says why)
  - it was started by a wrapper that drops the environment or the target's args
  - this target was made for another version of it
  next: invoke doctor {options}, or start it by hand behind: invoke proxies {options}"""

NOTHING_DECRYPTED = """nothing was captured: the agent ended without sending a request to a host that the target names
  likely reasons:{no_key}
  - it talks to another host: name it in the target's file (listeners.NAME.host)
  - it does not heed HTTPS_PROXY, or takes its CA by another variable than those in ca_env
  - it ended before its first request (its own output above says why)
  next: invoke doctor {options}, or start it by hand behind: invoke proxies {options}"""

_FAULTS = {
    ProblemKind.UNANSWERED: "the upstream did not answer its requests",
    ProblemKind.CUT_SHORT: "the upstream's answers were cut short",
}
"""The upstream's faults that make an agent fail, by kind of problem."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.capture`."""
    arguments, command = parse("capture", sys.argv[1:] if argv is None else argv)
    interrupts = Interrupts()
    settings = resolve(arguments, os.environ, generated=is_step() and is_generated(arguments.output_dir))
    # A base URL among them is the upstream of a listener; the agent gets the listener's.
    asked, led = pairs("env", arguments.env), base_urls(settings.target)
    overrides = {name: value for name, value in asked.items() if name not in led}
    template = _template(settings, command, arguments.prompt)
    program = find_program(template[0], (os.environ | overrides).get("PATH"), settings.target)
    cwd = _given_folder(arguments.cwd)
    replayed = find_replay(settings)
    if replayed:
        say(replaying(settings, replayed))
    folder = new_run(settings.run_parent, settings.output_dir)
    _warn(settings, os.environ | overrides)
    if is_step():
        # A capture alone connects to nothing before its agent does, and warns at the first failures.
        _warn_of_unreachable(settings)
    # Everything that the agent's environment holds and that is named like a credential is kept off the disk.
    recording = start(settings, folder, os.environ | overrides, replayed, fixed_ports=False)
    launch = Launch(program, template, command, overrides, cwd, arguments.prompt)
    return _record(recording, launch, interrupts)


def _has_no_key(settings: Settings, environ: Mapping[str, str]) -> bool:
    return bool(settings.target.keys) and not settings.replay and not keys_set(settings, environ)


def _warn(settings: Settings, environ: Mapping[str, str]) -> None:
    """Warn about settings that the user may regret."""
    for line in settings.notes:
        say(line)
    if _has_no_key(settings, environ):
        say(f"note: no key is set ({' or '.join(settings.target.key_variables)}); the agent may not get far without")
    if settings.keep_secrets:
        say("WARNING: credentials are written to the disk as they are (--keep-secrets)")


def _warn_of_unreachable(settings: Settings) -> None:
    for name, reason in unreachable_upstreams(settings).items():
        upstream = settings.routes[name].upstream
        say(f"WARNING: {name} -> {upstream} cannot be reached: {reason}")
        say(as_called(f"  next: invoke doctor {settings.repeated_options()}"))


def _trouble(recording: Started, lines: TurnLines | None, *, aloud: bool) -> Callable[[], str | None]:
    """Return a function that returns why the agent cannot continue; `aloud` also reports that no API answers."""
    first = FirstAnswers(recording.folder / TRAFFIC)

    def trouble() -> str | None:
        if aloud and (failure := first.failure()):
            say(f"WARNING: the agent's requests get no answer: {one_line(failure)}")
        if lines:
            lines.poll()
        return recording.trouble()

    return trouble


def _turn_lines(recording: Started, *, aloud: bool) -> TurnLines | None:
    """Return what prints finished turns; None where the agent itself writes to the user's terminal."""
    if not aloud or sys.stdout.isatty():
        return None
    from probe.live.turn_lines import TurnLines  # Here: it loads what only reports need.

    renderer = load_renderer(renderer_spec(recording.settings.target))
    return TurnLines(recording.folder / TRAFFIC, renderer)


def _unused(path: Path) -> Path:
    """Return the path, or a similar one if it exists already (in a continued run)."""
    names = (path if number == 1 else path.with_name(f"{path.name}-{number}") for number in range(1, 10_000))
    return next(name for name in names if not os.path.lexists(name))


def _template(settings: Settings, command: list[str], prompt: str | None) -> list[str]:
    """Return the command to run: the user's own, or the target's for a prompt, or for none."""
    target = settings.target
    if prompt is not None and not prompt.strip():
        raise UserError("the prompt is empty", 'say what the agent is to do: --prompt "List the files"')
    if command and prompt is not None:
        raise UserError("a prompt and a command were given", "give one: --prompt TEXT, or -- COMMAND …")
    if command:
        return command
    if prompt is not None and target.prompt_command:
        return target.prompt_command
    if prompt is None and target.interactive_command:
        return target.interactive_command
    name, task = settings.target_name, "pipeline" if is_step() else "capture"
    if prompt is not None:
        raise UserError(f"target {name!r} has no prompt_command", f"invoke {task} --target {name} -- COMMAND …")
    example = '--prompt "List the files"' if target.prompt_command else "-- COMMAND …"
    raise UserError(f"target {name!r} needs a prompt or a command", f"invoke {task} --target {name} {example}")


def _given_folder(cwd: str | None) -> Path | None:
    if cwd is None:
        return None
    folder = Path(cwd).expanduser().resolve()
    if not folder.is_dir():
        raise UserError(f"--cwd {cwd}: no such folder", "make it first, or name another")
    return folder


def _note_changes(
    recording: Started, command: list[str], env: Mapping[str, str], overrides: Mapping[str, str], cwd: Path | None
) -> None:
    settings = recording.settings
    fresh, asked = _in_fresh_folder(recording, cwd), runs_agent(command[0], settings.target)
    recording.note_changes(
        by_target(settings.target, command),
        by_listeners(settings, recording.ports.urls),
        by_environment(settings, os.environ, env, overrides),
        by_launch(settings, fresh_folder=fresh, asks_version=asked, own_folder=cwd is not None),
    )


def _in_fresh_folder(recording: Started, cwd: Path | None) -> bool:
    return cwd is None and recording.replay_url is not None


def _record(recording: Started, launch: Launch, interrupts: Interrupts) -> int:
    """Run the agent between `start` and `finish`, and report how it went."""
    fresh: Path | None = None
    version: subprocess.Popen[bytes] | None = None
    # An agent that was given no prompt may draw on the whole screen.
    aloud = launch.prompt is not None or not sys.stderr.isatty()
    lines = _turn_lines(recording, aloud=aloud)
    try:
        command, env = launch.command(recording), launch.environment(recording)
        _note_changes(recording, command, env, launch.overrides, launch.cwd)
        # A replay gets a separate folder, so that no agent edits the files in this one.
        # The agent sees its path without links.
        fresh = _fresh_folder() if _in_fresh_folder(recording, launch.cwd) else None
        folder = launch.cwd or fresh or Path.cwd()
        if launch.prompt is not None and (unattended := recording.settings.target.unattended):
            say(f"note: nobody is asked: {unattended}; it works in {folder}")
        say(f"capturing {recording.settings.target_name} into {recording.folder}")
        recording.manifest.update(
            command=recording.redactor.words(command),
            folder=str(folder),
            **described_surroundings(recording, env, command),
            **_kept(recording, launch),
        )
        version = _ask_version(recording, command[0])
        # A shell that changes the folder sets this too, and some agents rely on it.
        env = env | {"PWD": str(folder)} if launch.cwd or fresh else env
        recording.manifest.update(agent_started=utc_now())
        end = run_agent(command, env, folder, interrupts, _trouble(recording, lines, aloud=aloud))
        recording.manifest.update(agent_ended=utc_now())
    except BaseException as error:
        _finish(recording, None, version, fresh)
        if isinstance(error, UserError):
            discard(recording.folder)
        raise
    finished = _finish(recording, end, version, fresh)
    if lines:
        lines.close()
    return _verdict(recording, end, finished, interrupts)


def _kept(recording: Started, launch: Launch) -> dict[str, Any]:
    """Return what is kept of the user's words, and of which not all could be kept."""
    kept: dict[str, Any] = {
        "prompt": recording.redactor.text(launch.prompt) if launch.prompt is not None else None,
        "own_command": recording.redactor.words(launch.own_command),
    }
    given = {"prompt": launch.prompt, "own_command": launch.own_command}
    return kept | {"not_kept": [name for name in kept if kept[name] != given[name]]}


def _ask_version(recording: Started, program: str) -> subprocess.Popen[bytes] | None:
    """Ask the agent for its version while the run goes on."""
    if not runs_agent(program, recording.settings.target):
        return None
    with suppress(OSError):
        return ask_version(program, os.environ, recording.settings)
    return None


def _finish(
    recording: Started, end: AgentEnd | None, version: subprocess.Popen[bytes] | None, fresh: Path | None
) -> Finished:
    """Stop the recording and complete the manifest."""
    finished = finish(recording)
    if fresh is not None:
        if problem := _take_in(fresh, recording.folder):
            left = Problem(ProblemKind.LEFT_BEHIND, problem)
            finished = replace(finished, problems=[*finished.problems, left])
        with suppress(OSError):
            fresh.parent.rmdir()
    versions = recording.manifest.facts.versions | {
        "agent": answered_version(version, _VERSION_SECONDS) if version else None
    }
    recording.manifest.update(versions=versions, agent_exit_code=end.exit_code if end else None)
    if recording.served and (notes := list(notes_on_replay(recording.served.run, recording.manifest))):
        finished = replace(finished, notes=[*finished.notes, *notes])
        recording.manifest.update(notes=[*recording.manifest.facts.notes, *notes])
    return finished


def _fresh_folder() -> Path:
    """Make an empty folder in one of its own, so that a listing of it shows nothing of other programs."""
    folder = Path(tempfile.mkdtemp(prefix="probe-")).resolve() / "workspace"
    folder.mkdir(mode=0o700)
    return folder


def _take_in(fresh: Path, folder: Path) -> str | None:
    """Move the agent's files into the run; return a problem if that fails, or None."""
    if not os.path.lexists(fresh):
        return None
    if fresh.is_symlink():
        return f"the agent put a link in the place of its folder {fresh}; it was left there"
    try:
        if any(fresh.iterdir()):
            shutil.move(fresh, _unused(folder / "workspace"))
        else:
            fresh.rmdir()
    except OSError as error:
        return f"what the agent made was left in {fresh}: {error}"
    return None


def _verdict(recording: Started, end: AgentEnd, finished: Finished, interrupts: Interrupts) -> int:
    """Print what happened and return the exit code: the agent's failure takes precedence."""
    settings, counts, code = recording.settings, finished.counts, 0
    for note in finished.notes:
        say(f"note: {note}")
    for problem in finished.problems:
        say(f"WARNING: {one_line(problem.text)}")
        code = 1
    interrupted = end.stopped_because or end.exit_code == 128 + signal.SIGINT
    if counts["seen"] == counts["refused"] and not interrupted:
        text = NOTHING_DECRYPTED if recording.trusted else NOTHING_CAPTURED
        no_key = _NO_KEY if _has_no_key(settings, recording.environ) else ""
        say(as_called("error: " + text.format(options=settings.repeated_options(), no_key=no_key)))
        if around := _seen_around(recording.folder):
            say(f"  it talked to other hosts instead: {', '.join(around)}")
        code = 1
    if end.stopped_because and interrupts.exit_code is None:
        say(f"error: the agent was ended: {end.stopped_because}")
        code = 1
    elif end.exit_code and interrupts.exit_code is None:
        say(f"error: the agent ended with exit code {end.exit_code}{_why_it_failed(finished)}")
        code = end.exit_code
    if interrupts.exit_code is not None:
        code = interrupts.exit_code
    recording.manifest.update(exit_code=code, interrupted=interrupts.exit_code is not None, finished=utc_now())
    if end.never_ran:
        discard(recording.folder)
    say(in_a_line(counts))
    if counts["written"]:
        print_record(recording)
    return code


def _why_it_failed(finished: Finished) -> str:
    """Return the likely reason: an upstream that failed, else what the agent wrote."""
    if fault := next((_FAULTS[one.kind] for one in finished.problems if one.kind in _FAULTS), None):
        return f", likely because {fault} (the WARNING above has the cause)"
    return "; its own output above says why"


def _seen_around(folder: Path) -> list[str]:
    from probe.analysis.hosts import LISTED, HostsBuilder  # Here, for hardly a capture comes here.

    hosts = HostsBuilder()
    tunnels = read_tunnels(folder / TUNNELS, lambda line, why: None)
    hosts.add_tunnels(one for one in tunnels if one.kind != OPENED)
    return [one_line(host) for host in hosts.hosts(None).only_seen[:LISTED]]


if __name__ == "__main__":
    sys.exit(run(main))
