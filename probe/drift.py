"""Install two versions of an agent, run both offline against one recording, and compare what they did."""

from __future__ import annotations

import os
import re
import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import printable, run, say
from probe.cli.parsing import parse
from probe.cli.script_process import run_script
from probe.errors import UserError
from probe.record.runs import Run, find_run, new_run
from probe.settings.settings import data_dir
from probe.targets.finding import load_target, output_dirs
from probe.watch.recordings import recordings, why_unfit
from probe.watch.version_run import copied, package_of_target, run_version, work_folder
from probe.wire.agent_versions import LATEST, Package, installed_program, is_installed, newest_version

_EXAMPLE = 'for example: invoke drift --target codex --versions 0.98.0,latest --prompt "List the files"'


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.drift`."""
    arguments, rest = parse("drift", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"drift runs the target's own command, not: {shlex.join(rest)}", _EXAMPLE)
    if missing := [f"--{name}" for name in ("target", "versions", "prompt") if not getattr(arguments, name)]:
        raise UserError(f"drift needs {' and '.join(missing)}", _EXAMPLE)
    target = load_target(arguments.target)[0]
    package = package_of_target(arguments.target, target)
    versions = _versions(arguments.versions, package)
    work = work_folder(arguments.cwd)
    recording = _recording(arguments)
    say(f"answers come from the recording {recording.target}/{recording.name}")
    programs = {}
    for version in versions:
        if not is_installed(version, arguments.target):
            say(f"installing {arguments.target} {version} …")
        programs[version] = installed_program(package, version, arguments.target)
    folders = []
    for version in versions:
        with copied(work) as cwd:
            folders.append(_captured(arguments, version, programs[version], recording, cwd))
    options = [
        f"--{name.replace('_', '-')}={given}"
        for name in ("markdown", "html", "json", "fail_on")
        if (given := getattr(arguments, name))
    ]
    return run_script("probe.compare", [*map(str, folders), *options], step=True)


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
    usable = [one for one in recordings(folder, arguments.target) if why_unfit(one) is None]
    if not usable:
        hint = f'record one first: invoke capture --target {arguments.target} --prompt "…"'
        raise UserError(f"there is no run of {arguments.target} that can answer", hint, code=1)
    return usable[-1]


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
    run_version(f"{arguments.target} {version}", program, folder, options)
    say(f"{arguments.target} {version}: {printable(str(folder))}")
    return folder


if __name__ == "__main__":
    sys.exit(run(main))
