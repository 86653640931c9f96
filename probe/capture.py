"""Run an agent behind its proxies and write down all that it exchanges."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import probe.early  # noqa: F401 - before the rest
from probe.analysis.channels import TOLD, ChannelsBuilder
from probe.errors import UserError
from probe.options import parse
from probe.own_upstreams import base_urls
from probe.record.manifest import utc_now
from probe.record.runs import TRAFFIC, new_run
from probe.record.tunnels import OPENED, TUNNELS, read_tunnels
from probe.script import one_line, run, say
from probe.settings import Settings, pairs, resolve
from probe.wire import agent_folders
from probe.wire.agent import AgentEnd, find_program, first_line, run_agent, runs_agent, with_target_args
from probe.wire.changes import by_environment, by_launch, by_listeners, by_target
from probe.wire.environment import agent_environment, keys_set
from probe.wire.interrupts import Interrupts
from probe.wire.recording import Recording, find_replay
from probe.wire.tally import in_a_line

_VERSION_SECONDS = 10.0
_NO_KEY = "\n  - no key is set, and it does not begin without"
NOTHING_CAPTURED = """nothing was captured: the agent ended without sending a request through its proxies
  likely reasons:{no_key}
  - it has its own idea of the base URL (a configuration file, a login of another kind, a model provider)
  - it ended before its first request (its own output above says why)
  - it was started by a wrapper that drops the environment or the target's args
  - this target was made for another version of it
  next: invoke doctor --target {target}, or start it by hand behind: invoke proxies --target {target}"""

NOTHING_DECRYPTED = """nothing was captured: the agent ended without sending a request to a host that the target names
  likely reasons:{no_key}
  - it talks to another host: name it in the target's file (listeners.NAME.host)
  - it does not heed HTTPS_PROXY, or takes its CA by another variable than those in ca_env
  - it ended before its first request (its own output above says why)
  next: invoke doctor --target {target}, or start it by hand behind: invoke proxies --target {target}"""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.capture`."""
    arguments, command = parse("capture", sys.argv[1:] if argv is None else argv)
    interrupts = Interrupts()
    settings = resolve(arguments, os.environ)
    # A base URL among them says where a listener leads to; the agent gets the listener's.
    asked, led = pairs("env", arguments.env), base_urls(settings.target)
    overrides = {name: value for name, value in asked.items() if name not in led}
    template = _template(settings, command, arguments.prompt)
    program = find_program(template[0], (os.environ | overrides).get("PATH"), settings.target)
    cwd = _given_folder(arguments.cwd)
    replayed = find_replay(settings)
    folder = new_run(settings.run_parent, settings.output_dir)
    # Everything that the agent's environment holds and that is named like a credential is kept off the disk.
    recording = Recording(settings, folder, os.environ | overrides, replayed)
    _warn(settings, os.environ | overrides)
    try:
        recording.start(fixed_ports=False)
        own_words = {"prompt": arguments.prompt} if arguments.prompt is not None else {}
        expanded = command or recording.expanded(template, **own_words)
        full = with_target_args([program, *expanded[1:]], settings.target, recording.expanded(settings.target.args))
        env = agent_environment(
            os.environ,
            settings,
            recording.placeholders,
            _fresh_folders(recording) | overrides,
            recording.marker,
            recording.replay_url,
            recording.coverage_url,
            recording.trusted,
            recording.answered,
        )
        _note_changes(recording, full, env, overrides, cwd)
        return _record(recording, full, env, cwd, interrupts, prompt=arguments.prompt, own_command=command)
    except UserError:
        recording.stop()
        recording.discard()
        raise


def _has_no_key(settings: Settings, environ: Mapping[str, str]) -> bool:
    return bool(settings.target.keys) and not settings.replay and not keys_set(settings, environ)


def _warn(settings: Settings, environ: Mapping[str, str]) -> None:
    """Say beforehand what the user may regret afterwards."""
    for line in settings.told:
        say(line)
    if _has_no_key(settings, environ):
        say(f"note: no key is set ({' or '.join(settings.target.key_variables)}); the agent may not get far without")
    if settings.keep_secrets:
        say("WARNING: credentials are written to the disk as they are (--keep-secrets)")


def _fresh_folders(recording: Recording) -> dict[str, str]:
    """Give the agent empty folders in a replay, where the target says that its own would change what it does."""
    if recording.replay_url is None:
        return {}
    return agent_folders.fresh_folders(recording.folder, recording.settings.target.fresh_folders)


def _unused(path: Path) -> Path:
    """Give the path, or one beside it where something is already (a run that was taken up again)."""
    names = (path if number == 1 else path.with_name(f"{path.name}-{number}") for number in range(1, 10_000))
    return next(name for name in names if not os.path.lexists(name))


def _template(settings: Settings, command: list[str], prompt: str | None) -> list[str]:
    """Give the command to run: the user's own, or the target's for a prompt, or for none."""
    target = settings.target
    if command and prompt is not None:
        raise UserError("a prompt and a command were given", "give one: --prompt TEXT, or -- COMMAND …")
    if command:
        return command
    if prompt is not None and target.prompt_command:
        return target.prompt_command
    if prompt is None and target.interactive_command:
        return target.interactive_command
    name = settings.target_name
    if prompt is not None:
        raise UserError(f"target {name!r} has no prompt_command", f"invoke capture --target {name} -- COMMAND …")
    example = '--prompt "List the files"' if target.prompt_command else "-- COMMAND …"
    raise UserError(f"target {name!r} needs a prompt or a command", f"invoke capture --target {name} {example}")


