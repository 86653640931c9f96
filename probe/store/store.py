"""One place for named objects: a local folder, or a prefix in a bucket that fsspec knows (`s3://bucket/prefix`)."""

from __future__ import annotations

import os
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from probe.addon.private_files import private_folder
from probe.errors import UserError

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://")


def is_url(word: str) -> bool:
    """Check whether a word names a place that fsspec knows, and is no path."""
    return bool(_URL.match(word))


class Store(ABC):
    """Named objects; a name is a relative path with slashes. Every method may raise UserError for a lost connection."""

    url: str
    """`s3://bucket/prefix`, or an absolute path."""
    is_remote: bool

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """Return an object's bytes; None where there is none."""

    @abstractmethod
    def read_range(self, name: str, offset: int, length: int, stamp: str | None = None) -> bytes:
        """Return some bytes of an object. Raises FileNotFoundError, and UserError where it has another stamp."""

    @abstractmethod
    def info(self, name: str) -> tuple[int, str] | None:
        """Return an object's size in bytes and its stamp, which any change of it changes; None where there is none."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write an object; a reader sees the old one, the whole new one or none."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete an object, where there is one."""

    @abstractmethod
    def stamps(self, prefix: str = "", suffix: str = "") -> Iterator[tuple[str, str]]:
        """Yield names that begin and end like this, each with its stamp, in the order of names."""

    @abstractmethod
    def folders(self) -> list[str]:
        """Return the names of the folders directly below, without those that begin with a dot."""

    @abstractmethod
    def sub(self, name: str) -> Store:
        """Return the store of all names below one."""

    def size(self, name: str) -> int | None:
        """Return an object's size in bytes; None where there is none."""
        found = self.info(name)
        return found[0] if found else None

    def names(self, prefix: str = "", suffix: str = "") -> Iterator[str]:
        """Yield names that begin and end like this, in their order."""
        return (name for name, _ in self.stamps(prefix, suffix))


class FolderStore(Store):
    """Objects as files of a local folder, which is made when something is written."""

    is_remote = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.url = str(self.folder)

    def read(self, name: str) -> bytes | None:
        """Return an object's bytes; None where there is none."""
        try:
            return (self.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read_range(self, name: str, offset: int, length: int, stamp: str | None = None) -> bytes:
        """Return some bytes of an object. Raises FileNotFoundError, and UserError for another stamp."""
        with (self.folder / name).open("rb") as file:
            if stamp is not None and _stamp(os.fstat(file.fileno())) != stamp:
                raise changed(f"{self.url}/{name}")
            file.seek(offset)
            return file.read(length)

    def info(self, name: str) -> tuple[int, str] | None:
        """Return an object's size and stamp; None where there is none."""
        try:
            found = (self.folder / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size, _stamp(found)

    def write(self, name: str, data: bytes) -> None:
        """Write an object in one step."""
        place = self.folder / name
        private_folder(place.parent)
        fd, new = tempfile.mkstemp(prefix=_NEW, dir=place.parent)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
            Path(new).replace(place)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise

    def delete(self, name: str) -> None:
        """Delete an object, where there is one."""
        (self.folder / name).unlink(missing_ok=True)

    def stamps(self, prefix: str = "", suffix: str = "") -> Iterator[tuple[str, str]]:
        """Yield names that begin and end like this, each with its stamp, in the order of names."""
        # Only the folders that such names can be in.
        parent = self.folder / prefix.rpartition("/")[0]
        found = [
            (name, file)
            for folder, _, files in os.walk(parent)
            for one in files
            if not one.startswith(_NEW) and (file := Path(folder, one))
            and (name := file.relative_to(self.folder).as_posix()).startswith(prefix) and name.endswith(suffix)
        ]  # fmt: skip
        for name, file in sorted(found):
            try:
                yield name, _stamp(file.stat())
            except FileNotFoundError:
                continue

    def folders(self) -> list[str]:
        """Return the names of the folders directly below, without those that begin with a dot."""
        if not self.folder.is_dir():
            return []
        return sorted(one.name for one in self.folder.iterdir() if one.is_dir() and not one.name.startswith("."))

    def sub(self, name: str) -> FolderStore:
        """Return the store of all names below one."""
        return FolderStore(self.folder / name)


_NEW = ".new-"
"""How files begin that are being written."""


def _stamp(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}"


def changed(place: str) -> UserError:
    """Return the error about an object that is another one by now."""
    return UserError(f"{place} was changed while it was read", "call the same command again", code=1)


def store_at(place: str | Path) -> Store:
    """Return the store of a path or an address. Raises UserError for an address that nothing here can read."""
    if isinstance(place, Path) or not is_url(place):
        return FolderStore(Path(place))
    from probe.store.bucket import BucketStore  # Here: it needs libraries of an extra.

    return BucketStore(place)
