"""Delete what is stored about runs that are gone or were changed, a day after a command found it unused."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase

from probe.fleet.jobs import RESULTS, result_name
from probe.fleet.listing import FleetRun, literal
from probe.fleet.stored_nodes import FOLDER as NODES
from probe.fleet.stored_nodes import stored_nodes
from probe.fleet.tables import FOLDER as TABLES
from probe.fleet.tables import chunks_with_files, delete_chunks, published_chunks
from probe.store.store import Store

UNUSED = ".fleet/unused.json"
AGE_SECONDS = 24 * 3600.0
"""How long something stays that is not used: another command may be reading other runs of this folder."""
_MOST = 20_000
"""Names that are noted, and deleted, at a time."""


def clean_up(
    store: Store, pattern: str, runs: Sequence[FleetRun], nodes: Collection[str], now: float | None = None
) -> None:
    """Note what nothing uses any more, and delete what was noted a day ago and was not used since.

    `runs` are all that match the pattern, and `nodes` the keys of all that was made of them.
    """
    now = time.time() if now is None else now
    before = _noted(store)
    unused = [*_unused_results(store, pattern, runs), *_unused_nodes(store, nodes)]
    # Results of runs that the pattern does not match stay noted.
    others = [name for name in before if name.startswith(f"{RESULTS}/") and not _matches(name, pattern)]
    noted = {name: before.get(name, now) for name in [*unused, *others][:_MOST]}
    kept = {name: since for name, since in noted.items() if now - since <= AGE_SECONDS}
    _delete(store, [name for name in noted if name not in kept])
    if kept != before:
        store.write(UNUSED, json.dumps(kept).encode())


def _delete(store: Store, names: Sequence[str]) -> None:
    delete_chunks(store, {name.rpartition("/")[2] for name in names if name.startswith(f"{TABLES}/")})
    for name in names:
        if not name.startswith(f"{TABLES}/"):
            store.delete(name)


def _noted(store: Store) -> dict[str, float]:
    """Return the names that were noted, and when; none where the note is damaged."""
    try:
        found = json.loads(store.read(UNUSED) or b"{}")
        return {name: float(since) for name, since in found.items() if _is_stored_name(name)}
    except (ValueError, TypeError, AttributeError):
        return {}


def _is_stored_name(name: str) -> bool:
    """Check whether a name is one of those that may be deleted: the note could say anything."""
    return name.startswith((f"{RESULTS}/", f"{NODES}/", f"{TABLES}/")) and ".." not in name.split("/")


def _unused_results(store: Store, pattern: str, runs: Sequence[FleetRun]) -> Iterator[str]:
    used = {result_name(run) for run in runs}
    for name in store.names(f"{RESULTS}/{literal(pattern)}"):
        if name not in used and _matches(name, pattern):
            yield name


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name.removeprefix(f"{RESULTS}/").rpartition(".")[0], pattern)


def _unused_nodes(store: Store, nodes: Collection[str]) -> Iterator[str]:
    """Yield aggregates, and chunks as `.fleet/tables/KEY`, that are not among the nodes; published tables stay."""
    yield from (f"{NODES}/{key}" for key in sorted(stored_nodes(store) - set(nodes)))
    yield from (f"{TABLES}/{key}" for key in sorted(chunks_with_files(store) - set(nodes) - published_chunks(store)))
