"""Which ids tie places of exchanges together, and which no longer do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import listed
from probe.protocol.description import Protocol
from probe.report.plain_text import plural

Tie = tuple[str, ...]


def id_findings(before: Protocol, after: Protocol, *, is_moved: bool) -> Iterator[Finding]:
    """Yield places that carry one id in one protocol and not in the other.

    Where `is_moved`, calls go over another transport: requests and answers are then in other exchanges, so that a tie
    that is not seen any more says nothing.
    """
    old, new = ties(before), ties(after)
    added = [one for one in new if not any(_same(one, other) for other in old)]
    for tie in [one for one in old if not any(_same(one, other) for other in new)]:
        again = max(added, key=lambda other: _common(other, tie), default=())
        if _common(again, tie):
            added.remove(again)
            gone = [place for place in tie if _plain(place) not in map(_plain, again)]
            new_ones = [place for place in again if _plain(place) not in map(_plain, tie)]
            line = f"one id is in {plural(len(again), 'place')}; it was in {len(tie)}"
            text = (*(f"- {place}" for place in gone), *(f"+ {place}" for place in new_ones))
            text = (*(f"  {place}" for place in again if place not in new_ones), *text)
            kind = "id-untied" if gone else "id-tied"
            yield finding(kind, again[0], line, before=list(tie), after=list(again), text=text)
        elif not is_moved:
            yield finding("id-untied", tie[0], f"no id ties {listed(tie)} together any more", before=list(tie))
    if added:
        words = [" = ".join(tie) for tie in added]
        line = f"{'an id ties' if len(added) == 1 else f'{len(added)} ids tie'} places together that had none"
        line += f": {words[0]}" if len(words) == 1 else ""
        text = tuple(f"+ {one}" for one in words) if len(words) > 1 else ()
        yield finding("id-tied", added[0][0], line, after=[list(tie) for tie in added], text=text)


def ties(protocol: Protocol) -> list[Tie]:
    """Return the places that carry one id each, those that share a place put together."""
    found: list[set[str]] = []
    for one in protocol.ids:
        places = set(map(_place, one.places))
        for other in [other for other in found if other & places]:
            found.remove(other)
            places |= other
        found.append(places)
    # Two places of one name, in requests of two endpoints, are no tie.
    return sorted(tuple(sorted(places)) for places in found if len(places) > 1)


def _place(place: str) -> str:
    """Return a place without method and path, which differ between transports; what a request sends has no word."""
    inner = " ".join(place.split(" ")[2:]) or place
    return inner.removeprefix("request ")


def _plain(place: str) -> str:
    return place.replace("_", "").replace("-", "")


def _same(one: Tie, other: Tie) -> bool:
    """Check whether two ties are of the same places, but for spelling."""
    return _all_plain(one) == _all_plain(other)


def _all_plain(tie: Iterable[str]) -> set[str]:
    return {_plain(place) for place in tie}


def _common(one: Tie, other: Tie) -> int:
    return len(_all_plain(one) & _all_plain(other))
