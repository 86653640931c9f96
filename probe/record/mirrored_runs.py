"""The runs of a data folder in a bucket, in its mirror: listed, with their manifests; other files come when needed.

A run without a manifest is not whole yet, and is not there. What this machine has recorded and not uploaded stays.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from probe.addon.private_files import private_folder
from probe.errors import UserError
from probe.record.files import private_bytes
from probe.record.mirror_place import is_mirror, store_of
from probe.record.received import SUMS
from probe.record.remote_pointer import POINTER, RECORDS, Pointer, read_pointer, write_pointer
from probe.record.tunnels import TUNNELS
from probe.store.in_use import note_use
from probe.store.store import FolderStore, Store, store_at

MANIFEST = "manifest.json"
_SMALL = (TUNNELS, SUMS, "record-root.json", "record-root.json.sig")
"""Files that come with a run that is opened, where it has them."""
_AT_ONCE = 32
"""Requests; a bucket answers each in its own time."""
_listed: dict[Path, set[tuple[str, str]]] = {}
"""By mirror: target and beginning of the name of what this process has listed; a command lists nothing twice."""


def refresh(data_dir: Path, target: str = "", name: str = "") -> None:
    """Bring the runs of a bucket whose target and beginning of the name are these; all where both are empty.

    Nothing is done for a folder that mirrors no bucket. Raises UserError.
    """
    if not is_mirror(data_dir) or _is_listed(data_dir, target, name):
        return
    store = store_of(data_dir)
    targets = [target] if target else store.folders()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        listed: dict[str, dict[str, str]] = {}
        for found in pool.map(lambda one: _runs_in(store, f"{one}/{name}"), targets):
            listed |= found
        whole = {key: stamps for key, stamps in listed.items() if MANIFEST in stamps and _is_name(key)}
        for _ in pool.map(lambda key: _bring_manifest(store, data_dir / key, key, whole[key]), whole):
            pass
    _forget(data_dir, target, name, whole.keys())
    _listed.setdefault(data_dir, set()).add((target, name))


def leave_unlisted(data_dir: Path) -> None:
    """Let this process see what was listed before, without asking the bucket."""
    _listed.setdefault(data_dir, set()).add(("", ""))


def _is_listed(data_dir: Path, target: str, name: str) -> bool:
    return any(one in ("", target) and name.startswith(begin) for one, begin in _listed.get(data_dir, ()))


def _is_name(key: str) -> bool:
    """Check whether a key is that of a run, and leads nowhere else."""
    target, _, name = key.partition("/")
    return all(one and one.isprintable() and not one.startswith(".") for one in (target, name))


def _runs_in(store: Store, prefix: str) -> dict[str, dict[str, str]]:
    """Return the files of the runs that begin with a prefix: `target/name` → file → stamp."""
    found: dict[str, dict[str, str]] = {}
    for path, stamp in store.stamps(prefix):
        target, _, rest = path.partition("/")
        name, slash, file = rest.partition("/")
        if slash:
            found.setdefault(f"{target}/{name}", {})[file] = stamp
    return found


def _bring_manifest(store: Store, folder: Path, key: str, stamps: dict[str, str]) -> None:
    old = read_pointer(folder)
    if old is None and folder.exists():
        return  # It was recorded here, and its upload has not come to its end.
    pointer = (old or Pointer(url=store.sub(key).url, stamps={})).listed(stamps)
    if MANIFEST not in pointer.copied or pointer.copied[MANIFEST][0] != stamps[MANIFEST]:
        pointer = _copied(store, folder, key, pointer, (MANIFEST,))
    if pointer != old:
        write_pointer(folder, pointer)


def _copied(store: Store, folder: Path, key: str, pointer: Pointer, names: Iterable[str]) -> Pointer:
    """Copy files of a run that are not here as they are in the bucket; return the pointer with them.

    What was changed here and is not in the bucket yet stays.
    """
    copied, here = dict(pointer.copied), FolderStore(folder)
    for name in names:
        before, stamp = copied.get(name), pointer.stamps.get(name)
        now = here.info(name)
        if (now and not before) or (now and before and now[1] != before[1]):
            continue
        if stamp is None or (now and before and before[0] == stamp):
            continue
        data = store.read(f"{key}/{name}")
        if data is not None:
            private_folder(folder)
            with private_bytes(folder / name) as file:
                file.write(data)
            copied[name] = stamp, (here.info(name) or (0, ""))[1]
    return msgspec.structs.replace(pointer, copied=copied)


def _forget(data_dir: Path, target: str, name: str, there: Iterable[str]) -> None:
    """Remove from the mirror the runs that are no longer in the bucket."""
    known = set(there)
    for folder in [*data_dir.glob(f"{target or '*'}/{name}*/{POINTER}")]:
        run = folder.parent
        if f"{run.parent.name}/{run.name}" not in known and not run.is_symlink():
            shutil.rmtree(run, ignore_errors=True)


def bring(folder: Path, names: Iterable[str] = _SMALL) -> None:
    """Copy files of a run out of its bucket where they are not here; of a local run, nothing. Raises UserError."""
    pointer = read_pointer(folder) if os.path.lexists(folder / POINTER) else None
    if pointer is None:
        return
    note_use(folder.parent.parent, folder)
    url, target, name = pointer.url.rsplit("/", 2)
    new = _copied(store_at(url), folder, f"{target}/{name}", pointer, [one for one in names if one in pointer.stamps])
    if new != pointer:
        write_pointer(folder, new)


def delete_remote(folder: Path) -> None:
    """Delete a run in its bucket, the manifest first: no reader sees a part of it. Raises UserError."""
    pointer = read_pointer(folder)
    if pointer is not None:
        delete_objects(store_at(pointer.url))


def delete_objects(run: Store) -> None:
    """Delete all objects of a run, those that were written since the listing too, the manifest first."""
    run.delete(MANIFEST)
    for name in list(run.names()):
        run.delete(name)


def remote_place(folder: Path, name: str) -> str | None:
    """Return the address of a run's file in its bucket; None where it is not there."""
    with contextlib.suppress(UserError):
        pointer = read_pointer(folder)
        if pointer and name in pointer.stamps:
            return f"{pointer.url}/{name}"
    return None


def remote_files(folder: Path) -> Iterator[str]:
    """Yield the names of the files directly in a run's folder in its bucket, but for the record."""
    with contextlib.suppress(UserError):
        pointer = read_pointer(folder)
        if pointer:
            yield from (name for name in pointer.stamps if "/" not in name and name not in RECORDS)
