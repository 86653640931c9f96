"""A data folder in a bucket, as commands use it: its mirror, a run opened without one, and what a command does last."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from probe.addon.private_files import private_folder
from probe.errors import UserError
from probe.record.files import private_bytes
from probe.record.line_index import write_line_index
from probe.record.manifest import Manifest
from probe.record.mirror_place import is_mirror, mirror_of, mirrored_url, shown_place, store_of
from probe.record.mirrored_runs import MANIFEST, refresh
from probe.record.remote_pointer import POINTER, RECORDS, Pointer, write_pointer
from probe.record.runs import TRAFFIC, Run, has_records, is_alive
from probe.record.tunnels import TUNNELS
from probe.remote.pointer import drop_record
from probe.remote.push import push
from probe.store.in_use import used_mirrors
from probe.store.store import Store

__all__ = ["at_end", "is_mirror", "mirror_of", "mirrored_url", "open_remote_run", "shown_place", "store_of", "sync"]


def sync(data_dir: Path, target: str | None = None) -> None:
    """Bring the list of runs and their manifests into a mirror, once a process. Raises UserError."""
    refresh(data_dir, target or "")


def open_remote_run(store: Store, key: str, folder: Path) -> Run:
    """Return the run `target/name` of a store, with a pointer to its record and its small files in an empty folder.

    Raises UserError where there is no whole run of this name.
    """
    stamps = {path.removeprefix(f"{key}/"): stamp for path, stamp in store.stamps(f"{key}/")}
    if MANIFEST not in stamps:
        raise UserError(f"there is no whole run {store.url}/{key}", "invoke runs lists those that are there", code=1)
    private_folder(folder)
    for name in (MANIFEST, TUNNELS):
        data = store.read(f"{key}/{name}") if name in stamps else None
        if data is not None:
            with private_bytes(folder / name) as file:
                file.write(data)
    write_pointer(folder, Pointer(url=f"{store.url}/{key}", stamps=stamps))
    manifest = Manifest.read(folder)
    return Run(folder=folder, target=manifest.facts.target or key.partition("/")[0], manifest=manifest)


def at_end(data_dir: Path, say: Callable[[str], None]) -> int:
    """Upload the finished runs of a mirror, and what this command changed in others; return the exit code."""
    store, code = store_of(data_dir), 0
    for folder in sorted(used_mirrors().get(data_dir, ())):
        try:
            if (folder / POINTER).exists():
                push(folder)
        except UserError as error:
            # The command has done what it was asked for, on this machine.
            say(f"WARNING: what was written of {_key(folder)} stays on this machine: {error.args[0]}")
    for folder in left_here(data_dir):
        try:
            code = max(code, _upload(store, folder, say))
        except UserError as error:
            say(str(error))
            code = max(code, error.code)
    return code


def left_here(data_dir: Path) -> Iterator[Path]:
    """Yield the folders of the runs in a mirror that are on this machine alone, and not being recorded."""
    for manifest in sorted(data_dir.glob(f"[!.]*/[!.]*/{MANIFEST}")):
        folder = manifest.parent
        with contextlib.suppress(UserError):  # A damaged one is reported by the commands on it.
            if not os.path.lexists(folder / POINTER):
                if not is_alive(_run(folder)):
                    yield folder
            elif any(os.path.lexists(folder / name) for name in RECORDS):
                # A process was killed between writing the pointer, after all checks, and removing the record.
                drop_record(folder)


def _upload(store: Store, folder: Path, say: Callable[[str], None]) -> int:
    from probe.remote.upload import upload_run  # Here: most commands have nothing to upload.

    facts = _run(folder).manifest.facts
    if facts.started and not facts.ended:
        say(f"WARNING: run {_key(folder)} was cut off, and is on this machine alone")
        say(f"  to recover and upload it: invoke upload --data-dir {store.url}")
        return 1
    if has_records(folder):
        write_line_index(folder / TRAFFIC)
    upload_run(store, folder, _key(folder), say)
    return 0


def _run(folder: Path) -> Run:
    return Run(folder=folder, target=folder.parent.name, manifest=Manifest.read(folder))


def _key(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def finish(code: int, say: Callable[[str], None]) -> int:
    """Upload what a command left in the mirrors that it used; return its exit code, or that of the upload."""
    codes = [at_end(one, say) for one in used_mirrors()]
    return code or max(codes, default=0)
