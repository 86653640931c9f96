"""Make of two groups what a comparison reads: what their runs agree on, without what may be chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json import dumps, loads
from typing import Any, NamedTuple

import msgspec

from probe.compare.rules import Area
from probe.compare.side import Numbers, OfferedTool, SentItem, Side
from probe.fleet.judging import Judge, is_open, most_common, words_of
from probe.fleet.measures import Measures
from probe.fleet.paired_instructions import Groups, number, paired_instructions, seen_in
from probe.fleet.shown import Seen, may_be_chance
from probe.fleet.sides import GroupSides
from probe.protocol.description import Protocol
from probe.record.canonical_json import number_of

_NOTHING = Numbers(tokens={}, priced=(), first_parts=(), answers=(), seconds=0, sent=0, received=0)
_Counts = Mapping[str, Any]


class Group(NamedTuple):
    """The runs of one agent in one version."""

    name: str
    sides: GroupSides
    protocol: Protocol
    measures: Measures
    replays: int = 0
    """How many of the runs recordings answered; `measures` are without them, unless all are."""


def paired_sides(before: Group, after: Group, judge: Judge) -> tuple[Side, Side]:
    """Return both groups in the form of recordings, with numbers of runs in the place of numbers of calls."""
    groups = before.sides, after.sides
    purposes = _purposes(groups, judge)
    tools, parts = _tools(groups, judge), paired_instructions(groups, judge)
    headers, settings = _headers(groups, judge), _settings(groups, judge)
    one, other = (
        Side(
            counted="runs",
            exchanges=group.protocol.exchanges,
            models={purpose: (*models,) for purpose, models in group.sides.counts["models"].items()},
            purposes=purposes[side],
            chained=number(group.sides, "chained runs"),
            threads=(),
            instructions=tuple(parts[side]),
            tools=tuple(tools[side]),
            calls=number(group.sides, "calling"),
            offering=number(group.sides, "offering runs"),
            numbers=_NOTHING,
            headers=headers[side],
            settings=settings[side],
            protocol=group.protocol,
        )
        for side, group in enumerate((before, after))
    )
    return one, other


def _few(groups: Groups, judge: Judge, what: str, of: str, area: Area, word: str) -> set[str]:
    """Return the names that runs of one group alone show, by chance."""
    names = [group.counts[what].keys() for group in groups]
    return judge.few(area, word, names, lambda _, side, name: seen_in(groups, what, name, of)[side])


def _purposes(groups: Groups, judge: Judge) -> tuple[dict[str, int], dict[str, int]]:
    few = _few(groups, judge, "purposes", "runs", Area.SENT, "purpose")
    one, other = ({name: runs for name, runs in side.counts["purposes"].items() if name not in few} for side in groups)
    return one, other


# -- tools and settings: the definition that most runs have, where both groups have none in common ---------------------


def _chosen(counts: tuple[_Counts, _Counts], normal: tuple[dict[str, str], dict[str, str]]) -> tuple[str, str]:
    """Return a key of each: of equal things, where both have one, else those that most runs show."""
    common = {*normal[0].values()} & {*normal[1].values()}
    one, other = (
        most_common({key: runs for key, runs in found.items() if not common or words[key] in common})
        for found, words in zip(counts, normal, strict=True)
    )
    if common:
        # Both are of the same thing then.
        other = next(key for key in counts[1] if normal[1][key] == normal[0][one])
    return one, other


def _note(judge: Judge, area: Area, what: str, sides: Sequence[Mapping[str, int]], of: Sequence[int]) -> None:
    """Note what one group alone has of several, where both have some in common."""
    for name in sorted(sides[0].keys() ^ sides[1].keys()):
        before, after = (Seen(one := side.get(name, 0), max(one, runs)) for side, runs in zip(sides, of, strict=True))
        if not may_be_chance(before, after):
            judge.share(area, what, before, after)
            return


def _normal(groups: Groups, judge: Judge, what: str, keys: tuple[_Counts, _Counts]) -> tuple[dict[str, str], ...]:
    return tuple(
        {key: judge.normal(dumps(group.values[what].get(key) or key, sort_keys=True), side) for key in found}
        for side, (group, found) in enumerate(zip(groups, keys, strict=True))
    )


def _of_one(key: str, keys: Sequence[_Counts], normal: Sequence[Mapping[str, str]], of: Sequence[int]) -> str:
    """Return in how many runs of both the first one's definition is."""
    runs = [
        sum(found[one] for one in found if words[one] == normal[0][key])
        for found, words in zip(keys, normal, strict=True)
    ]
    before, after = (Seen(min(number, most), most) for number, most in zip(runs, of, strict=True))
    return words_of(before, after)


