"""Upload the finished runs of a mirror: once a run is in its bucket, a pointer is in the place of the local record."""

from __future__ import annotations

import fcntl
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from probe.addon.plain_files import open_folder
from probe.errors import UserError
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.remote_pointer import POINTER, RECORDS
from probe.record.remote_pointer import write_pointer as write
from probe.record.runs import Run, is_alive
from probe.remote.claims import release
from probe.remote.copy_run import copy_run, holds_record
from probe.remote.pointer import read_pointer, write_pointer
from probe.remote.progress import Progress
from probe.store.store import Store

Say = Callable[[str], None]
_PAUSE_SECONDS = 0.1


def upload_run(store: Store, folder: Path, key: str, say: Say) -> None:
    """Upload a run, whole and checked, then leave a pointer for its record. Raises UserError with what goes on."""
    with _explained(store, folder, key), alone(folder, key, say):
        if _is_uploaded(folder):
            return
        progress = Progress(key, say)
        copied = copy_run(store, folder, key, progress)
        if copied is not None:
            say(f"uploaded {key} to {store.url}: {progress.described()}, checked")
        elif holds_record(store, folder, key):
            # It was uploaded by another machine, or a process was killed at the very end.
            release(store, key)
        else:
            raise UserError(f"{store.url}/{key} has other bytes in its record", "compare the two", code=1)
        _leave_pointer(store, folder, key, copied or {})


def pending(mirror: Path) -> list[Path]:
    """Return the folders of the runs in a mirror that are not uploaded, or not to their end; running ones are not."""
    # No listing of the bucket: what is in it was uploaded.
    found = (path.parent for path in sorted(mirror.glob(f"[!.]*/[!.]*/{MANIFEST}")))
    return [folder for folder in found if not _is_uploaded(folder) and not _is_running(folder)]


def _is_running(folder: Path) -> bool:
    try:
        return is_alive(run_in(folder))
    except UserError:
        # One damaged manifest hides no other run; it is named when the run is to be uploaded.
        return False


def run_in(folder: Path) -> Run:
    """Return the run in a folder of a mirror. Raises UserError where its manifest is damaged."""
    return Run(folder=folder, target=folder.parent.name, manifest=Manifest.read(folder))


def finish_uploads(mirror: Path, store: Store, say: Say) -> int:
    """Upload what is pending in a mirror; return 1 if that failed for any run, and 0 otherwise."""
    code = 0
    for folder in pending(mirror):
        try:
            upload_run(store, folder, f"{folder.parent.name}/{folder.name}", say)
        except UserError as error:
            say(str(error))
            code = 1
    return code


@contextmanager
def alone(folder: Path, key: str, say: Say) -> Iterator[None]:
    """Wait until no other process of this machine uploads a run, or compresses its record. Raises UserError."""
    try:
        descriptor = open_folder(folder)
    except OSError as error:
        raise UserError(f"{folder} cannot be opened: {error.strerror}", "see who owns it", code=1) from error
    try:
        if not _locked(descriptor):
            say(f"another process uploads or compresses {key}: waiting for its end")
            while not _locked(descriptor):
                time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _explained(store: Store, folder: Path, key: str) -> Iterator[None]:
    """Add to an error where the run is, and what goes on with it."""
    try:
        yield
    except UserError as error:
        hint = f"it is whole in {folder}; go on with: invoke upload --data-dir {shlex.quote(store.url)}"
        raise UserError(
            f"run {key} is not uploaded: {error.args[0]}", f"{error.hint or 'try again'}; {hint}", code=1
        ) from error


def _is_uploaded(folder: Path) -> bool:
    """Check whether a run of a mirror is in its bucket, and its record there alone."""
    return (folder / POINTER).exists() and not any(os.path.lexists(folder / name) for name in RECORDS)


def _leave_pointer(store: Store, folder: Path, key: str, copied: Mapping[str, str]) -> None:
    """Write the pointer to a run that is in its bucket, and remove its record here."""
    write_pointer(store, folder, key)
    pointer = read_pointer(folder)
    if pointer is None:
        return
    # What was written here since it was read for the upload is to follow it.
    alike = {name: stamps for name, stamps in pointer.copied.items() if copied.get(name) == stamps[1]}
    if alike != pointer.copied:
        write(folder, msgspec.structs.replace(pointer, copied=alike))
