"""The journal of an exchange: every event is written to a file at once, so that a killed proxy loses nothing.

`<run>/.live/` holds one 0600 file for each exchange under way; it is deleted when the record is written. A file is a
sequence of frames: kind (1 byte), time (epoch seconds, 8 bytes), length (4 bytes, all little-endian), then the bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from probe.addon.plain_files import open_folder, plain_fd
from probe.addon.private_files import private_folder

FOLDER = ".live"

REQUEST, REQUEST_DATA, REQUEST_END = b"Q", b"R", b"E"
RESPONSE, RESPONSE_DATA, RESPONSE_END = b"A", b"B", b"F"
WEBSOCKET, WEBSOCKET_END = b"W", b"V"
CLIENT_TEXT, CLIENT_BINARY, SERVER_TEXT, SERVER_BINARY = b"C", b"c", b"S", b"s"
ERROR, LOST = b"X", b"L"
FACTS = (REQUEST, REQUEST_END, RESPONSE, RESPONSE_END, WEBSOCKET, WEBSOCKET_END, ERROR)
"""Kinds whose bytes are a JSON object."""
KINDS = (*FACTS, REQUEST_DATA, RESPONSE_DATA, CLIENT_TEXT, CLIENT_BINARY, SERVER_TEXT, SERVER_BINARY, LOST)

Frame = tuple[bytes, float, bytes]
_HEAD = struct.Struct("<cdI")
_LOSSES = struct.Struct("<QQQ")
_CHUNK = 1 << 18


class Journal:
    """The file of one exchange: `name`, in the folder with the descriptor `folder`."""

    def __init__(self, name: str | Path, folder: int | None = None) -> None:
        self.name, self._folder = str(name), folder
        self.size = 0
        """Bytes of all whole frames."""
        self.broken = False
        """True once a frame could not be written (a full disk): all before it is in the file, nothing after it."""
        try:
            self._fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
        except OSError:
            self._fd, self.broken = -1, True

    def append(self, kind: bytes, now: float, data: bytes) -> bool:
        """Add a frame; return whether it is in the file."""
        if self.broken:
            return False
        length = _HEAD.size + len(data)
        try:
            if os.writev(self._fd, (_HEAD.pack(kind, now, len(data)), data)) == length:
                self.size += length
                return True
        except OSError:
            pass
        self._break()
        return False

    def _break(self) -> None:
        """End the file with a frame for what is lost, which needs little room."""
        self.broken = True
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self.size)
            os.pwrite(self._fd, _HEAD.pack(LOST, 0.0, _LOSSES.size) + _LOSSES.pack(0, 0, 0), self.size)

    def note_losses(self, request: int, response: int, messages: int) -> None:
        """Write the losses of a broken journal into the frame reserved for them, which needs no more room."""
        if self.broken and self._fd >= 0:
            with contextlib.suppress(OSError):
                os.pwrite(self._fd, _LOSSES.pack(request, response, messages), self.size + _HEAD.size)

    def frames(self, begin: int = 0) -> Iterator[Frame]:
        """Yield the whole frames from a place on, oldest first. Raises ValueError at an unknown kind."""
        end = os.fstat(self._fd).st_size
        position, buffer, offset = begin, b"", 0
        while True:
            needed = _HEAD.size
            while len(buffer) - offset >= needed:
                kind, now, length = _HEAD.unpack_from(buffer, offset)
                if kind not in KINDS:
                    raise ValueError(f"a frame of unknown kind {kind!r}")
                needed = _HEAD.size + length
                if len(buffer) - offset < needed:
                    break
                yield kind, now, buffer[offset + _HEAD.size : offset + needed]
                offset, needed = offset + needed, _HEAD.size
            if position - len(buffer) + offset + needed > end:
                # The last frame is torn: its writer was killed.
                return
            data = os.pread(self._fd, max(_CHUNK, needed), position)
            position += len(data)
            buffer, offset = buffer[offset:] + data, 0

    def exists(self) -> bool:
        """Check whether it still exists: another process that wrote its record may have removed it."""
        return self._fd >= 0 and os.fstat(self._fd).st_nlink > 0

    def close(self, *, remove: bool) -> None:
        """Close the file; delete it when its record is written."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd, self.broken = -1, True
            if remove:
                with contextlib.suppress(OSError):
                    os.unlink(self.name, dir_fd=self._folder)


class PastJournal(Journal):
    """A journal that a killed proxy left; appending to it changes nothing."""

    def __init__(self, path: Path) -> None:
        self.name, self._folder, self.broken = str(path), None, False
        self._fd = plain_fd(path, os.O_RDONLY)
        self.size = os.fstat(self._fd).st_size

    def append(self, kind: bytes, now: float, data: bytes) -> bool:
        """Return True: the frame is in the file already."""
        return True


def frame_size(frame: Frame) -> int:
    """Return how many bytes of its journal a frame takes."""
    return _HEAD.size + len(frame[2])


def losses(data: bytes) -> tuple[int, int, int]:
    """Parse a frame of kind LOST: bytes of the request, bytes of the response, messages."""
    request, response, messages = _LOSSES.unpack(data)
    return request, response, messages


class JournalFolder:
    """`.live` of a run, locked by each proxy that writes into it, so that nobody mistakes it for a dead one's."""

    def __init__(self, run_folder: Path) -> None:
        self.path = run_folder / FOLDER
        self._fd = _locked(self.path, fcntl.LOCK_SH)

    def journal(self, name: str) -> Journal:
        """Begin the journal of an exchange."""
        return Journal(name, self._fd)

    def close(self) -> None:
        """Unlock the folder, and remove it when it is empty and unused."""
        with contextlib.suppress(OSError):
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_folder(self.path)
        os.close(self._fd)


def _locked(folder: Path, how: int) -> int:
    """Open and lock a folder that another process may remove at the same time."""
    while True:
        private_folder(folder)
        fd = -1
        try:
            fd = open_folder(folder)
            fcntl.flock(fd, how)
            if os.path.samestat(folder.lstat(), os.fstat(fd)):
                return fd
        except FileNotFoundError:
            pass
        if fd >= 0:
            os.close(fd)


@contextlib.contextmanager
def left_journals(run_folder: Path, patience: float = 0.0) -> Iterator[list[Path] | None]:
    """Yield the journals that killed proxies left in a run, oldest first; None while a proxy still writes there.

    `patience` is how many seconds to wait for that proxy: a killed proxy's children end a little later.
    """
    folder = run_folder / FOLDER
    try:
        fd = open_folder(folder)
    except OSError:
        yield []
        return
    try:
        if not _locked_alone(fd, patience):
            yield None
            return
        journals = [path for path in folder.iterdir() if path.name != KNOWN]
        yield sorted(journals, key=lambda path: path.lstat().st_mtime_ns)
        with contextlib.suppress(OSError):
            remove_folder(folder)
    finally:
        os.close(fd)


def _locked_alone(fd: int, patience: float) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.05)
        else:
            return True


def remove_folder(folder: Path) -> None:
    """Remove the folder if no journal is left in it. Raises OSError."""
    known = folder / KNOWN
    if [path.name for path in folder.iterdir()] in ([], [KNOWN]):
        known.unlink(missing_ok=True)
        folder.rmdir()


KNOWN = "known.jsonl"
"""Identifies the values that a later command must redact; see `probe.addon.redaction.fingerprints`."""
