"""Copy what a command wrote of a run in a bucket to that bucket: reports and signatures first, the manifest last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from probe.errors import UserError
from probe.record.files import open_plain, private_bytes
from probe.record.manifest import Manifest
from probe.record.mirrored_runs import MANIFEST
from probe.record.remote_pointer import Pointer, read_pointer, write_pointer
from probe.store.store import FolderStore, Store, store_at

_SIGNED = ("record-root.json", "record-root.json.sig")


def push(folder: Path) -> None:
    """Copy the files of a run that its steps and `sign` wrote since it was brought here. Raises UserError."""
    pointer = read_pointer(folder)
    if pointer is None:
        return
    url, target, name = pointer.url.rsplit("/", 2)
    store, here, key = store_at(url), FolderStore(folder), f"{target}/{name}"
    steps = Manifest.read(folder).facts.steps.values()
    made = {one for step in steps for one in step.outputs} | set(_SIGNED)
    changed = [one for one in sorted(made) if _is_changed(here, pointer, one)]
    for one in changed:
        pointer = _pushed(store, key, folder, pointer, one, _content(folder / one))
    if _is_changed(here, pointer, MANIFEST):
        data = _merged(store, key, folder, pointer)
        with private_bytes(folder / MANIFEST) as file:
            file.write(data)
        pointer = _pushed(store, key, folder, pointer, MANIFEST, data)
        changed.append(MANIFEST)
    if changed:
        write_pointer(folder, pointer)


def _is_changed(here: FolderStore, pointer: Pointer, name: str) -> bool:
    found = here.info(name)
    return found is not None and found[1] != pointer.copied.get(name, ("", ""))[1]


def _content(path: Path) -> bytes:
    with open_plain(path) as file:
        return file.read()


def _pushed(store: Store, key: str, folder: Path, pointer: Pointer, name: str, data: bytes) -> Pointer:
    store.write(f"{key}/{name}", data)
    there, here = store.info(f"{key}/{name}"), FolderStore(folder).info(name)
    stamp = there[1] if there else ""
    return msgspec.structs.replace(
        pointer,
        stamps=pointer.stamps | {name: stamp},
        copied=pointer.copied | {name: (stamp, here[1] if here else "")},
    )


def _merged(store: Store, key: str, folder: Path, pointer: Pointer) -> bytes:
    """Return the manifest as it is here, with the steps that another machine did meanwhile. Raises UserError."""
    data = _content(folder / MANIFEST)
    there = store.info(f"{key}/{MANIFEST}")
    if there is None:
        raise UserError(f"{store.url}/{key} was deleted", "list what is there: invoke runs", code=1)
    if there[1] == pointer.copied.get(MANIFEST, ("",))[0]:
        return data
    own, other = _values(data), _values(store.read(f"{key}/{MANIFEST}") or b"{}")
    if {**own, "steps": None} != {**other, "steps": None}:
        text = f"{store.url}/{key}/{MANIFEST} was changed by another machine"
        raise UserError(text, f"to take that one over, remove {folder}", code=1)
    merged = own | {"steps": {**other.get("steps", {}), **own.get("steps", {})}}
    return (json.dumps(merged, indent=2, ensure_ascii=False) + "\n").encode()


def _values(data: bytes) -> dict[str, Any]:
    return dict(json.loads(data))
