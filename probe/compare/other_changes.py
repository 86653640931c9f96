"""Name what is not equal and what no other part of a comparison has found, so that nothing goes unseen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest

from probe.compare.change import TEXTS, plain_path
from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import bounded, changed_words, shown
from probe.compare.side import SentItem, Side
from probe.compare.turns import asked, is_same, pairs_of
from probe.slots.differences import Difference, differences

_NUMBER = re.compile(r"\[\d+\]")
_MOST = 20
"""Differences of items that are listed."""


def rest_findings(before: Side, after: Side, places: Sequence[str]) -> Iterator[Finding]:
    """Yield what differs and is at none of the places that are known already."""
    known = [_plain(place.partition("].")[2] if place.startswith("turns[") else place) for place in places]
    seen: set[str] = set()

    def is_new(place: str) -> bool:
        plain = _plain(_without_numbers(place))
        if plain in seen or any(plain == one or plain.startswith((f"{one}.", f"{one}[")) for one in known if one):
            return False
        seen.add(plain)
        return True

    if _is_moved(before, after):
        return
    for purpose in before.settings:
        if purpose in after.settings:
            yield from _settings(before.settings[purpose], after.settings[purpose], is_new)
    yield from _messages(before, after, is_new)


def _plain(place: str) -> str:
    """Return a place as it is compared with others, whether or not it is within JSON in a text."""
    return plain_path(place).replace("→", "")


def _is_moved(before: Side, after: Side) -> bool:
    """Check whether the two speak so differently that what is left follows from that."""
    apis = [{one.api for one in side.protocol.endpoints if one.calls} for side in (before, after)]
    transports = [{one.transport for one in side.protocol.endpoints if one.calls} for side in (before, after)]
    return apis[0] != apis[1] or transports[0] != transports[1]


def _settings(
    before: Iterable[SentItem], after: Iterable[SentItem], is_new: Callable[[str], bool]
) -> Iterator[Finding]:
    old, new = _by_name(before), _by_name(after)
    for name in old:
        if name in new and {one.key for one in old[name]} != {one.key for one in new[name]}:
            yield from _of_items(old[name], new[name], old[name][0].at, is_new)


def _by_name(items: Iterable[SentItem]) -> dict[str, list[SentItem]]:
    found: dict[str, list[SentItem]] = {}
    for one in items:
        found.setdefault(one.name, []).append(one)
    return found


def _of_items(
    old: Sequence[SentItem], new: Sequence[SentItem], at: str, is_new: Callable[[str], bool]
) -> Iterator[Finding]:
    keys = [{one.key for one in items} for items in (old, new)]
    one, other = (
        next((item for item in items if item.key not in others), items[0])
        for items, others in ((old, keys[1]), (new, keys[0]))
    )
    if one.value is None or other.value is None:
        if is_new(at):
            yield finding("sent-value-changed", at, f"{at} is another one; it is too large to be shown here")
        return
    for change in list(differences(one.value, other.value, at.removesuffix("[]")))[:_MOST]:
        if is_new(change.at):
            yield _changed(change)


def _changed(change: Difference, prefix: str = "") -> Finding:
    line = f"{prefix}{change.at} {changed_words(change.before, change.after)}"
    before, after = bounded(change.before), bounded(change.after)
    return finding("sent-value-changed", prefix + change.at, line, before=before, after=after)


def _messages(before: Side, after: Side, is_new: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield what differs in messages of turns that ask and do the same."""
    for _, _, pairs in pairs_of(before, after):
        for one, other in pairs:
            if one is None or other is None or not is_same((one, other)) or asked(one) != asked(other):
                continue
            for old, new in zip_longest(one.items, other.items):
                if old is None or new is None:
                    item: SentItem = old or new
                    if is_new(item.at):
                        word = "is new" if old is None else "is gone"
                        yield finding(
                            "message-changed",
                            f"turns[{other.number}].{item.at}",
                            f"a message {word}: {shown(item.value)}",
                        )
                elif old.key != new.key:
                    yield from _message(old, new, other.number, is_new)


def _message(old: SentItem, new: SentItem, turn: int, is_new: Callable[[str], bool]) -> Iterator[Finding]:
    if old.value is None or new.value is None:
        if is_new(old.at):
            line = f"a message of turn {turn} is another one; it is too large to be shown here"
            yield finding("message-changed", f"turns[{turn}].{old.at}", line)
        return
    for change in list(differences(old.value, new.value, old.at))[:_MOST]:
        is_text = change.at.rpartition(".")[2] in TEXTS and isinstance(change.before, str)
        if not is_text and is_new(change.at):
            yield _changed(change, f"turns[{turn}].")


def _without_numbers(place: str) -> str:
    """Return a place with `[]` for any number of an element."""
    return _NUMBER.sub("[]", place)
