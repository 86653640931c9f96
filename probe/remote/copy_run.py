"""Copy a finished run into a bucket: its record first, its manifest last, each file checked by its hashes.

A reader finds the whole run or none. Whatever is cut goes on with the next call, and what the bucket has is not sent
again.
"""

from __future__ import annotations

import io
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from probe.addon.journal import FOLDER
from probe.addon.plain_files import read_plain
from probe.errors import UserError
from probe.record.files import open_plain
from probe.record.line_index import LINES, line_index
from probe.record.manifest import LARGEST, Manifest
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest_fields import Facts
from probe.record.open_record import record_sha256
from probe.record.remote_pointer import RECORDS, read_pointer
from probe.record.runs import TRAFFIC, Run, is_alive
from probe.remote import digests
from probe.remote.claims import claim, is_there, release
from probe.remote.digests import Digests, digests_of
from probe.remote.kept_uploads import KeptUploads, Sent
from probe.remote.progress import Progress
from probe.remote.run_files import RunFiles, run_files
from probe.store.store import FolderStore, Store, store_at


class Files(Protocol):
    """A place that files are written to."""

    def holds(self, name: str, digests: Digests) -> bool:
        """Check whether a file has the bytes of these hashes."""

    def write(self, name: str, file: BinaryIO, digests: Digests, kept: KeptUploads, sent: Sent, /) -> None:
        """Write a file, and check what is there of it. Raises UserError."""

    def write_new(self, name: str, data: bytes) -> bytes:
        """Write a file where there is none; return what is there then."""


class Source(NamedTuple):
    """A run that is copied, and where to."""

    run: Run
    key: str
    """Its name there: target/name."""
    store: Store
    files: Files
    progress: Progress
    part_size: int
    copied: dict[str, str]
    """By name of a file that the bucket has by now: its stamp in the folder, as it was when it was read."""

    def place(self, name: str) -> str:
        """Return the name of a file of the run in the store."""
        return f"{self.key}/{name}"

    def note(self, name: str) -> None:
        """Note a file as it is now, before it is read."""
        self.copied[name] = (FolderStore(self.run.folder).info(name) or (0, ""))[1]


def copy_run(
    store: Store, folder: Path, key: str, progress: Progress, part_size: int | None = None
) -> dict[str, str] | None:
    """Copy a run; return the stamps of its files as they were copied, or None where it was there. Raises UserError."""
    run = Run(folder=folder, target=key.partition("/")[0], manifest=Manifest.read(folder))
    _require_finished(run, key)
    source = Source(run, key, store, files_of(store), progress, part_size or digests.PART, {})
    found = run_files(folder)
    if is_there(store, key, run.manifest.data):
        _require_record(source, found)
        KeptUploads(folder).forget_all(f"{store.url}/{key}")
        return None
    _warn(source, found)
    if not claim(source.files, store, key, run.manifest.data):
        return None
    _copy(source, found)
    release(store, key)
    return source.copied


def files_of(store: Store) -> Files:
    """Return how files are written to a store."""
    from probe.store.bucket import BucketStore  # Here: it needs libraries of an extra.

    if not isinstance(store, BucketStore):
        return files_of(store_at(Path(store.url).as_uri()))
    if store.is_s3:
        from probe.remote.s3_files import S3Files

        return S3Files(store)
    from probe.remote.plain_files import PlainFiles

    return PlainFiles(store)


def holds_record(store: Store, folder: Path, key: str) -> bool:
    """Check whether a bucket has the very bytes of a run's record; a run without one has nothing to lose."""
    name = run_files(folder).record
    if name is None:
        return True
    with _opened(folder / name) as (file, size):
        return files_of(store).holds(f"{key}/{name}", digests_of(file, size))


def _require_finished(run: Run, key: str) -> None:
    """Raise UserError for a run that is still recorded, or was killed and is not made whole yet."""
    facts = run.manifest.facts
    if (pointer := read_pointer(run.folder)) and run_files(run.folder).record is None:
        raise UserError(f"the record of run {key} is in {pointer.url}", "copy it from there with a tool of S3", code=1)
    if not run.manifest.data:
        raise UserError(
            f"run {key} has no {MANIFEST}, by which a run in a bucket is found", "upload another one", code=1
        )
    if is_alive(run):
        raise UserError(f"run {key} is still being recorded (pid {facts.pid})", "wait for its end", code=1)
    if os.path.lexists(run.folder / FOLDER) or (facts.started and not facts.ended):
        hint = f"make it whole first: invoke verify --run {run.folder}"
        raise UserError(f"the recording of run {key} was killed", hint, code=1)


