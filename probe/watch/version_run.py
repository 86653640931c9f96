"""Run one version of an agent offline, answered by a recording."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probe.cli.capture_step import capture_into
from probe.errors import UserError
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.runs import has_records
from probe.targets.target import Target
from probe.wire.agent_versions import Package, package_of

ENDED_BY_SIGNAL = frozenset(128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
"""Exit codes of a script that the user stopped."""


class StoppedError(UserError):
    """The user stopped a run, and with it all that was to follow."""


def package_of_target(name: str, target: Target) -> Package:
    """Return the package by which versions of a target's agent are installed. Raises UserError."""
    package = package_of(target.install, target.agent or "")
    hint = "capture both versions yourself, then: invoke compare RUN RUN"
    if package is None:
        how = f"it is installed by {target.install!r}" if target.install else "its file has no `install`"
        raise UserError(f"{name} cannot be installed from npm or PyPI: {how}", hint)
    if not target.prompt_command:
        raise UserError(f"{name} cannot be asked alone: its target file has no `prompt_command`", hint)
    return package


def work_folder(cwd: str | None) -> Path | None:
    """Return the folder of which each version gets a copy. Raises UserError."""
    folder = Path(cwd).expanduser().resolve() if cwd else None
    if folder and not folder.is_dir():
        raise UserError(f"--cwd {cwd}: no such folder", "make it first, or name another")
    return folder


@contextmanager
def copied(work: Path | None) -> Iterator[Path | None]:
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


def run_version(
    name: str,
    program: Path,
    folder: Path,
    options: Mapping[str, Any],
    command: Sequence[str] = (),
    *,
    seconds: float | None = None,
) -> None:
    """Capture what a version does into a run's folder. Raises UserError where there is nothing to compare.

    `name` is the version's, for messages; `seconds` is how long it may take.
    """
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{program.parent}{os.pathsep}{path}"
    try:
        code = capture_into(folder, options, command, stdout=sys.stderr, seconds=seconds)
    except TimeoutError as error:
        hint = f"see {folder}; --time-limit SECONDS gives it more time"
        raise UserError(f"{name} did not end within {seconds:g} seconds", hint, code=1) from error
    finally:
        os.environ["PATH"] = path
    is_recorded = (folder / MANIFEST).exists()
    if Manifest.read(folder).facts.interrupted if is_recorded else code in ENDED_BY_SIGNAL:
        raise StoppedError(f"the run of {name} was stopped", "its reason is above", code=code or 1)
    if not is_recorded:
        raise UserError(f"{name} was not started", "its reason is above", code=code or 1)
    if not has_records(folder):
        raise UserError(f"{name} sent nothing through its proxies", f"see {folder}", code=1)
