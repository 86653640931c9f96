"""Run folders: create, find and list them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from probe.addon.journal import FOLDER
from probe.addon.private_files import private_folder
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.places import IS_CHECKOUT, SAMPLES, default_data_dir
from probe.record.files import is_plain, open_plain
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.mirror_place import is_mirror, shown_place
from probe.record.mirrored_runs import bring, refresh
from probe.record.open_record import compressed_file, record_file
from probe.record.remote_pointer import POINTER, object_size, pointer_of
from probe.record.tunnels import TUNNELS

TRAFFIC = "traffic.jsonl"
REPORT = "report.md"
FULL_REPORT = "report-full.md"
SUMMARY = "summary.json"
PAGE = "report.html"
PROXY_LOG = "proxy.log"
COMPRESSED = compressed_file(Path(TRAFFIC)).name
_OPENED = (TRAFFIC, COMPRESSED, PROXY_LOG, TUNNELS)
"""Files that are opened in place; a report or a manifest is always a new file that replaces the old one."""
_NAME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_NAMED = 6
"""Runs of the user's own that a hint lists."""
_LATEST = re.compile(r"latest(?:~(\d+))?$")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One recorded use of a target."""

    folder: Path
    target: str
    manifest: Manifest

    @property
    def name(self) -> str:
        """Return the folder's name."""
        return self.folder.name

    @property
    def bundled(self) -> bool:
        """Check whether it is a sample that is part of the project."""
        return self.manifest.facts.bundled

    @property
    def started(self) -> str:
        """Return the recorded start; a folder without one sorts by its name, which is a time."""
        match = _NAME.match(self.name)
        named = "{}-{}-{}T{}:{}:{}Z".format(*match.groups()) if match else ""
        return str(self.manifest.data.get("started") or named)  # as it is written: texts in UTC sort by time

    @property
    def traffic(self) -> Path:
        """Return the path of its traffic.jsonl, by which the record is known where it is compressed as well."""
        return self.folder / TRAFFIC

    @property
    def analysis_folder(self) -> Path:
        """Return where its analysis is written: not into a bundled sample, which stays unchanged. Raises UserError."""
        if not self.bundled:
            return self.folder
        data = self.folder.parent.parent.resolve() if IS_CHECKOUT else default_data_dir().resolve()
        # The folder's own names: a manifest may hold anything.
        folder = data / ".samples" / self.folder.parent.name / self.name
        if folder.resolve() != folder:
            raise UserError(f"{folder} leads to {folder.resolve()}", "remove that link")
        return folder


def is_generated(folder: str | None) -> bool:
    """Check whether the name of a run's folder, or the end of its path, was generated, not chosen by the user."""
    return bool(_NAME.match(Path(folder or "").name))


def has_records(folder: Path) -> bool:
    """Check whether anything was captured into a folder."""
    record = record_file(folder / TRAFFIC)
    if record.name == POINTER and (pointer := pointer_of(folder / TRAFFIC)):
        return object_size(folder / TRAFFIC, pointer) > 0
    return is_plain(record) and record.stat().st_size > 0


def refuse_links(folder: Path) -> None:
    """Raise UserError if an agent has replaced one of a run's files with a link or a pipe."""
    others = [path for name in _OPENED if os.path.lexists(path := folder / name) and not is_plain(path)]
    if os.path.lexists(folder / FOLDER) and not _is_folder(folder / FOLDER):
        others.append(folder / FOLDER)
    for path in others:
        what = "a folder" if _is_folder(path) else "a link, a pipe or a device"
        raise UserError(f"{path} is not a file of agent-probe but {what}", "inspect it, then remove it")
    for path in (folder / name for name in _OPENED):
        try:
            open_plain(path).close()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}", "inspect it, then remove it") from error


def new_run(parent: Path, output_dir: Path | None) -> Path:
    """Create a run's folder and return its path. Raises UserError."""
    _refuse_undecodable(output_dir or parent)
    try:
        if output_dir is not None:
            private_folder(output_dir)
            output_dir = output_dir.resolve() if output_dir.is_symlink() else output_dir
            refuse_links(output_dir)
            if has_records(output_dir):
                raise UserError(
                    f"{output_dir} already holds a run",
                    "name another --output-dir, or continue that run with: invoke pipeline --run " + str(output_dir),
                )
            return output_dir
        return _new_named(parent)
    except OSError as error:
        raise UserError(
            f"the run's folder cannot be created: {error}", "name a writable folder with --data-dir"
        ) from error


