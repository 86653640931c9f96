"""Statistics of all that recordings show of a protocol; they can be added up."""

from __future__ import annotations

from probe.protocol.endpoint_statistics import Address, EndpointStatistics
from probe.protocol.many_places import are_many, cut_below, hashes_of, smallest_of
from probe.smallest_hashes import drop_beyond

MOST_ENDPOINTS = 500
"""Addresses; where there are more, paths are data."""
MOST_NAMES = 1000
"""Agents, and recordings that answered; of more, those with the smallest hashes are kept."""
ANYWHERE = ("", "*")
"""The path of all addresses, where paths are data."""


class ProtocolStatistics:
    """What recordings show of a protocol; it can be added up."""

    def __init__(self) -> None:
        self.recordings = self.exchanges = self.replayed = 0
        self.agents: set[str] = set()
        self.replays: set[str] = set()
        """What answered in the place of a real API; `replayed` is how many of the recordings it answered."""
        self.endpoints: dict[Address, EndpointStatistics] = {}
        self.many = False
        """True where there were too many paths: they are data."""
        self.cut = False
        """True where there were more agents, recordings or, without paths, addresses than are kept."""
        self.places: set[int] = set()
        """The smallest hashes of all places of all recordings: how many there are (`probe.protocol.many_places`)."""

    @property
    def is_cut(self) -> bool:
        """Check whether there were more names of any kind than are kept."""
        return self.cut or any(one.is_cut for one in self.endpoints.values())

    def answered_by(self, replay: str | None) -> None:
        """Note which recording answered this one; None where that was a real API."""
        if replay is not None:
            self.replays.add(replay)
            self.replayed = self.recordings

    def endpoint(self, address: Address) -> EndpointStatistics:
        """Return the statistics of what is at an address."""
        if self.many:
            address = address._replace(path=ANYWHERE)
        found = self.endpoints.get(address)
        if found is None:
            found = self.endpoints[address] = EndpointStatistics()
            if len(self.endpoints) > MOST_ENDPOINTS and not self.many:
                self._join()
                return self.endpoints[address._replace(path=ANYWHERE)]
        return found

    def _join(self) -> None:
        """Make one of all addresses with the same listener, method and transport."""
        endpoints, self.endpoints, self.many = self.endpoints, {}, True
        for address, one in endpoints.items():
            self.endpoint(address).merge(one)

    def merge(self, other: ProtocolStatistics) -> None:
        """Add what other recordings show."""
        self.recordings += other.recordings
        self.exchanges += other.exchanges
        self.replayed += other.replayed
        self.agents |= other.agents
        self.replays |= other.replays
        if other.many and not self.many:
            self._join()
        for address, one in other.endpoints.items():
            self.endpoint(address).merge(one)
        self.cut |= other.cut
        self.places = smallest_of(self.places | other.places)
        self.bound()

    def finish(self) -> None:
        """Note what places there are, and drop what is beyond the limits, after all of a recording was observed."""
        self.places = hashes_of((str(address), one) for address, one in self.endpoints.items())
        self.bound()

    def bound(self) -> None:
        """Drop what is beyond the limits; `merge` does it too."""
        if are_many(self.places):
            if not self.many:
                self._join()
            for endpoint in self.endpoints.values():
                cut_below(endpoint)
        for named, most in ((self.agents, MOST_NAMES), (self.replays, MOST_NAMES), (self.endpoints, MOST_ENDPOINTS)):
            self.cut |= drop_beyond(named, most)
        for endpoint in self.endpoints.values():
            endpoint.bound()
            for response in endpoint.responses.values():
                response.bound()
