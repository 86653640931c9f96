"""List the runs of a data folder that a fleet is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

from probe.addon.journal import FOLDER as JOURNALS
from probe.did_you_mean import runs_there_are
from probe.errors import UserError
from probe.fleet.tree import key_of
from probe.record.manifest import NAME as MANIFEST
from probe.store.store import Store

_WILD = re.compile(r"[*?[]")


class FleetRun(NamedTuple):
    """One run of a fleet."""

    name: str
    """`target/name`: its folder in the data folder."""
    key: str
    """Changes with the run and with all else that its result depends on."""


class Listed(NamedTuple):
    """What a pattern names."""

    runs: list[FleetRun]
    """Sorted by name."""
    unfinished: int
    """Runs that are being recorded, or were cut off and not recovered yet: they are left out."""


def list_runs(store: Store, pattern: str, code_of: Callable[[str], str]) -> Listed:
    """Return the runs that a pattern names; `code_of` returns the key of the code for a target. Raises UserError."""
    code = cache(code_of)
    found, unfinished = [], 0
    for name, stamp in _manifests(store, literal(pattern)):
        if not fnmatchcase(name, pattern):
            continue
        if not store.is_remote and Path(store.url, name, JOURNALS).is_dir():
            unfinished += 1
            continue
        found.append(FleetRun(name, key_of("run", (name, stamp, code(name.partition("/")[0])))))
    if not found:
        raise _nothing(store, pattern, unfinished)
    return Listed(sorted(found), unfinished)


def literal(pattern: str) -> str:
    """Return what all names begin with that match a pattern."""
    return _WILD.split(pattern)[0]


def _manifests(store: Store, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of each run and the stamp of its manifest."""
    for name, stamp in store.stamps(prefix, f"/{MANIFEST}"):
        target, *rest = name.split("/")
        if len(rest) == 2 and not target.startswith(".") and name.isprintable():
            yield name.removesuffix(f"/{MANIFEST}"), stamp


def _nothing(store: Store, pattern: str, unfinished: int) -> UserError:
    if unfinished:
        return UserError(
            f"all {unfinished} runs that match {pattern!r} are unfinished",
            "wait for their end; invoke runs shows which were cut off, and recovers them",
        )
    names = [name for name, _ in _manifests(store)]
    if not names:
        return UserError(f"there is no run in {store.url}", "name another folder with --data-dir")
    return UserError(f"no run matches {pattern!r} in {store.url}", runs_there_are(pattern, names))
