"""Upload the runs that were left behind of a data folder in a bucket, or copy finished runs there."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from fnmatch import fnmatchcase
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.called_as import as_called
from probe.cli.edge import one_line, run
from probe.cli.edge import say as printed
from probe.cli.parsing import parse
from probe.did_you_mean import runs_there_are
from probe.errors import UserError
from probe.record.runs import Run, all_runs, is_alive
from probe.remote.claims import CLAIMS
from probe.remote.copy_run import copy_run
from probe.remote.kept_uploads import KeptUploads
from probe.remote.mirror import is_mirror, store_of
from probe.remote.progress import RunsProgress
from probe.remote.stale import drop_stale
from probe.remote.upload import alone, finish_uploads, pending, run_in
from probe.report.plain_text import plural
from probe.settings.settings import data_dir
from probe.store.in_use import used_mirrors
from probe.store.store import Store, is_url, store_at
from probe.targets.finding import output_dirs
from probe.wire.recover_run import recover_and_report

_AT_ONCE = 4
"""Runs that are copied at the same time: each waits for answers most of the time."""


def say(text: str) -> None:
    """Print progress, with commands as the user calls them."""
    printed(as_called(text))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.upload`."""
    arguments, rest = parse("upload", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke upload --to s3://bucket/prefix")
    return _finish(arguments) if arguments.to is None else _copy_all(arguments)


def _finish(arguments: Namespace) -> int:
    """Upload what is left in the mirror of a bucket."""
    folder = data_dir(arguments.data_dir, os.environ)
    if not is_mirror(folder):
        hint = f"for example: invoke upload --runs 'codex/*' --data-dir {folder} --to s3://bucket/prefix"
        raise UserError(f"{folder} is no bucket's, and --to names none", hint)
    if arguments.runs is not None:
        raise UserError("--runs was given without --to", "without it, everything is uploaded that was left behind")
    left, store = pending(folder), store_of(folder)
    if not left:
        say(f"nothing is left: every run of this machine is in {store.url}")
    code = max([_make_whole(one, folder) for one in left], default=0)
    code = max(code, finish_uploads(folder, store, say))
    if not code:
        _clean(store, {upload for one in pending(folder) for upload in KeptUploads(one).ids()})
    # What failed was tried just now.
    used_mirrors().clear()
    return code


def _clean(store: Store, kept: set[str]) -> None:
    """Remove from a bucket what nobody goes on with; not every user may."""
    try:
        if dropped := drop_stale(store, kept):
            say(f"{dropped} unfinished uploads of more than a week ago were aborted")
    except UserError as error:
        say(f"note: what unfinished uploads left in {store.url} was not removed: {error.args[0]}")


def _make_whole(run_folder: Path, folder: Path) -> int:
    """Complete a run that was killed; return 1 where that fails."""
    try:
        recover_and_report(run_in(run_folder), folder, say)
    except UserError as error:
        say(str(error))
        return 1
    return 0


def _copy_all(arguments: Namespace) -> int:
    """Copy runs that fit the pattern to another place; print a line for each."""
    if not is_url(arguments.to):
        raise UserError(f"--to {arguments.to}: no address", "write it as s3://bucket/prefix")
    folder, store = data_dir(arguments.data_dir, os.environ), store_at(arguments.to)
    runs = _chosen(folder, arguments.runs or "*/*")
    _look_into(store)
    code, progress = max(_make_whole(one.folder, folder) for one in runs), RunsProgress(len(runs), say)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        copies = {pool.submit(_copy, one, store, progress): _key(one) for one in runs}
        try:
            for copy in as_completed(copies):
                ended = _report(copy, copies[copy])
                progress.finished_run(ended)
                code = max(code, ended)
        except BaseException:
            progress.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    say(progress.described())
    if not code:
        _clean(store, {upload for one in runs for upload in KeptUploads(one.folder).ids()})
    return code


def _look_into(store: Store) -> None:
    """Ask one question first: where no bucket is, or none that may be read, each run would fail by itself."""
    try:
        next(iter(store.names(f"{CLAIMS}/")), None)
    except UserError as error:
        hint = error.hint and error.hint.replace("--data-dir", "--to")
        raise UserError(error.args[0], hint, code=error.code) from error


def _chosen(folder: Path, pattern: str) -> list[Run]:
    """Return the finished runs of the user's own that fit a pattern; print what is left out. Raises UserError."""
    runs = all_runs(folder, None, output_dirs())
    fitting = [one for one in runs if fnmatchcase(_key(one), pattern)]
    own = [one for one in fitting if not one.bundled]
    finished = [one for one in own if not is_alive(one)]
    samples, unfinished = len(fitting) - len(own), len(own) - len(finished)
    left = [plural(samples, "bundled sample") if samples else "", f"{unfinished:,} unfinished" if unfinished else ""]
    out = ", ".join(filter(None, left))
    if finished:
        if out:
            say(f"left out: {out}")
        return finished
    if out:
        hint = "samples come with every installation, and unfinished runs are uploaded after their end"
        raise UserError(f"of the runs in {folder} that fit {pattern}, none is uploaded: {out}", hint)
    names = [_key(one) for one in runs if not one.bundled]
    hint = runs_there_are(pattern, names) if names else "record one, or name another folder with --data-dir"
    raise UserError(f"no finished run in {folder} fits {pattern}", hint)


def _key(run: Run) -> str:
    """Return the name of a run in a bucket: target/name."""
    # A manifest may hold anything: names that begin with a dot belong to agent-probe.
    target = run.folder.parent.name if run.target.startswith(".") else run.target
    return f"{target}/{run.name}"


def _copy(one: Run, store: Store, progress: RunsProgress) -> bool:
    key = _key(one)
    with alone(one.folder, key, say):
        return copy_run(store, one.folder, key, progress.of(key)) is not None


def _report(copy: Future[bool], key: str) -> int:
    """Print what became of a run; return 1 where it is not there."""
    try:
        made = copy.result()
    except (UserError, OSError) as error:
        say(f"{error if isinstance(error, UserError) else f'error: {error}'}".replace("error:", f"error: {key}:", 1))
        return 1
    print(one_line(f"{key}  {'copied' if made else 'was there'}"), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
