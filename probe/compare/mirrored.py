"""Put one fact that requests send at several places (header, metadata, body) into one finding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from msgspec.structs import replace

from probe.compare.comparison import Finding
from probe.compare.shown_values import listed

_KINDS = ("sent-value-changed", "header-changed")


def mirrored(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, those put together that say the same of a member of one name; the body's is the first."""
    found: list[Finding] = []
    groups: list[list[Finding]] = []
    for one in _without_models(list(findings)):
        if one.kind not in _KINDS or one.before is None or one.after is None:
            found.append(one)
            continue
        same = next((group for group in groups if _is_same(group[0], one)), None)
        if same is None:
            groups.append(same := [])
        same.append(one)
    return _without_headers(found + [_one_of(group) for group in groups])


def _without_models(findings: list[Finding]) -> list[Finding]:
    """Leave out that another place names the model, where a line says that it is another one."""
    pairs = [
        (before, after)
        for one in findings
        if one.kind == "model-changed"
        for before, after in product(one.before, one.after)
    ]
    return [one for one in findings if one.kind not in _KINDS or (one.before, one.after) not in pairs]


def _without_headers(findings: list[Finding]) -> list[Finding]:
    """Leave out members of JSON in a header that are new or gone, where a line has the body's members of that name."""
    sent = [place for one in findings if one.kind.startswith("sent-field-") for place in _members(one)]

    def is_sent(one: Finding) -> bool:
        is_alone = one.kind == "header-changed" and "→" in one.place and (one.before is None) != (one.after is None)
        return is_alone and any(place.endswith(_plain(one.place.removeprefix("headers."))) for place in sent)

    return [one for one in findings if not is_sent(one)]


def _members(one: Finding) -> list[str]:
    """Return the places that a finding about members is of; one about several has them by name."""
    values = one.after if one.before is None else one.before
    names = values if isinstance(values, dict) else {}
    return [_plain(one.place), *(_plain(f"{one.place}.{name}") for name in names)]


def _is_same(one: Finding, other: Finding) -> bool:
    if (one.before, one.after) != (other.before, other.after) or "→" not in one.place + other.place:
        return False
    names = [_plain(re.split(r"[.→\]]", place)[-1]) for place in (one.place, other.place)]
    return _plain(one.place).endswith(names[1]) or _plain(other.place).endswith(names[0])


def _plain(place: str) -> str:
    return re.sub(r"[^a-z0-9]", "", place.lower())


def _one_of(group: list[Finding]) -> Finding:
    first, *others = sorted(group, key=lambda one: (one.place.startswith("headers."), "→" in one.place))
    if not others:
        return first
    return replace(first, line=f"{first.line}; the same in {listed([one.place for one in others])}")
