"""The pointer to a run in a bucket: a small file in the place of its record, which is read where it is, by ranges."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from probe.addon.plain_files import read_plain
from probe.errors import UserError
from probe.record.files import private_bytes
from probe.store.range_file import RangeFile
from probe.store.store import Store, changed, store_at

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

POINTER = "remote.json"
RECORD = "traffic.jsonl"
RECORDS = (RECORD, f"{RECORD}.zst")
"""Names of a record, plain and compressed; where both are in the bucket, the plain one is read."""
_LARGEST = 64 << 20
_BUFFER = 64 << 10
"""Bytes; ranges themselves grow where they follow one another."""


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run is, and what is known of its files there."""

    url: str
    """Of the run: `s3://bucket/prefix/target/name`."""
    stamps: dict[str, str]
    """By name of each file of the run in the bucket: its stamp when the bucket was listed last."""
    copied: dict[str, tuple[str, str]] = {}
    """By name of a file that is here too: its stamp in the bucket, and its stamp here, when both were alike."""
    size: int | None = None
    """Bytes of the record's file; None before it was asked for."""
    sha256: str | None = None
    """Of the record, decompressed; None before it was read whole."""

    @property
    def record(self) -> str | None:
        """Return the name of the file that has the record; None where the run has none."""
        return next((name for name in RECORDS if name in self.stamps), None)

    def listed(self, stamps: dict[str, str]) -> Pointer:
        """Return it after another listing; what was known of another record is forgotten."""
        new = msgspec.structs.replace(self, stamps=stamps)
        same = self.record == new.record and self.stamps.get(self.record or "") == stamps.get(new.record or "")
        return new if same else msgspec.structs.replace(new, size=None, sha256=None)


_decode = msgspec.json.Decoder(Pointer).decode


def read_pointer(folder: Path) -> Pointer | None:
    """Return the pointer of a run's folder; None where the run is not in a bucket. Raises UserError."""
    try:
        return _decode(read_plain(folder / POINTER, _LARGEST))
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(f"{folder / POINTER} cannot be read: {error}", f"remove the folder {folder}", code=1) from error


def write_pointer(folder: Path, pointer: Pointer) -> None:
    """Write the pointer of a run."""
    with private_bytes(folder / POINTER) as file:
        file.write(msgspec.json.encode(pointer))


def pointer_of(path: Path) -> Pointer | None:
    """Return the pointer that is in the place of a record; None where there is none, or where it names no record."""
    if path.name != RECORD or not os.path.lexists(path.with_name(POINTER)):
        return None
    found = read_pointer(path.parent)
    return found if found and found.record else None


class _RemoteFile(RangeFile):
    """An object that says so when it is deleted while it is read."""

    def __init__(self, store: Store, name: str, size: int, stamp: str) -> None:
        super().__init__(store, name, size, stamp)
        self._place = f"{store.url}/{name}"

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what fits into a buffer. Raises UserError."""
        try:
            return super().readinto(buffer)
        except (FileNotFoundError, EOFError) as error:
            raise changed(self._place) from error


def open_object(path: Path, pointer: Pointer) -> io.BufferedReader:
    """Open the object that has a record, as it is in the bucket. Raises UserError."""
    name = pointer.record
    assert name is not None, "a pointer without a record is none"
    raw = _RemoteFile(store_at(pointer.url), name, object_size(path, pointer), pointer.stamps[name])
    return io.BufferedReader(raw, _BUFFER)


def object_size(path: Path, pointer: Pointer) -> int:
    """Return how many bytes the object has, which is asked for once. Raises UserError."""
    if pointer.size is not None:
        return pointer.size
    name = pointer.record or RECORD
    found = store_at(pointer.url).info(name)
    if found is None or found[1] != pointer.stamps[name]:
        raise changed(f"{pointer.url}/{name}")
    note(path, size=found[0])
    return found[0]


def note(path: Path, *, size: int | None = None, sha256: str | None = None) -> None:
    """Note what was learned of a record in its pointer, where that can be written."""
    if pointer := pointer_of(path):
        with contextlib.suppress(OSError):
            new = msgspec.structs.replace(pointer, size=size or pointer.size, sha256=sha256 or pointer.sha256)
            write_pointer(path.parent, new)