def _given_folder(cwd: str | None) -> Path | None:
    if cwd is None:
        return None
    folder = Path(cwd).expanduser().resolve()
    if not folder.is_dir():
        raise UserError(f"--cwd {cwd}: no such folder", "make it first, or name another")
    return folder


def _note_changes(
    recording: Recording, command: list[str], env: Mapping[str, str], overrides: Mapping[str, str], cwd: Path | None
) -> None:
    settings = recording.settings
    fresh, asked = _works_in_fresh_folder(recording, cwd), runs_agent(command[0], settings.target)
    recording.note_changes(
        by_target(settings.target, command),
        by_listeners(settings, recording.urls),
        by_environment(settings, os.environ, env, overrides),
        by_launch(settings, fresh_folder=fresh, asks_version=asked, own_folder=cwd is not None),
    )


def _works_in_fresh_folder(recording: Recording, cwd: Path | None) -> bool:
    return cwd is None and recording.replay_url is not None


def _record(
    recording: Recording,
    command: list[str],
    env: dict[str, str],
    cwd: Path | None,
    interrupts: Interrupts,
    *,
    prompt: str | None,
    own_command: list[str],
) -> int:
    """Launch the agent between `start` and `stop`, and tell how it went."""
    # The demo and a replay get a folder of their own, so that no agent edits what lies around here.
    fresh = Path(tempfile.mkdtemp(prefix="probe-")) if _works_in_fresh_folder(recording, cwd) else None
    say(f"capturing {recording.settings.target_name} into {recording.folder}")
    recording.manifest.update(
        command=recording.redacted_words(command),
        prompt=recording.redacted(prompt) if prompt is not None else None,
        own_command=recording.redacted_words(own_command),
        folder=str(cwd or fresh or Path.cwd()),
    )
    version = _ask_version(recording, command[0])
    folder = cwd or fresh
    # A shell that changes the folder tells it so as well, and some agents ask no further.
    env = env | {"PWD": str(folder)} if folder else env
    try:
        end = run_agent(command, env, folder or Path.cwd(), interrupts, recording.trouble)
    except BaseException:
        _finish(recording, None, version, fresh)
        raise
    counts, problems = _finish(recording, end, version, fresh)
    return _verdict(recording, end, counts, problems, interrupts)


def _ask_version(recording: Recording, program: str) -> subprocess.Popen[bytes] | None:
    """Ask the agent for its version beside the run itself: some take a second to say it.

    It gets neither key nor base URL: an agent that takes the question for a prompt must not be recorded, or paid for.
    """
    target = recording.settings.target
    if not runs_agent(program, target):
        return None
    env = {name: value for name, value in os.environ.items() if name not in target.key_variables}
    with suppress(OSError):
        return subprocess.Popen(
            [program, "--version"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    return None


def _version(process: subprocess.Popen[bytes] | None) -> str | None:
    return first_line(process, _VERSION_SECONDS)[:200] or None if process else None


def _finish(
    recording: Recording, end: AgentEnd | None, version: subprocess.Popen[bytes] | None, fresh: Path | None
) -> tuple[dict[str, Any], list[str]]:
    """Stop the recording and complete the manifest."""
    counts, problems = recording.stop()
    if fresh is not None and (problem := _take_in(fresh, recording.folder)):
        problems.append(problem)
    versions = recording.manifest.data["versions"] | {"agent": _version(version)}
    recording.manifest.update(versions=versions, agent_exit_code=end.exit_code if end else None)
    return counts, problems


def _take_in(fresh: Path, folder: Path) -> str | None:
    """Move what the agent made into the run, where it belongs; give what stands in the way, or None."""
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


def _verdict(
    recording: Recording, end: AgentEnd, counts: Mapping[str, Any], problems: list[str], interrupts: Interrupts
) -> int:
    """Say what happened and give the exit code: the agent's own failure outranks ours."""
    settings, code = recording.settings, 0
    for note in recording.notes:
        say(f"note: {note}")
    for problem in problems:
        say(f"WARNING: {one_line(problem)}")
        code = 1
    if not counts["seen"] and not end.stopped_because:
        text = NOTHING_DECRYPTED if recording.trusted else NOTHING_CAPTURED
        no_key = (
            "\n  - no key is set, and it does not begin without" if _has_no_key(settings, recording.environ) else ""
        )
        say("error: " + text.format(target=settings.target_name, no_key=no_key))
        if around := _seen_around(recording.folder):
            say(f"  it talked to other hosts instead: {', '.join(around)}")
        code = 1
    if end.stopped_because and interrupts.exit_code is None:
        say(f"error: the agent was ended: {end.stopped_because}")
        code = 1
    elif end.exit_code and interrupts.exit_code is None:
        say(f"error: the agent ended with exit code {end.exit_code}; its own output above says why")
        code = end.exit_code
    if interrupts.exit_code is not None:
        code = interrupts.exit_code
    recording.manifest.update(exit_code=code, interrupted=interrupts.exit_code is not None, finished=utc_now())
    if end.never_ran:
        recording.discard()
    say(in_a_line(counts))
    if counts["written"]:
        print(recording.folder / TRAFFIC)
    return code


def _seen_around(folder: Path) -> list[str]:
    channels = ChannelsBuilder()
    tunnels = read_tunnels(folder / TUNNELS, lambda line, why: None)
    channels.add_tunnels(one for one in tunnels if one.kind != OPENED)
    return [one_line(host) for host in channels.channels(None).only_seen[:TOLD]]


if __name__ == "__main__":
    sys.exit(run(main))
