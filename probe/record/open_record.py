"""The one place that opens a record for reading, plain or compressed; an offset is one in the bytes of the plain one.

A record is known by the path of its plain file, `traffic.jsonl`. Compressed, it is in `traffic.jsonl.zst` beside it;
where both are there, the plain one is the record. Where neither is there, a pointer names the record in a bucket.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from probe.errors import UserError
from probe.record.files import is_plain, open_plain
from probe.record.mirror_place import mirrored_url
from probe.record.remote_pointer import POINTER, RECORD, note, object_size, open_object, pointer_of

ZST = ".zst"
_CHUNK = 1 << 20


def compressed_file(path: Path) -> Path:
    """Return where the record of a path is when it is compressed."""
    return path.with_name(path.name + ZST)


def record_file(path: Path) -> Path:
    """Return the file that has a record: the path itself; where nothing is there the compressed one, or a pointer."""
    if os.path.lexists(path):
        return path
    if is_plain(other := compressed_file(path)):
        return other
    return path.with_name(POINTER) if pointer_of(path) else path


def record_place(path: Path) -> str:
    """Return where a record is, for messages: the path of its file; in the mirror of a bucket, its address there."""
    if pointer := pointer_of(path):
        return f"{pointer.url}/{pointer.record}"
    place = record_file(path)
    url = mirrored_url(path.absolute().parents[2])
    return f"{url}/{path.parent.parent.name}/{path.parent.name}/{place.name}" if url else str(place)


def open_record(path: Path, buffering: int = io.DEFAULT_BUFFER_SIZE) -> io.BufferedReader:
    """Open a record for reading from any offset. Raises OSError for what is no plain file, and DamagedRecordError."""
    try:
        return _opened(record_file(path), buffering)
    except FileNotFoundError:
        # Another process may have compressed it at this moment.
        return _opened(record_file(path), buffering)


def _opened(place: Path, buffering: int) -> io.BufferedReader:
    name = str(place)
    if place.name == POINTER and (pointer := pointer_of(record := place.with_name(RECORD))):
        file, name = open_object(record, pointer), f"{pointer.url}/{pointer.record}"
    elif place.suffix != ZST:
        return open_plain(place, buffering)
    else:
        file = open_plain(place)
    if not name.endswith(ZST):
        return file
    from probe.record.seekable_zstd import FrameReader  # Here, since most records are plain.

    try:
        return io.BufferedReader(FrameReader(file, name), buffering)
    except BaseException:
        file.close()
        raise


def read_range(path: Path, offset: int, length: int) -> bytes:
    """Return some bytes of a record; of a compressed one, no other frames are read than those that hold them."""
    with open_record(path) as file:
        file.seek(offset)
        return file.read(length)


@contextlib.contextmanager
def mapped(file: BinaryIO, start: int, end: int) -> Iterator[tuple[mmap.mmap, int]]:
    """Map a part of an open record; yield the map and where the part begins in it."""
    with contextlib.ExitStack() as stack:
        plain, begin = file, start
        if not isinstance(getattr(file, "raw", None), io.FileIO):
            # What was compressed is on no disk as it is.
            plain, begin = stack.enter_context(_copied(file, start, end)), 0
        yield stack.enter_context(mmap.mmap(plain.fileno(), 0, access=mmap.ACCESS_READ)), begin


@contextlib.contextmanager
def _copied(file: BinaryIO, start: int, end: int) -> Iterator[BinaryIO]:
    """Copy a part of a record into a file without a name. Raises UserError when there is no room for it."""
    with tempfile.TemporaryFile() as copy:
        file.seek(start)
        try:
            while (left := end - start - copy.tell()) > 0 and (data := file.read(min(_CHUNK, left))):
                copy.write(data)
            copy.flush()
        except OSError as error:
            text = f"a line of {end - start:,} bytes cannot be decompressed in {tempfile.gettempdir()}"
            raise UserError(f"{text}: {error.strerror}", "name a folder with room for it in TMPDIR", code=1) from error
        yield copy


def record_size(path: Path) -> int:
    """Return how many bytes a record has. Raises OSError when there is none, and DamagedRecordError."""
    place = record_file(path)
    if place.name == POINTER and (pointer := pointer_of(path)) and pointer.record == path.name:
        return object_size(path, pointer)
    if place.suffix != ZST and place.name != POINTER:
        return place.lstat().st_size
    with open_record(path) as file:
        return file.seek(0, os.SEEK_END)


def record_sha256(path: Path) -> str | None:
    """Return the SHA-256 of a record's bytes, decompressed; None when there is none. Raises DamagedRecordError.

    A record in a bucket is read for it once, as long as the object has the same stamp.
    """
    place = record_file(path)
    if not is_plain(place):
        return None
    pointer = pointer_of(path) if place.name == POINTER else None
    if pointer and pointer.sha256:
        return pointer.sha256
    with open_record(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if pointer:
        note(path, sha256=digest)
    return digest
