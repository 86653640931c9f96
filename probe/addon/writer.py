"""Append whole lines to `traffic.jsonl` from several processes and threads."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from probe.addon.json_text import dumps
from probe.addon.kept_body import Fragment
from probe.addon.plain_files import plain_fd
from probe.addon.private_files import private_folder
from probe.addon.redaction.edits import in_blocks


class Writer:
    """One file of records, 0600; it has a record completely or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        private_folder(path.parent)
        self._fd = plain_fd(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        # flock excludes other processes, not other threads that use the same descriptor.
        self._lock = threading.Lock()

    def append(self, record: dict[str, Any]) -> None:
        """Write one record as a line. Raises OSError and leaves the file unchanged when the disk is full."""
        with self._lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                self._append(encoded(record))
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _append(self, chunks: Iterable[bytes]) -> None:
        end = os.fstat(self._fd).st_size
        try:
            # A killed writer may have left half a line; a new record must not continue it.
            if end and os.pread(self._fd, 1, end - 1) != b"\n":
                _write_all(self._fd, b"\n")
            for chunk in in_blocks(chunks):
                _write_all(self._fd, chunk)
        except BaseException:
            os.ftruncate(self._fd, end)
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def encoded(record: dict[str, Any]) -> Iterator[bytes]:
    """Yield a record as one line of JSON; a Fragment inside it is written chunk by chunk."""
    fragments: list[Fragment] = []
    # Random, so that nothing from the wire can look like it.
    mark = secrets.token_hex(12)

    def stand_in(value: Any) -> Any:
        if isinstance(value, Fragment):
            fragments.append(value)
            return mark
        return value

    text = dumps({key: _mapped(value, stand_in) for key, value in record.items()})
    parts = text.split(f'"{mark}"')
    for number, part in enumerate(parts):
        yield part.encode("utf-8", "replace")
        if number < len(fragments):
            yield from fragments[number].chunks()
    yield b"\n"


def _mapped(value: Any, function: Any) -> Any:
    """Apply `function` to a value, or to a message's fields (fragments are never deeper)."""
    if isinstance(value, dict):
        return {key: function(member) for key, member in value.items()}
    return function(value)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
