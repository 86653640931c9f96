"""Install two versions of an agent, run both offline against one recording, and compare what they did."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.capture_step import capture_into
from probe.cli.edge import printable, run, say
from probe.cli.parsing import parse
from probe.cli.script_process import run_script
from probe.errors import UserError
from probe.places import SAMPLES
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.runs import Run, all_runs, find_run, has_records, is_alive, new_run
from probe.settings.settings import data_dir
from probe.targets.finding import load_target, output_dirs
from probe.targets.target import Target
from probe.wire.agent_versions import LATEST, Package, installed_program, is_installed, newest_version, package_of

_EXAMPLE = 'for example: invoke drift --target codex --versions 0.98.0,latest --prompt "List the files"'


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.drift`."""
    arguments, rest = parse("drift", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"drift runs the target's own command, not: {shlex.join(rest)}", _EXAMPLE)
    if missing := [f"--{name}" for name in ("target", "versions", "prompt") if not getattr(arguments, name)]:
        raise UserError(f"drift needs {' and '.join(missing)}", _EXAMPLE)
    target = load_target(arguments.target)[0]
    package = _package(arguments.target, target)
    versions = _versions(arguments.versions, package)
    work = _work(arguments.cwd)
    recording = _recording(arguments)
    say(f"answers come from the recording {recording.target}/{recording.name}")
    programs = {}
    for version in versions:
        if not is_installed(version, arguments.target):
            say(f"installing {arguments.target} {version} …")
        programs[version] = installed_program(package, version, arguments.target)
    folders = []
    for version in versions:
        with _copied(work) as cwd:
            folders.append(_captured(arguments, version, programs[version], recording, cwd))
    options = [
        f"--{name.replace('_', '-')}={given}"
        for name in ("markdown", "html", "json", "fail_on")
        if (given := getattr(arguments, name))
    ]
    return run_script("probe.compare", [*map(str, folders), *options], step=True)


def _package(name: str, target: Target) -> Package:
    package = package_of(target.install, target.agent or "")
    if package is None or not target.prompt_command:
        raise UserError(
            f"drift cannot install {name}: its target file names no package of npm or PyPI, or no prompt_command",
            "capture both versions yourself, then: invoke compare RUN RUN",
        )
    return package


def _versions(given: str, package: Package) -> list[str]:
    """Return the two versions that are asked for. Raises UserError."""
    words = [word.strip() for word in given.split(",") if word.strip()]
    if len(words) != 2:
        raise UserError(f"--versions {given}: drift compares two versions", "for example: --versions 0.98.0,latest")
    # A tag of a release is `v0.98.0`.
    words = [re.sub(r"^[vV](?=\d)", "", word) for word in words]
    versions = [newest_version(package) if word == LATEST else word for word in words]
    if versions[0] == versions[1]:
        raise UserError(f"--versions {given}: both are {versions[0]}", "name two versions that differ")
    return versions


def _recording(arguments: Namespace) -> Run:
    """Return the run that answers: the named one, the target's newest, or its bundled sample. Raises UserError."""
    folder = data_dir(arguments.data_dir, os.environ)
    if arguments.replay:
        return find_run(arguments.replay, folder, arguments.target, output_dirs(), replays=False)
    bundled = [one for one in all_runs(SAMPLES, arguments.target) if one.bundled]
    # The newest is the last; a sample comes before all that the user has recorded.
    runs = [*bundled, *(one for one in all_runs(folder, arguments.target, output_dirs()) if not one.bundled)]
    usable = [one for one in runs if _can_answer(one)]
    if not usable:
        hint = f'record one first: invoke capture --target {arguments.target} --prompt "…"'
        raise UserError(f"there is no run of {arguments.target} that can answer", hint, code=1)
    return usable[-1]


def _can_answer(run: Run) -> bool:
    """Check whether a run is whole, and has its answers from real upstreams: those of a replay are another's."""
    facts = run.manifest.facts
    setting = facts.settings.get("replay")
    is_replay = facts.replay_of is not None or bool(setting and setting.value)
    return facts.agent_exit_code == 0 and not is_replay and not is_alive(run) and has_records(run.folder)


def _work(cwd: str | None) -> Path | None:
    """Return the folder of which each version gets a copy. Raises UserError."""
    folder = Path(cwd).expanduser().resolve() if cwd else None
    if folder and not folder.is_dir():
        raise UserError(f"--cwd {cwd}: no such folder", "make it first, or name another")
    return folder


@contextmanager
def _copied(work: Path | None) -> Iterator[Path | None]:
    """Yield a copy of a folder, removed at the end: what one version does there is nothing to the other."""
    if work is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="probe-", ignore_cleanup_errors=True) as parent:
        copy = Path(parent).resolve() / work.name
        try:
            shutil.copytree(work, copy, symlinks=True)
        except OSError as error:
            raise UserError(f"{work} cannot be copied: {error}", "name another folder with --cwd") from error
        yield copy


def _captured(arguments: Namespace, version: str, program: Path, recording: Run, cwd: Path | None) -> Path:
    """Run one version against the recording; return the folder of its run. Raises UserError."""
    folder = new_run(data_dir(arguments.data_dir, os.environ) / arguments.target, None)
    options = {
        "data_dir": arguments.data_dir,
        "target": arguments.target,
        "prompt": arguments.prompt,
        "replay": recording.folder,
        "cwd": cwd,
    }
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{program.parent}{os.pathsep}{path}"
    try:
        code = capture_into(folder, options, stdout=sys.stderr)
    finally:
        os.environ["PATH"] = path
    if not (folder / MANIFEST).exists():
        raise UserError(f"{arguments.target} {version} was not started", "its reason is above", code=code or 1)
    if Manifest.read(folder).facts.interrupted:
        raise UserError(f"the run of {arguments.target} {version} was stopped", "its reason is above", code=code or 1)
    if not has_records(folder):
        raise UserError(f"{arguments.target} {version} sent nothing through its proxies", f"see {folder}", code=1)
    say(f"{arguments.target} {version}: {printable(str(folder))}")
    return folder


if __name__ == "__main__":
    sys.exit(run(main))
