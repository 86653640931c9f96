"""Store which values a later command must redact in a journal, without storing the values.

`known.jsonl`, next to the journals, holds the first two bytes, the length and an HMAC of each value, and whether it has
spaces. The HMAC's key is derived from the salt, which is elsewhere; the file only identifies the salt. A process that
reads the journals compares the HMAC wherever these two bytes occur.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from probe.addon.journal import FOLDER, KNOWN
from probe.addon.plain_files import plain_fd, read_plain
from probe.addon.redaction.redactor import Redactor
from probe.addon.redaction.salt import read_salt

_BEGIN = 2
"""More would reveal more of a short password; less would match too many places."""
_LARGEST = 64 << 20
"""Maximum size of the file: each spelling of each value takes a hundred bytes."""


class KnownFile:
    """Writes the values that a proxy redacts, for a later command."""

    def __init__(self, folder: Path, redactor: Redactor, salt_file: Path, headers: tuple[str, ...]) -> None:
        salt = read_salt(salt_file)
        self._key = _key(salt)
        self._fd = plain_fd(folder / KNOWN, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._write({"salt": _proof(salt), "headers": headers, "keep": redactor.keep})

    def add(self, marks: Mapping[bytes, bytes]) -> None:
        """Add values with their marks."""
        for value, mark in marks.items():
            digest = _digest(self._key, value)
            self._write([value[:_BEGIN].hex(), len(value), digest, mark.decode(), b" " in value])

    def _write(self, line: object) -> None:
        # On a full disk the journals are not written either.
        with contextlib.suppress(OSError):
            os.write(self._fd, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def read_redactor(run_folder: Path, salt_files: Iterable[Path], earlier: Redactor | None = None) -> Redactor:
    """Return the redactor of a run whose proxies are other processes; `earlier` is that of an earlier call.

    Raises OSError if none of the files has the run's salt.
    """
    redactor = earlier
    found = Hashed(b"")
    for line in read_plain(run_folder / FOLDER / KNOWN, _LARGEST).decode().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            # A killed process may leave half a line.
            continue
        if isinstance(entry, dict):
            salt = _find_salt(entry["salt"], salt_files)
            found.key = _key(salt)
            redactor = redactor or Redactor(salt, (), entry["headers"], keep=entry["keep"])
        else:
            # A file of an older version does not say whether the value has spaces.
            spaced = entry[4] if len(entry) > 4 else True
            found.add(bytes.fromhex(entry[0]), entry[1], entry[2], entry[3].encode(), spaced=spaced)
    if redactor is None:
        raise FileNotFoundError(f"{run_folder / FOLDER / KNOWN} does not list what to redact")
    redactor.recall(found)
    return redactor


class Hashed:
    """Finds values of which only a hash is known."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.longest = 1
        self._marks: dict[bytes, dict[int, dict[str, bytes]]] = {}
        self._spaced: dict[bytes, int] = {}
        """Length of the longest value with spaces, by its first bytes."""

    def add(self, begin: bytes, length: int, digest: str, mark: bytes, *, spaced: bool) -> None:
        """Search for a value from now on; `spaced` values have spaces."""
        self._marks.setdefault(begin, {}).setdefault(length, {})[digest] = mark
        self.longest = max(self.longest, length)
        if spaced:
            self._spaced[begin] = max(self._spaced.get(begin, 0), length)

    def unfinished(self, data: bytes) -> int:
        """Return where a value with spaces may begin that is not complete yet; else the length of `data`."""
        begins = (data.find(begin, max(0, len(data) - length + 1)) for begin, length in self._spaced.items())
        return min((place for place in begins if place >= 0), default=len(data))

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each value in `data`, in order, without overlap."""
        places = sorted(place for begin in self._marks for place in _places(data, begin))
        free = 0
        for start in places:
            if start >= free and (hit := self._at(data, start)):
                free, mark = hit
                yield start, free, mark

    def _at(self, data: bytes, start: int) -> tuple[int, bytes] | None:
        lengths = self._marks[data[start : start + _BEGIN]]
        for length in sorted(lengths, reverse=True):
            value = data[start : start + length]
            if len(value) == length and (mark := lengths[length].get(_digest(self.key, value))):
                return start + length, mark
        return None


def _places(data: bytes, part: bytes) -> Iterator[int]:
    place = data.find(part)
    while place >= 0:
        yield place
        place = data.find(part, place + 1)


def _find_salt(proof: str, salt_files: Iterable[Path]) -> bytes:
    """Return the salt that a run was recorded with. Raises OSError when it is in none of the files."""
    tried = []
    for path in salt_files:
        try:
            salt = read_salt(path)
        except OSError as error:
            tried.append(f"{path} ({error.strerror})")
        else:
            if _proof(salt) == proof:
                return salt
            tried.append(f"{path} (another salt)")
    raise FileNotFoundError(f"the salt of the run's redaction tags was not found; looked for in {', '.join(tried)}")


def _key(salt: bytes) -> bytes:
    return hmac.digest(salt, b"known values", "sha256")


def _proof(salt: bytes) -> str:
    return hmac.digest(salt, b"which salt", "sha256").hex()


def _digest(key: bytes, value: bytes) -> str:
    return hmac.digest(key, value, "sha256").hex()