def _tools(groups: Groups, judge: Judge) -> tuple[list[OfferedTool], list[OfferedTool]]:
    few = _few(groups, judge, "tool_names", "offering runs", Area.TOOLS, "tool")
    counts = groups[0].counts["tools"], groups[1].counts["tools"]
    found: tuple[list[OfferedTool], list[OfferedTool]] = ([], [])
    for name in sorted({*counts[0], *counts[1]} - few):
        keys: tuple[_Counts, _Counts] = counts[0].get(name, {}), counts[1].get(name, {})
        for side, definition in _definitions(groups, judge, name, keys):
            found[side].append(msgspec.convert(definition, OfferedTool))
    return found


def _definitions(
    groups: Groups, judge: Judge, name: str, keys: tuple[_Counts, _Counts]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield side and definition of a tool that one of the two or both offer."""
    of = [group.counts["tool_names"].get(name, 0) for group in groups]
    normal = _normal(groups, judge, "tools", keys)
    if not all(keys):
        side = 0 if keys[0] else 1
        yield side, loads(normal[side][most_common(keys[side])]) | {"uses": of[side]}
        return
    one, other = _chosen(keys, (normal[0], normal[1]))
    texts = [normal[0][one], normal[1][other]]
    if any(2 * max(counts.values()) < runs for counts, runs in zip(keys, of, strict=True)):
        # Another definition in most runs: it is their data.
        texts[1] = texts[0]
    elif texts[0] == texts[1]:
        words = [{normal[side][key]: runs for key, runs in keys[side].items()} for side in (0, 1)]
        _note(judge, Area.TOOLS, f"tool {name}, a definition of several", words, of)
    seen = _of_one(one, keys, normal, of)
    for side, text in enumerate(texts):
        yield side, loads(text) | {"uses": of[side], "seen": seen}


def _settings(groups: Groups, judge: Judge) -> tuple[dict[str, tuple[SentItem, ...]], dict[str, tuple[SentItem, ...]]]:
    found: tuple[dict[str, tuple[SentItem, ...]], ...] = ({}, {})
    counts = groups[0].counts["settings"], groups[1].counts["settings"]
    for purpose in sorted(counts[0].keys() & counts[1].keys()):
        for kind in sorted(counts[0][purpose].keys() & counts[1][purpose].keys()):
            keys: tuple[_Counts, _Counts] = counts[0][purpose][kind], counts[1][purpose][kind]
            of = [group.counts["purposes"].get(purpose, 0) for group in groups]
            if any(is_open(one, min(sum(one.values()), runs)) for one, runs in zip(keys, of, strict=True)):
                continue
            normal = _normal(groups, judge, "settings", keys)
            at, name = loads(kind)
            chosen = _chosen(keys, (normal[0], normal[1]))
            judge.evidence[at] = _of_one(chosen[0], keys, normal, of)
            for side, key in enumerate(chosen):
                text = groups[side].values["settings"].get(key)
                value = judge.normal(text, side) if text else None
                item = SentItem(at=at, name=name, key=number_of(normal[side][key]), json=value)
                found[side][purpose] = (*found[side].get(purpose, ()), item)
    return found[0], found[1]


def _headers(groups: Groups, judge: Judge) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    found: tuple[dict[str, tuple[str, ...]], ...] = ({}, {})
    counts = groups[0].counts["headers"], groups[1].counts["headers"]
    for name in sorted(counts[0].keys() & counts[1].keys()):
        old, new = ({judge.normal(value, side): runs for value, runs in counts[side][name].items()} for side in (0, 1))
        of = [number(group, "calling") for group in groups]
        are_data = is_open(old, of[0]) or is_open(new, of[1])
        is_mixed = bool(old.keys() & new.keys())
        if is_mixed and not are_data:
            _note(judge, Area.HEADERS, f"header {name}, a value of several", (old, new), of)
        if not is_mixed and old:
            value = most_common(old)
            judge.evidence[f"headers.{name}"] = words_of(Seen(old[value], max(of[0], old[value])), Seen(0, of[1]))
        for side, values in enumerate((old, new)):
            found[side][name] = ("",) if are_data or is_mixed else (most_common(values),)
    return found[0], found[1]
