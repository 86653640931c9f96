"""The archive of a shared run: the same files give the same bytes."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from probe.record.files import file_sha256, open_plain
from probe.record.received import SUMS

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format knows: when a file was copied is nobody's business."""
_UNIX = 3


def write_archive(out: Path, name: str, files: Sequence[Path]) -> None:
    """Write a .zip with a folder of files, and their hashes in the form that `sha256sum -c` reads. Raises OSError."""
    new = out.with_name(f".{out.name}.new")
    # Not by their paths: the reports are in a temporary folder.
    ordered = sorted(files, key=lambda file: file.name)
    sums = "".join(f"{file_sha256(file)}  {file.name}\n" for file in ordered)
    try:
        with (
            os.fdopen(os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w+b") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        ):
            archive.writestr(_entry(f"{name}/", 0o40700), b"")
            for source in ordered:
                entry = _entry(f"{name}/{source.name}", 0o100600)
                entry.file_size = source.stat().st_size
                with archive.open(entry, "w") as copy, open_plain(source) as data:
                    shutil.copyfileobj(data, copy, 1 << 20)
            archive.writestr(_entry(f"{name}/{SUMS}", 0o100600), sums)
        new.replace(out)
    finally:
        new.unlink(missing_ok=True)


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = mode << 16 | (0x10 if name.endswith("/") else 0)
    entry.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
    return entry
