"""Aggregates as they are stored in the data folder, under their keys."""

from __future__ import annotations

from probe.errors import UserError
from probe.fleet.statistics import FleetStatistics
from probe.store.store import Store

FOLDER = ".fleet/nodes"


def write_node(store: Store, key: str, statistics: FleetStatistics) -> None:
    """Write an aggregate."""
    store.write(f"{FOLDER}/{key}", statistics.to_bytes())


def read_node(store: Store, key: str) -> FleetStatistics:
    """Return an aggregate. Raises NodeMissingError where it is not there, or damaged."""
    try:
        return FleetStatistics.from_bytes(store.read(f"{FOLDER}/{key}") or b"")
    except ValueError as error:
        store.delete(f"{FOLDER}/{key}")  # A damaged one must not count as stored.
        raise NodeMissingError(
            f"what was stored in {store.url}/.fleet is not there any more",
            "call the same command again; with --scheduler, every worker has to see this same folder",
            code=1,
        ) from error


def stored_nodes(store: Store) -> set[str]:
    """Return the keys of all aggregates that are stored."""
    return {name.rpartition("/")[2] for name in store.names(f"{FOLDER}/")}


class NodeMissingError(UserError):
    """An aggregate that was stored is gone, or damaged: what it is made of has to be read again."""
