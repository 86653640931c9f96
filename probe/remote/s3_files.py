"""Files in a bucket of S3: each is written, and what the server has of it is compared with its hashes."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO

from probe.remote.digests import Digests, digests_of, pieces
from probe.remote.kept_uploads import KeptUploads, Sent
from probe.remote.multipart import write_in_parts
from probe.remote.s3_requests import TRIES, S3Requests, UnconditionalError, agrees, other_bytes
from probe.store.bucket import BucketStore


class S3Files:
    """Writes files as objects of a store."""

    def __init__(self, store: BucketStore) -> None:
        self._requests, self._store = S3Requests(store), store

    def holds(self, name: str, digests: Digests) -> bool:
        """Check whether an object has the bytes of these hashes: by the server's own, else by reading it."""
        try:
            found = self._requests.about("head_object", name, ChecksumMode="ENABLED")
        except FileNotFoundError:
            return False
        return found["ContentLength"] == digests.size and (
            agrees(found, digests) is True or self._is_read(name, digests)
        )

    def _is_read(self, name: str, digests: Digests) -> bool:
        """Read an object back and compare its hash."""
        digest = hashlib.sha256()
        for offset in range(0, digests.size, digests.part_size):
            digest.update(self._store.read_range(name, offset, min(digests.part_size, digests.size - offset)))
        return digest.hexdigest() == digests.sha256

    def write(self, name: str, file: BinaryIO, digests: Digests, kept: KeptUploads, sent: Sent) -> None:
        """Write a file, and check what the server has of it. Raises UserError."""
        if len(digests.md5s) > 1:
            write_in_parts(self._requests, name, file, digests, kept, sent)
            is_sure = False
        else:
            file.seek(0)
            is_sure = self._put(name, b"".join(pieces(file, digests.size)), digests)
            sent(digests.size)
        if not is_sure and not self.holds(name, digests):
            raise other_bytes(self._requests.url(name))

    def write_new(self, name: str, data: bytes) -> bytes:
        """Write an object where there is none; return what is there then."""
        digests = digests_of(io.BytesIO(data), len(data), max(len(data), 1))
        try:
            self._put(name, data, digests, IfNoneMatch="*")
        except FileExistsError:
            pass
        except UnconditionalError:
            if self._store.read(name) is None:
                self._put(name, data, digests)
        return self._store.read(name) or b""

    def _put(self, name: str, data: bytes, digests: Digests, **condition: str) -> bool:
        """Write an object in one request; return whether the answer proves that its bytes are there."""
        for _ in range(TRIES):
            answer = self._requests.about("put_object", name, Body=data, ChecksumSHA256=digests.checksum, **condition)
            if (agreed := agrees(answer, digests)) is not False:
                return agreed is True
            # What is there now is of this process, and was damaged on its way.
            condition = {}
        raise other_bytes(self._requests.url(name))
