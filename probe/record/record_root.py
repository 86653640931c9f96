"""What identifies a record: the SHA-256 of its bytes, and the Merkle root of its exchanges, from one reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from probe.record.files import is_plain
from probe.record.long_lines import LONG_LINE, shortened_line, text_chunks
from probe.record.merkle import LEAF, MerkleTree, leaf_hash
from probe.record.open_record import open_record, record_file
from probe.record.rfc8785 import rfc8785_json, string_content

_BUFFER = 4 << 20
_LARGE = 8 << 20
_MOST_VALUES = 10_000_000


class RecordDigests(NamedTuple):
    """The digests of a record, in hexadecimal."""

    sha256: str
    """Of its bytes, decompressed."""
    root: str
    """Merkle root of RFC 6962; a leaf is the RFC 8785 form of a line's value, in the order of the file."""
    leaves: int
    """Lines with a record."""

    @property
    def noted(self) -> dict[str, Any]:
        """Return what the manifest has of them."""
        return {"traffic_sha256": self.sha256, "merkle_root": self.root, "merkle_leaves": self.leaves}


def record_digests(path: Path, on_leaf: Callable[[int, bytes], None] = lambda line, leaf: None) -> RecordDigests | None:
    """Return the digests of a record; None where there is none. `on_leaf` gets each line's number and hash.

    Raises DamagedRecordError.
    """
    if not is_plain(record_file(path)):
        return None
    digest, tree = sha256(), MerkleTree()
    with open_record(path, _BUFFER) as file:
        number = 0
        while line := file.readline(LONG_LINE):
            number += 1
            digest.update(line)
            if len(line) == LONG_LINE and not line.endswith(b"\n"):
                leaf = _long_leaf(path, file, digest.update)
            elif line.isspace():
                continue
            else:
                leaf = leaf_hash(_canonical(line))
            tree.add(leaf)
            on_leaf(number, leaf)
    return RecordDigests(digest.hexdigest(), tree.root.hex(), tree.size)


def _canonical(line: bytes) -> bytes:
    """Return the canonical form of a line's value; of a line without one, its bytes, which no value has as its form."""
    try:
        return rfc8785_json(msgspec.json.decode(line)) if _is_small(line) else line.rstrip(b"\n")
    except (ValueError, RecursionError):
        return line.rstrip(b"\n")


def _is_small(line: bytes) -> bool:
    """Check whether a line's values take little memory: parsed, each may take 100 bytes, its text as few as three."""
    return len(line) < _LARGE or sum(map(line.count, (b",", b"[", b"{"))) <= _MOST_VALUES


def _long_leaf(path: Path, file: BinaryIO, passed: Callable[[bytes], None]) -> bytes:
    """Return the leaf of a line of which the beginning was read; `passed` gets the rest of its bytes."""
    start = file.tell() - LONG_LINE
    while more := file.readline(LONG_LINE):
        passed(more)
        if more.endswith(b"\n"):
            break
    end = file.tell()
    try:
        return _hashed(_long_canonical(path, file, start, end))
    except (ValueError, RecursionError):
        file.seek(start)
        ending = 1 if more.endswith(b"\n") else 0
        return _hashed(_bytes_of(file, end - ending))
    finally:
        file.seek(end)


def _hashed(chunks: Iterator[bytes]) -> bytes:
    digest = sha256(LEAF)
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


def _bytes_of(file: BinaryIO, end: int) -> Iterator[bytes]:
    while data := file.read(min(_BUFFER, end - file.tell())):
        yield data


def _long_canonical(path: Path, file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield the canonical form of a long line, its long texts chunk by chunk. Raises ValueError where it has none."""
    line, mark, spans = shortened_line(file, start, end)
    if not _is_small(line):
        raise ValueError("too many values")
    text = rfc8785_json(_marked(msgspec.json.decode(line), mark))
    # Sorting has changed the order.
    parts = text.split(mark.encode())
    yield parts[0]
    for part in parts[1:]:
        number, quote, rest = part.partition(b'"')
        yield from (string_content(chunk) for chunk in text_chunks(path, spans[int(number)]))
        yield quote + rest


def _marked(value: Any, mark: str) -> Any:
    """Return a value whose shortened texts are their marks alone. Raises ValueError for a name among them."""
    if isinstance(value, str):
        _, found, number = value.rpartition(mark)
        return found + number if found else value
    if isinstance(value, list):
        return [_marked(one, mark) for one in value]
    if isinstance(value, dict):
        if any(mark in name for name in value):
            raise ValueError("a long text is the name of a member")
        return {name: _marked(one, mark) for name, one in value.items()}
    return value
