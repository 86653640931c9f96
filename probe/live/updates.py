"""What clients are sent: only what each does not have, by the version that it names."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

import msgspec

from probe.live.in_flight import InFlight
from probe.live.live_run import Snapshot
from probe.live.versions import Changes, VersionedList

_encode = msgspec.json.Encoder().encode


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """What one client is sent at a time; `page/types.d.ts` describes it."""

    whole: bool
    """True where the client is to forget what it had."""
    ended: bool
    head: dict[str, msgspec.Raw] | None
    """None where nothing of it has changed."""
    lists: dict[str, Changes]
    open: list[str]
    """Ids of the exchanges under way, in the order in which they began."""
    now: list[msgspec.Raw]
    """Those of them that have changed."""


class Updates:
    """All that can be sent, with its versions. Versions of another server, or of an earlier one, are not known."""

    def __init__(self) -> None:
        self.version = 0
        self.ready = asyncio.Event()
        """Set once the run was read for the first time."""
        self._epoch = secrets.token_hex(4)
        self._snapshot: Snapshot | None = None
        self._snapshot_version = 0
        self._lists: dict[str, VersionedList] = {}
        self._now: dict[str, tuple[int, bytes]] = {}
        """By id: version and JSON of each exchange under way."""
        self._changed = asyncio.Condition()

    async def add_snapshot(self, snapshot: Snapshot) -> None:
        """Take what is finished."""
        self.version += 1
        self._snapshot, self._snapshot_version = snapshot, self.version
        for name, values in snapshot.lists.items():
            self._lists.setdefault(name, VersionedList()).update(values, self.version)
        self.ready.set()
        await self._notify()

    async def add_in_flight(self, in_flight: Sequence[InFlight]) -> None:
        """Take what is under way."""
        self.version += 1
        self._now = {one.id: self._versioned(one.id, _encode(one)) for one in in_flight}
        await self._notify()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _versioned(self, name: str, data: bytes) -> tuple[int, bytes]:
        known = self._now.get(name)
        return known if known and known[1] == data else (self.version, data)

    async def after(self, version: int) -> None:
        """Wait until there is more than a version."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.version > version)

    def known(self, offset: str) -> int:
        """Return the version that a client has by its offset; 0 for one that this server did not send."""
        epoch, _, number = offset.partition("-")
        has = int(number) if number.isascii() and number.isdigit() else 0
        return has if epoch == self._epoch and has <= self.version else 0

    def offset(self) -> str:
        """Return the offset of what `since` returns."""
        return f"{self._epoch}-{self.version}"

    def since(self, version: int) -> bytes:
        """Return what a client that has a version does not have."""
        snapshot = self._snapshot if self._snapshot_version > version else None
        return _encode(
            Update(
                whole=version == 0,
                ended=bool(self._snapshot and self._snapshot.ended),
                head=snapshot.head if snapshot else None,
                lists={name: one.since(version) for name, one in self._lists.items()} if snapshot else {},
                open=list(self._now),
                now=[msgspec.Raw(data) for changed, data in self._now.values() if changed > version],
            )
        )
