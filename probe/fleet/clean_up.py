"""Delete what is stored about runs that are gone or were changed, long after it was used last."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase

from probe.fleet.jobs import RESULTS, result_name
from probe.fleet.listing import FleetRun, literal
from probe.fleet.stored_nodes import FOLDER as NODES
from probe.store.store import Store

UNUSED = ".fleet/unused.json"
AGE_SECONDS = 7 * 24 * 3600.0
"""How long something stays that no command has used: other commands may be reading other runs of this folder."""
_MOST = 20_000
"""Names that are noted and deleted at a time."""


def clean_up(store: Store, pattern: str, runs: Sequence[FleetRun], nodes: Collection[str], now: float = 0.0) -> None:
    """Note what nothing uses any more, and delete what was noted a week ago.

    `runs` are all that match the pattern, and `nodes` all that were used for them.
    """
    now = now or time.time()
    before = _noted(store)
    unused = [*_unused_results(store, pattern, runs), *_unused_nodes(store, nodes)]
    # Results of other runs than the pattern's stay noted, whether they are still there or not.
    others = [name for name in before if name.startswith(f"{RESULTS}/") and not _matches(name, pattern)]
    noted = {name: before.get(name, now) for name in [*unused, *others][:_MOST]}
    due = [name for name, since in noted.items() if now - since > AGE_SECONDS]
    for name in due:
        store.delete(name)
        del noted[name]
    if noted != before:
        store.write(UNUSED, json.dumps(noted).encode())


def _noted(store: Store) -> dict[str, float]:
    """Return the names that were noted, and when; nothing where the note is damaged."""
    try:
        found = json.loads(store.read(UNUSED) or b"{}")
        kept = (f"{RESULTS}/", f"{NODES}/")
        return {name: float(since) for name, since in found.items() if name.startswith(kept) and ".." not in name}
    except (ValueError, TypeError, AttributeError):
        return {}


def _unused_results(store: Store, pattern: str, runs: Sequence[FleetRun]) -> Iterator[str]:
    used = {result_name(run) for run in runs}
    for name in store.names(f"{RESULTS}/{literal(pattern)}"):
        if name not in used and _matches(name, pattern):
            yield name


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name.removeprefix(f"{RESULTS}/").rpartition(".")[0], pattern)


def _unused_nodes(store: Store, nodes: Collection[str]) -> Iterator[str]:
    for name in store.names(f"{NODES}/"):
        if name.rpartition("/")[2] not in nodes:
            yield name
