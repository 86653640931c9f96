"""A data folder in a bucket, as commands use it: its mirror, a run opened without one, and what a command does last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from probe.addon.private_files import private_folder
from probe.errors import UserError
from probe.record.files import private_bytes
from probe.record.manifest import Manifest
from probe.record.mirror_place import is_mirror, mirror_of, mirrored_url, shown_place, store_of
from probe.record.mirrored_runs import MANIFEST, refresh
from probe.record.remote_pointer import POINTER, Pointer, write_pointer
from probe.record.runs import Run
from probe.record.tunnels import TUNNELS
from probe.remote.push import push
from probe.remote.upload import pending, run_in, upload_run
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
    manifest = Manifest.read_or_damaged(folder)
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
    for folder in pending(data_dir):
        try:
            code = max(code, _upload(store, folder, say))
        except UserError as error:
            say(str(error))
            code = max(code, error.code)
    return code


def _upload(store: Store, folder: Path, say: Callable[[str], None]) -> int:
    facts = run_in(folder).manifest.facts
    if facts.started and not facts.ended:
        say(f"WARNING: run {_key(folder)} was cut off, and is on this machine alone")
        say(f"  to recover and upload it: invoke upload --data-dir {store.url}")
        return 1
    upload_run(store, folder, _key(folder), say)
    return 0


def _key(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def finish(code: int, say: Callable[[str], None]) -> int:
    """Upload what a command left in the mirrors that it used; return its exit code, or that of the upload."""
    codes = [at_end(one, say) for one in used_mirrors()]
    return code or max(codes, default=0)
