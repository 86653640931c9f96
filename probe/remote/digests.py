"""The hashes by which an uploaded file is checked: of the whole, and of its parts in the two forms that S3 knows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from probe.errors import UserError

PART = 8 << 20
"""Bytes of a part: what is lost at most when the connection is cut."""
_MOST_PARTS = 10_000
_STEP = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Hashes of a file."""

    size: int
    part_size: int
    sha256: str
    md5s: tuple[bytes, ...]
    """Of each part, in order; a file of at most `part_size` bytes is one part."""
    sha256s: tuple[bytes, ...]

    @property
    def etag(self) -> str:
        """Return the ETag that S3 documents for objects that are not encrypted with keys of a customer or of KMS."""
        if len(self.md5s) == 1:
            return self.md5s[0].hex()
        return f"{hashlib.md5(b''.join(self.md5s), usedforsecurity=False).hexdigest()}-{len(self.md5s)}"

    @property
    def checksum(self) -> str:
        """Return the SHA-256 checksum in S3's form: of the hashes of the parts, where there are several."""
        if len(self.sha256s) == 1:
            return encoded(self.sha256s[0])
        return f"{encoded(hashlib.sha256(b''.join(self.sha256s)).digest())}-{len(self.sha256s)}"

    def part(self, number: int) -> Digests:
        """Return the hashes of one part, counted from 0."""
        digest = self.sha256s[number]
        size = min(self.part_size, self.size - number * self.part_size)
        return Digests(
            size=size,
            part_size=self.part_size,
            sha256=digest.hex(),
            md5s=(self.md5s[number],),
            sha256s=(digest,),
        )


def encoded(digest: bytes) -> str:
    """Return a hash as S3 writes it."""
    return base64.b64encode(digest).decode()


def part_size_of(size: int, part_size: int) -> int:
    """Return how large the parts of a file are: they grow where there would be too many of them."""
    if size <= part_size * _MOST_PARTS:
        return part_size
    return -(-size // (_MOST_PARTS * _STEP)) * _STEP


def digests_of(file: BinaryIO, size: int, part_size: int = PART) -> Digests:
    """Return the hashes of the first `size` bytes of a file. Raises UserError when it has fewer."""
    part_size = part_size_of(size, part_size)
    whole, md5s, sha256s = hashlib.sha256(), list[bytes](), list[bytes]()
    file.seek(0)
    for begin in range(0, max(size, 1), part_size):
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for data in pieces(file, min(part_size, size - begin)):
            for digest in (whole, md5, sha256):
                digest.update(data)
        md5s.append(md5.digest())
        sha256s.append(sha256.digest())
    return Digests(size=size, part_size=part_size, sha256=whole.hexdigest(), md5s=tuple(md5s), sha256s=tuple(sha256s))


def pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield the next bytes of a file in pieces. Raises UserError where it ends before."""
    while length:
        data = file.read(min(_STEP, length))
        if not data:
            raise UserError(f"{getattr(file, 'name', 'a file')} became shorter while it was read", code=1)
        length -= len(data)
        yield data
