"""Where the mirror of a data folder in a bucket is on this machine, and which bucket a folder mirrors."""

from __future__ import annotations

import os
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from probe.addon.plain_files import read_plain
from probe.addon.private_files import private_folder
from probe.errors import UserError
from probe.places import default_data_dir
from probe.record.files import write_private
from probe.store.in_use import note_use
from probe.store.store import Store, store_at

_MARK = ".mirror-of"
"""Holds the address; it makes a folder a mirror."""
_FOLDER = ".remote"
_VARIABLE = "PROBE_MIRRORS"
_LONGEST = 1 << 12
_DIGITS = 10


def mirror_of(given: str) -> Path:
    """Return the local folder that mirrors a data folder in a bucket; it is made. Raises UserError."""
    url = given.rstrip("/")
    if "*" in url or "?" in url:
        raise UserError(f"{url} is a pattern", "name one data folder: s3://bucket/prefix")
    slug = re.sub(r"[^a-z0-9]+", "-", url.partition("://")[2].lower()).strip("-")[:40]
    parent = Path(os.environ.get(_VARIABLE) or default_data_dir() / _FOLDER).expanduser().resolve()
    folder = parent / f"{slug}-{sha256(url.encode()).hexdigest()[:_DIGITS]}"
    try:
        if not (folder / _MARK).exists():
            # Only then: the libraries behind it take a second to load.
            store_at(given)
            private_folder(folder)
            write_private(folder / _MARK, url + "\n")
    except OSError as error:
        hint = f"name a writable folder in {_VARIABLE}"
        raise UserError(f"the mirror of {url} cannot be made: {error}", hint, code=1) from error
    note_use(folder)
    return folder


def mirrored_url(folder: Path) -> str | None:
    """Return the address that a data folder mirrors; None for one that is no mirror."""
    try:
        return read_plain(folder / _MARK, _LONGEST).decode().strip()
    except OSError:
        return None


def is_mirror(data_dir: Path) -> bool:
    """Check whether a data folder mirrors a bucket."""
    return mirrored_url(data_dir) is not None


def store_of(data_dir: Path) -> Store:
    """Return the bucket that a data folder mirrors, or the folder itself. Raises UserError."""
    url = mirrored_url(data_dir)
    return _store(url) if url else store_at(data_dir)


@cache
def _store(url: str) -> Store:
    return store_at(url)


def shown_place(data_dir: Path) -> str:
    """Return a data folder for messages: its address, where it mirrors one."""
    return mirrored_url(data_dir) or str(data_dir)
