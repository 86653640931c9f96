"""What a run's folder keeps of uploads that were cut: the ids by which they go on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec

from probe.addon.plain_files import read_plain
from probe.record.files import write_private
from probe.remote.digests import Digests

NAME = ".upload.json"
_LARGEST = 1 << 20

Sent = Callable[[int], None]
"""Called with the bytes that a bucket has, each time that there are more."""


class _Upload(msgspec.Struct, frozen=True):
    upload_id: str
    sha256: str
    part_size: int


class KeptUploads:
    """The uploads that were begun from a folder, by the address of the object."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        try:
            self._uploads = msgspec.json.decode(read_plain(self._path, _LARGEST), type=dict[str, _Upload])
        except (OSError, msgspec.MsgspecError):
            # Without it everything is sent again, which is as good.
            self._uploads = {}

    def get(self, url: str, digests: Digests) -> str | None:
        """Return the id of an upload of these bytes in these parts; None where none was begun."""
        found = self._uploads.get(url)
        same = found and (found.sha256, found.part_size) == (digests.sha256, digests.part_size)
        return found.upload_id if found and same else None

    def ids(self) -> set[str]:
        """Return the ids of all of them."""
        return {one.upload_id for one in self._uploads.values()}

    def keep(self, url: str, digests: Digests, upload_id: str) -> None:
        """Note an upload that was begun."""
        self._uploads[url] = _Upload(upload_id, digests.sha256, digests.part_size)
        self._write()

    def forget(self, url: str) -> None:
        """Note that an upload has ended."""
        if self._uploads.pop(url, None):
            self._write()

    def forget_all(self, url: str) -> None:
        """Note that every upload to an address has ended, or is needed no more."""
        for one in [one for one in self._uploads if one.startswith(f"{url}/")]:
            self.forget(one)

    def _write(self) -> None:
        # A folder that cannot be written to can be uploaded all the same.
        with contextlib.suppress(OSError):
            if self._uploads:
                write_private(self._path, json.dumps(msgspec.to_builtins(self._uploads), indent=2) + "\n")
            else:
                self._path.unlink(missing_ok=True)