def _refuse_undecodable(folder: Path) -> None:
    """Raise UserError if a path is not UTF-8, which mitmproxy does not accept and JSON cannot hold."""
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(folder).decode(errors="replace")
        raise UserError(
            f"the path {shown} is not UTF-8", "name another folder with --data-dir or --output-dir"
        ) from error


def _new_named(parent: Path) -> Path:
    private_folder(parent)
    if parent.is_symlink():
        raise UserError(f"{parent} is a link to {parent.resolve()}", "name that folder itself with --output-dir")
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    if is_mirror(parent.parent):
        # Other machines may begin a run in the same second.
        name += f"-{secrets.token_hex(3)}"
    # Runs that start in the same second: the suffix keeps their order in a sorted listing.
    for number in range(1, 10_000):
        folder = parent / (name if number == 1 else f"{name}-{number:04d}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
    raise UserError(f"ten thousand runs began in one second in {parent}")


def all_runs(
    data_dir: Path, target: str | None = None, elsewhere: Mapping[str, Path] | None = None, begin: str = ""
) -> list[Run]:
    """Return all runs whose names begin like this, oldest start first.

    `elsewhere` has the folders of targets that do not use the data folder.
    """
    refresh(data_dir, target or "", begin)
    # Those of a checkout are among its runs; an installed command lists them beside the user's.
    places = [data_dir] if IS_CHECKOUT or data_dir != default_data_dir().resolve() else [SAMPLES, data_dir]
    every = (path for place in places for path in sorted(place.glob("*")))
    parents = [path for path in every if _is_folder(path) and not path.name.startswith(".")]
    runs = [_run(folder) for parent in parents for folder in _run_folders(parent, begin)]
    known = {run.folder for run in runs}
    for parent in (elsewhere or {}).values():
        runs += [_run(folder) for folder in _run_folders(parent, begin) if folder not in known]
    chosen = [run for run in runs if target in (None, run.target)]
    return sorted(chosen, key=lambda run: (run.started, run.name))


def _run_folders(parent: Path, begin: str) -> list[Path]:
    return [folder for folder in sorted(parent.glob("*")) if folder.name.startswith(begin) and _is_run(folder)]


def _is_folder(path: Path) -> bool:
    """Check whether a path is a folder and not a link: linked folders are neither listed nor deleted."""
    return path.is_dir() and not path.is_symlink()


def _is_run(folder: Path) -> bool:
    try:
        # Generated names and those of users are printable; others must not appear in messages.
        named = _is_folder(folder) and folder.name.isprintable()
        return named and any(is_plain(folder / name) for name in (MANIFEST, TRAFFIC, COMPRESSED))
    except PermissionError:
        return False


def _run(folder: Path) -> Run:
    # One damaged run must not hide the others; commands on this one report the damage.
    manifest = Manifest.read_or_damaged(folder)
    return Run(folder=folder, target=manifest.facts.target or folder.parent.name, manifest=manifest)


def find_run(
    word: str,
    data_dir: Path,
    target: str | None = None,
    elsewhere: Mapping[str, Path] | None = None,
    *,
    replays: bool = True,
) -> Run:
    """Return the run that a word names: latest, latest~N, name, prefix, target/name or path. Raises UserError.

    A bundled sample is found from any data folder, where no run there has its name. Without `replays`, latest is the
    newest that is no replay which the user asked for.
    """
    try:
        found = _find(word, data_dir, target, elsewhere, replays=replays)
    except UserError:
        sample = None if _LATEST.match(word) or data_dir == SAMPLES else _sample(word, target)
        if sample is None:
            raise
        found = sample
    refuse_links(found.folder)
    bring(found.folder)
    return found


def _sample(word: str, target: str | None) -> Run | None:
    """Return the bundled sample that a word names: target/name, or its name with the target given."""
    parent, _, name = word.rpartition("/")
    found = [run for run in all_runs(SAMPLES, parent or target) if run.bundled and run.name == name]
    return found[0] if len(found) == 1 else None


def _find(word: str, data_dir: Path, target: str | None, elsewhere: Mapping[str, Path] | None, *, replays: bool) -> Run:
    if match := _LATEST.match(word):
        return _latest(int(match[1] or 0), all_runs(data_dir, None, elsewhere), data_dir, target, replays=replays)
    if ("/" in word or word in (".", "..")) and _is_run(Path(word).resolve()):
        return _run(Path(word).resolve())
    if problem := _path_problem(word):
        raise problem
    parent, _, name = word.rpartition("/")
    # Of thousands of runs in a bucket, those that a word cannot mean are not asked for.
    near = _named(word, all_runs(data_dir, parent or target, elsewhere, name), target) if name else []
    if len(near) == 1:
        return near[0]
    every = all_runs(data_dir, None, elsewhere)
    found = _named(word, every, target) if name else []
    if len(found) == 1:
        return found[0]
    runs = [run for run in every if (parent or target) in (None, "", run.target)]
    raise (None if found else _here(word)) or _not_found(word, found, runs or every, data_dir)


def _named(word: str, runs: list[Run], target: str | None) -> list[Run]:
    """Return the runs that a word may name: an exact name wins, and an original over its redacted copies."""
    parent, _, name = word.rpartition("/")
    runs = [run for run in runs if (parent or target) in (None, "", run.target)]
    found = [run for run in runs if run.name == name] or [run for run in runs if run.name.startswith(name)]
    # A redacted copy has the name of its run, and a suffix.
    return [run for run in found if not run.manifest.facts.redaction] or found


def _path_problem(word: str) -> UserError | None:
    """Return why a word that can only be a path names no run; None where it may name one otherwise."""
    path, hint = Path(word), "name a run's folder, or a run as invoke runs lists it"
    if ("/" in word and path.is_dir()) or word in (".", ".."):
        return UserError(f"the folder {word} has no {TRAFFIC}", hint)
    if "/" in word and path.exists():
        return _here(word) or UserError(f"{word} is a file, not the folder of a run", hint)
    return UserError(f"no such folder: {word}", hint) if word.startswith(("/", "./", "../", "~")) else None


def _here(word: str) -> UserError | None:
    """Return what to write for a word that names an archive, or a run's folder in the current one; None otherwise."""
    import zipfile  # Here: only an error needs it.

    path = Path(word)
    if is_plain(path) and zipfile.is_zipfile(path):
        return UserError(f"{word} is an archive, not the folder of a run", "unzip it, then name its folder: ./FOLDER")
    if word and _is_run(path):
        return UserError(f"no run is called {word!r}, but a folder right here is", f"write ./{word}")
    return None


def _latest(back: int, runs: list[Run], data_dir: Path, target: str | None, *, replays: bool) -> Run:
    own = [run for run in runs if not run.bundled and target in (None, run.target)]
    recorded = [run for run in own if not run.manifest.facts.redaction]
    recorded = [run for run in recorded if replays or not run.manifest.facts.is_asked_replay]
    if back < len(recorded):
        return recorded[-1 - back]
    of = f" of target {target!r}" if target else ""
    oldest = f"latest~{len(recorded) - 1} is the oldest" if len(recorded) > 1 else "latest is the only one"
    far = f" that far back ({len(recorded)} recorded)" if back else ""
    known = {run.target for run in runs}
    hint = did_you_mean(target, known) if target and target not in known else ""
    if own and not replays:
        raise UserError(
            f"there is no recording{of}{far} in {shown_place(data_dir)}; replays are none",
            oldest if recorded else "name a run, for example demo/sample",
        )
    raise UserError(
        f"there is no run{of}{far} in {shown_place(data_dir)}",
        oldest if recorded else hint + 'make one: invoke pipeline --target demo --prompt "Write a prime checker"',
    )


def _not_found(word: str, found: list[Run], runs: list[Run], data_dir: Path) -> UserError:
    def listed(some: list[Run]) -> str:
        own = [run for run in some if not run.bundled]
        newest = own[-_NAMED:] + [run for run in some if run.bundled]
        more = [f"… ({len(own) - _NAMED} older)"] if len(own) > _NAMED else []
        return ", ".join([*(f"{run.target}/{run.name}" for run in newest), *more])

    if found:
        return UserError(f"run {word!r} is ambiguous", f"it may be: {listed(found)}")
    names = [run.name for run in runs] + [f"{run.target}/{run.name}" for run in runs]
    hint = f"existing runs: {listed(runs)}" if runs else "there is none yet; invoke runs lists them"
    hint = did_you_mean(word, ["latest", *names]) + hint
    return UserError(f"no run {word!r} in {shown_place(data_dir)}", hint)


def is_alive(run: Run) -> bool:
    """Check whether the process that records a run is still running."""
    pid = run.manifest.facts.pid
    if pid is None or run.manifest.facts.ended:
        return False
    import psutil  # Here: runs that have ended, and files from elsewhere, need none of it.

    try:
        # A process that began later only has the same number; the start time is exact to about a second.
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False  # dead, but its parent has not read its exit code
        return process.create_time() <= datetime.fromisoformat(run.started).timestamp() + 5
    except (psutil.Error, ValueError):
        return False
