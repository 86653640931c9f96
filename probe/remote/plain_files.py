"""Files in a place that fsspec knows and that is no S3: each is written under another name, read back and renamed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import BinaryIO

from probe.remote.digests import Digests, pieces
from probe.remote.kept_uploads import KeptUploads, Sent
from probe.remote.s3_requests import other_bytes
from probe.store.bucket import BucketStore


class PlainFiles:
    """Writes files of a store."""

    def __init__(self, store: BucketStore) -> None:
        self._store, self._fs = store, store.file_system

    def holds(self, name: str, digests: Digests) -> bool:
        """Check whether a file has the bytes of these hashes, by reading it."""
        return self._store.tried(lambda: self._is_read(self._store.path(name), digests), name)

    def _is_read(self, path: str, digests: Digests) -> bool:
        if not self._fs.exists(path) or self._fs.size(path) != digests.size:
            return False
        with self._fs.open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digests.sha256

    def write(self, name: str, file: BinaryIO, digests: Digests, _kept: KeptUploads, sent: Sent) -> None:
        """Write a file; a reader sees the old one, the whole new one or none. Raises UserError."""
        self._store.tried(lambda: self._write(name, file, digests), name)
        sent(digests.size)

    def _write(self, name: str, file: BinaryIO, digests: Digests) -> None:
        with self._new(name) as new:
            file.seek(0)
            with self._fs.open(new, "wb") as out:
                for data in pieces(file, digests.size):
                    out.write(data)
            if not self._is_read(new, digests):
                raise other_bytes(f"{self._store.url}/{name}")
            self._fs.mv(new, self._store.path(name))

    @contextmanager
    def _new(self, name: str) -> Iterator[str]:
        """Yield a path in the folder of a file, which is there no more at the end."""
        path = self._store.path(name)
        folder = path.rpartition("/")[0]
        self._fs.makedirs(folder, exist_ok=True)
        new = f"{folder}/.new-{token_hex(8)}"
        try:
            yield new
        finally:
            if self._fs.exists(new):
                self._fs.rm_file(new)

    def write_new(self, name: str, data: bytes) -> bytes:
        """Write a file where there is none; return what is there then."""
        self._store.tried(lambda: self._write_new(name, data), name)
        return self._store.read(name) or b""

    def _write_new(self, name: str, data: bytes) -> None:
        path = self._store.path(name)
        try:
            if "file" not in self._fs.protocol:
                self._fs.pipe_file(path, data, mode="create")
                return
            # On a disk, only a link to the whole file is both exclusive and never a part.
            with self._new(name) as new:
                self._fs.pipe_file(new, data)
                self._fs.link(new, path)
        except FileExistsError:
            return