def _require_record(source: Source, found: RunFiles) -> None:
    """Raise UserError if a run that is there has no record of this size."""
    for name in filter(None, (found.record, found.other_record)):
        size = source.store.size(source.place(name))
        path = source.run.folder / name
        if size is not None and (name == found.other_record or size == path.stat().st_size):
            return
    if found.record:
        text = f"{source.store.url}/{source.key} has a manifest, but not the record {found.record}"
        raise UserError(text, "inspect it, then delete it there", code=1)


def _warn(source: Source, found: RunFiles) -> None:
    if found.left_out:
        count, first = len(found.left_out), found.left_out[0]
        source.progress.say(f"note: {source.key}: {count} not uploaded, for they are no plain files: {first!r} …")
    if source.run.manifest.facts.keeps_secrets:
        source.progress.say(f"WARNING: {source.key} holds credentials as they are (--keep-secrets), and is uploaded")


def _copy(source: Source, found: RunFiles) -> None:
    """Copy the files of a run whose name is kept for it."""
    folder, kept = source.run.folder, KeptUploads(source.run.folder)
    names = [*([found.record] if found.record else []), *found.others]
    source.progress.add(len(names) + 1, sum((folder / name).stat().st_size for name in names))
    there = set(source.store.names(f"{source.key}/"))
    for name in names:
        source.note(name)
        with _opened(folder / name) as (file, size):
            _copy_file(source, name, file, size, kept, there)
    if found.record and LINES not in found.others:
        index = line_index(folder / TRAFFIC)
        source.progress.add(0, len(index))
        _copy_file(source, LINES, io.BytesIO(index), len(index), kept, there)
    if source.place(found.other_record) in there:
        # The record was compressed, or made plain again, since a part of the run was uploaded.
        source.store.delete(source.place(found.other_record))
    source.note(MANIFEST)
    manifest = read_plain(folder / MANIFEST, LARGEST)
    source.files.write_new(source.place(MANIFEST), manifest)
    if not is_there(source.store, source.key, source.run.manifest.data):
        raise UserError(f"{source.store.url}/{source.place(MANIFEST)} was written, but is not there", code=1)
    kept.forget_all(f"{source.store.url}/{source.key}")
    source.progress.add(0, len(manifest))
    source.progress.sent(len(manifest))


def _copy_file(source: Source, name: str, file: BinaryIO, size: int, kept: KeptUploads, there: Container[str]) -> None:
    """Write a file of the run, unless the bucket has these very bytes."""
    place, hashes = source.place(name), digests_of(file, size, source.part_size)
    _require_sound(source, name, hashes)
    if place in there and source.files.holds(place, hashes):
        source.progress.sent(size)
    else:
        source.files.write(place, file, hashes, kept, source.progress.sent)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, int]]:
    """Open a file of a run; yield it with its size. Raises UserError."""
    try:
        with open_plain(path) as file:
            yield file, os.fstat(file.fileno()).st_size
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}", "see who owns it", code=1) from error


def _require_sound(source: Source, name: str, digests: Digests) -> None:
    """Raise UserError if a record is not the one of which the manifest has the hash."""
    facts: Facts = source.run.manifest.facts
    if name not in RECORDS or facts.traffic_sha256 is None:
        return
    if name != TRAFFIC and facts.compressed and facts.compressed.sha256 == digests.sha256:
        return
    found = digests.sha256 if name == TRAFFIC else record_sha256(source.run.traffic)
    if found != facts.traffic_sha256:
        text = f"{name} has SHA-256 {found}, the manifest says {facts.traffic_sha256}"
        raise UserError(
            f"run {source.key} is not as its capture left it: {text}",
            f"see: invoke verify --run {source.run.folder}",
            code=1,
        )
