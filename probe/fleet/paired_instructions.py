"""The parts of the instructions of two groups: those that most runs have, and those that are data of their users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import loads
from typing import NamedTuple

import msgspec

from probe.compare.rules import Area
from probe.compare.side import Said, SaidIn
from probe.fleet.judging import Judge, words_of
from probe.fleet.shown import Seen, Shown
from probe.fleet.sides import GroupSides
from probe.record.canonical_json import number_of

_OPEN = "(another text in most runs)"
Groups = tuple[GroupSides, GroupSides]


def seen_in(groups: Groups, what: str, name: str, of: str) -> tuple[Seen, Seen]:
    """Return how many runs of both groups show a name, of so many."""
    one, other = (Seen(runs := side.counts[what].get(name, 0), max(runs, number(side, of))) for side in groups)
    return one, other


def number(sides: GroupSides, name: str) -> int:
    """Return a sum of a group: `runs`, `calling` for those that call a model."""
    found: int = sides.counts["numbers"].get(name, 0)
    return found


class _Variant(NamedTuple):
    said: SaidIn
    runs: int


def paired_instructions(groups: Groups, judge: Judge) -> tuple[list[SaidIn], list[SaidIn]]:
    """Return the parts of the instructions of both, without what may be chance."""
    few = _few_parts(groups, judge)
    found: tuple[list[SaidIn], list[SaidIn]] = ([], [])
    counts = [group.counts["instructions"] for group in groups]
    for kind in dict.fromkeys((*sorted(counts[0]), *sorted(counts[1]))):
        if kind not in few:
            for side, parts in zip(found, _of_kind(groups, kind, judge), strict=True):
                side.extend(parts)
    return found


def _of_kind(groups: Groups, kind: str, judge: Judge) -> tuple[list[SaidIn], list[SaidIn]]:
    """Return the texts that at least half of the runs with such a part have, of both."""
    variants = [_variants(group, side, kind, judge) for side, group in enumerate(groups)]
    runs = [group.counts["parts"].get(kind, 0) for group in groups]
    strong = [
        {key for key, one in known.items() if 2 * one.runs >= of} for known, of in zip(variants, runs, strict=True)
    ]
    if any(known and not keys for known, keys in zip(variants, strong, strict=True)):
        # Another text in most runs: it is their data, and that it is there is all that is compared.
        one, other = ([_placeholder(kind)] if known else [] for known in variants)
        return one, other
    of = [number(group, "calling") for group in groups]
    one, other = (
        [_seen(variants, key, of, known[key].said) for key in known if key in strong[0] | strong[1]]
        for known in variants
    )
    return one, other


def _seen(variants: Sequence[Mapping[int, _Variant]], key: int, of: Sequence[int], part: SaidIn) -> SaidIn:
    """Return a part with how many runs of both groups have it."""
    runs = [known[key].runs if key in known else 0 for known in variants]
    before, after = (Seen(one, max(one, most)) for one, most in zip(runs, of, strict=True))
    said = msgspec.structs.replace(part.said, seen=words_of(before, after))
    return SaidIn(group=part.group, said=said)


def _few_parts(groups: Groups, judge: Judge) -> set[str]:
    words = [{_kind_words(kind): kind for kind in group.counts["parts"]} for group in groups]
    kinds = {**words[0], **words[1]}

    def seen(_: Shown, side: int, name: str) -> Seen:
        return seen_in(groups, "parts", kinds[name], "calling")[side]

    return {kinds[name] for name in judge.few(Area.INSTRUCTIONS, "", [one.keys() for one in words], seen)}


def _kind_words(kind: str) -> str:
    group, _, at, role, mark = loads(kind)
    part = f"<{mark}>" if mark else "text"
    return f"{part} in {at}, role {role}" + ("" if group == "turn" else f" ({group})")


def _variants(sides: GroupSides, side: int, kind: str, judge: Judge) -> dict[int, _Variant]:
    group, what, at, role, mark = loads(kind)
    found: dict[int, _Variant] = {}
    for key, runs in sorted(sides.counts["instructions"].get(kind, {}).items()):
        size, text = sides.values["texts"].get(key, (0, ""))
        # Of a text that was cut the whole is known by its hash alone.
        is_whole, text = len(text) >= size, judge.normal(text, side)
        same = number_of(text) if is_whole else int(key, 16)
        said = Said(what=what, role=role, at=at, mark=mark, key=same, text=text, size=size)
        known = found.get(same)
        found[same] = _Variant(SaidIn(group=group, said=said), runs + (known.runs if known else 0))
    return found


def _placeholder(kind: str) -> SaidIn:
    group, what, at, role, mark = loads(kind)
    said = Said(what=what, role=role, at=at, mark=mark, key=number_of(kind), text=_OPEN, size=0)
    return SaidIn(group=group, said=said)
