"""Leave a pointer in the place of a record that is in its bucket."""

from __future__ import annotations

from pathlib import Path

from probe.record.files import is_plain
from probe.record.remote_pointer import RECORDS, Pointer, read_pointer
from probe.record.remote_pointer import write_pointer as write
from probe.store.store import FolderStore, Store

__all__ = ["read_pointer", "write_pointer"]


def write_pointer(store: Store, folder: Path, key: str) -> None:
    """Write the pointer of a run that is in a store as `key`, with all its files; then remove its local record."""
    stamps = {path.removeprefix(f"{key}/"): stamp for path, stamp in store.stamps(f"{key}/")}
    here = FolderStore(folder)
    local = {name: found[1] for name in stamps if name not in RECORDS and (found := here.info(name))}
    copied = {name: (stamps[name], stamp) for name, stamp in local.items()}
    write(folder, Pointer(url=f"{store.url}/{key}", stamps=stamps, copied=copied))
    for name in RECORDS if any(one in stamps for one in RECORDS) else ():
        if is_plain(folder / name):
            (folder / name).unlink()
