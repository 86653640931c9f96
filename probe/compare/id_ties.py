"""Which ids tie exchanges together, and which no longer do."""

from __future__ import annotations

from collections.abc import Iterator

from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import listed
from probe.protocol.description import Protocol, SameId


def id_findings(before: Protocol, after: Protocol) -> Iterator[Finding]:
    """Yield places that carry the same id in one protocol and not in the other."""
    old = {_places(one): one for one in before.ids}
    new = {_places(one): one for one in after.ids}
    gone, added = [one for one in old if one not in new], [one for one in new if one not in old]
    for places in gone:
        again = max(added, key=lambda other: len(set(other) & set(places)), default=())
        if set(again) & set(places):
            added.remove(again)
            line = f"one id is in {listed(again)}; it was in {listed(places)}"
            kind = "id-tied" if set(places) <= set(again) else "id-untied"
            yield finding(kind, again[0], line, before=list(places), after=list(again), evidence=_seen(new[again]))
        else:
            line = f"no id ties {listed(places)} together any more"
            yield finding("id-untied", places[0], line, before=list(places), evidence=_seen(old[places]))
    for places in added:
        line = f"one id is in {listed(places)}"
        yield finding("id-tied", places[0], line, after=list(places), evidence=_seen(new[places]))


def _places(one: SameId) -> tuple[str, ...]:
    """Return its places without methods and paths, which differ between transports."""
    return tuple(dict.fromkeys(" ".join(place.split(" ")[2:]) or place for place in one.places))


def _seen(one: SameId) -> str:
    return f"in {one.count} of {one.of}"
