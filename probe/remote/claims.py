"""Which run has a name in a bucket: a manifest says so, and until it is there, an object under `.uploads/`."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Mapping
from typing import Any, Protocol

from probe.errors import UserError
from probe.record.manifest import NAME as MANIFEST
from probe.store.store import Store

CLAIMS = ".uploads"
_SAME = ("started", "traffic_sha256")
"""What two manifests of one run have in common, whatever was done with it later."""


class NewFiles(Protocol):
    """Where a file can be written on the condition that there is none."""

    def write_new(self, name: str, data: bytes) -> bytes:
        """Write a file where there is none; return what is there then."""


def identity(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what distinguishes a run from another one of the same name, out of its manifest."""
    return {name: data.get(name) for name in _SAME}


def is_there(store: Store, key: str, data: Mapping[str, Any]) -> bool:
    """Check whether a bucket has a run, whole. Raises UserError where it has another one of that name."""
    found = store.read(f"{key}/{MANIFEST}")
    if found is None:
        return False
    _require_same(found, data, f"{store.url}/{key} is another run than the one here: it has another record")
    return True


def claim(files: NewFiles, store: Store, key: str, data: Mapping[str, Any]) -> bool:
    """Keep a name for a run until its manifest is there; return False where it is there already. Raises UserError."""
    own = json.dumps(identity(data)).encode()
    found = files.write_new(claim_of(key), own)
    place = f"{store.url}/{claim_of(key)}"
    _require_same(found, data, f"another run of the name {key} is being uploaded to {store.url}", place)
    try:
        # It may have come after the first look.
        return not is_there(store, key, data)
    except UserError:
        release(store, key)
        raise


def release(store: Store, key: str) -> None:
    """Release a name; where that is not allowed, it stays, and does no harm to a run that is there."""
    with contextlib.suppress(UserError):
        store.delete(claim_of(key))


def claim_of(key: str) -> str:
    """Return the name of the object that keeps a run's name."""
    return f"{CLAIMS}/{key}"


def _require_same(found: bytes, data: Mapping[str, Any], problem: str, place: str | None = None) -> None:
    try:
        there = json.loads(found)
    except ValueError:
        there = None
    if isinstance(there, dict) and identity(there) == identity(data):
        return
    hint = "nothing was overwritten; rename the folder here, or name another place"
    if place:
        hint = f"wait for its end; if it never comes: delete {shlex.quote(place)}"
    raise UserError(problem, hint, code=1)
