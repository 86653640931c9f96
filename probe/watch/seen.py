"""What was watched last with each recording, kept so that a version is run once."""

from __future__ import annotations

import msgspec

from probe.errors import UserError
from probe.store.store import Store

_NAME = "state.json"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The last version that was watched with a recording."""

    schema: int = 1
    version: str
    before: str | None = None
    """What it was compared with; None where there was nothing to compare, or that version is not known."""
    counts: dict[str, int] = {}
    """Findings by level."""
    comparison: str | None = None
    """Name of the comparison's files, without their ending; None where there was nothing to compare."""
    note: str | None = None
    runs: tuple[str, ...] = ()
    """Names of the runs that were compared; they are deleted when the next version was."""
    at: str
    reported: bool = True
    """False until the report with it was printed."""


def read_seen(store: Store, recording: str) -> Seen | None:
    """Return what was watched with a recording (`target/name`); None where nothing was. Raises UserError."""
    name = f"{recording}/{_NAME}"
    data = store.read(name)
    try:
        return None if data is None else msgspec.json.decode(data, type=Seen)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(f"{store.url}/{name}: cannot be read: {error}", "delete it to begin anew", code=1) from error


def write_seen(store: Store, recording: str, seen: Seen) -> None:
    """Keep what was watched with a recording."""
    store.write(f"{recording}/{_NAME}", msgspec.json.format(msgspec.json.encode(seen)) + b"\n")


def last_version(store: Store, target: str) -> str | None:
    """Return the version of a target that was watched last, with any recording. Raises UserError."""
    names = store.names(f"{target}/", f"/{_NAME}")
    found = [seen for name in names if (seen := read_seen(store, name.removesuffix(f"/{_NAME}")))]
    return max(found, key=lambda one: one.at).version if found else None
