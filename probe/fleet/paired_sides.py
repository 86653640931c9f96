"""Make of two groups what a comparison reads: what their runs agree on, without what may be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps, loads
from typing import Any, NamedTuple

import msgspec

from probe.compare.rules import Area
from probe.compare.side import Numbers, OfferedTool, Said, SaidIn, SentItem, Side
from probe.fleet.judging import Judge, is_open, most_common
from probe.fleet.shown import Seen, Shown, may_be_chance
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


def paired_sides(before: Group, after: Group, judge: Judge) -> tuple[Side, Side]:
    """Return both groups in the form of recordings, with numbers of runs in the place of numbers of calls."""
    groups = before.sides, after.sides
    purposes = _purposes(groups, judge)
    tools, parts = _tools(groups, judge), _instructions(groups, judge)
    headers, settings = _headers(groups, judge), _settings(groups, judge)
    one, other = (
        Side(
            counted="runs",
            exchanges=group.protocol.exchanges,
            models={purpose: (*models,) for purpose, models in group.sides.counts["models"].items()},
            purposes=purposes[side],
            chained=_number(group.sides, "chained runs"),
            threads=(),
            instructions=tuple(parts[side]),
            tools=tuple(tools[side]),
            calls=_number(group.sides, "calling"),
            offering=_number(group.sides, "offering runs"),
            numbers=_NOTHING,
            headers=headers[side],
            settings=settings[side],
            protocol=group.protocol,
        )
        for side, group in enumerate((before, after))
    )
    return one, other


def _number(sides: GroupSides, name: str) -> int:
    number: int = sides.counts["numbers"].get(name, 0)
    return number


_Groups = tuple[GroupSides, GroupSides]


def seen_in(groups: _Groups, what: str, name: str, of: str) -> tuple[Seen, Seen]:
    """Return how many runs of both groups show a name, of so many."""
    one, other = (Seen(runs := side.counts[what].get(name, 0), max(runs, _number(side, of))) for side in groups)
    return one, other


def _few(groups: _Groups, judge: Judge, what: str, of: str, area: Area, word: str) -> set[str]:
    """Return the names that runs of one group alone show, by chance."""
    names = [group.counts[what].keys() for group in groups]
    return judge.few(area, word, names, lambda _, side, name: seen_in(groups, what, name, of)[side])


def _purposes(groups: _Groups, judge: Judge) -> tuple[dict[str, int], dict[str, int]]:
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


def _normal(groups: _Groups, judge: Judge, what: str, keys: tuple[_Counts, _Counts]) -> tuple[dict[str, str], ...]:
    return tuple(
        {key: judge.normal(dumps(group.values[what].get(key) or key, sort_keys=True), side) for key in found}
        for side, (group, found) in enumerate(zip(groups, keys, strict=True))
    )


def _tools(groups: _Groups, judge: Judge) -> tuple[list[OfferedTool], list[OfferedTool]]:
    few = _few(groups, judge, "tool_names", "offering runs", Area.TOOLS, "tool")
    counts = groups[0].counts["tools"], groups[1].counts["tools"]
    found: tuple[list[OfferedTool], list[OfferedTool]] = ([], [])
    for name in sorted({*counts[0], *counts[1]} - few):
        keys: tuple[_Counts, _Counts] = counts[0].get(name, {}), counts[1].get(name, {})
        normal = _normal(groups, judge, "tools", keys)
        if all(keys):
            chosen: tuple[str | None, ...] = _chosen(keys, (normal[0], normal[1]))
            if normal[0][str(chosen[0])] == normal[1][str(chosen[1])]:
                words = [{normal[side][key]: runs for key, runs in keys[side].items()} for side in (0, 1)]
                of = [groups[side].counts["tool_names"].get(name, 0) for side in (0, 1)]
                _note(judge, Area.TOOLS, f"tool {name}, a definition of several", words, of)
        else:
            chosen = tuple(most_common(one) if one else None for one in keys)
        for side, key in enumerate(chosen):
            if key is not None:
                uses = groups[side].counts["tool_names"].get(name, keys[side][key])
                definition = loads(normal[side][key]) | {"uses": uses}
                found[side].append(msgspec.convert(definition, OfferedTool))
    return found


def _settings(groups: _Groups, judge: Judge) -> tuple[dict[str, tuple[SentItem, ...]], dict[str, tuple[SentItem, ...]]]:
    found: tuple[dict[str, tuple[SentItem, ...]], ...] = ({}, {})
    counts = groups[0].counts["settings"], groups[1].counts["settings"]
    for purpose in sorted(counts[0].keys() & counts[1].keys()):
        for kind in sorted(counts[0][purpose].keys() & counts[1][purpose].keys()):
            keys: tuple[_Counts, _Counts] = counts[0][purpose][kind], counts[1][purpose][kind]
            if any(is_open(one, max(one.values())) for one in keys):
                continue
            normal = _normal(groups, judge, "settings", keys)
            at, name = loads(kind)
            for side, key in enumerate(_chosen(keys, (normal[0], normal[1]))):
                text = groups[side].values["settings"].get(key)
                value = judge.normal(text, side) if text else None
                item = SentItem(at=at, name=name, key=number_of(normal[side][key]), json=value)
                found[side][purpose] = (*found[side].get(purpose, ()), item)
    return found[0], found[1]


def _headers(groups: _Groups, judge: Judge) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    found: tuple[dict[str, tuple[str, ...]], ...] = ({}, {})
    counts = groups[0].counts["headers"], groups[1].counts["headers"]
    for name in sorted(counts[0].keys() & counts[1].keys()):
        old, new = ({judge.normal(value, side): runs for value, runs in counts[side][name].items()} for side in (0, 1))
        of = [_number(group, "calling") for group in groups]
        are_data = is_open(old, of[0]) or is_open(new, of[1])
        is_mixed = bool(old.keys() & new.keys())
        if is_mixed and not are_data:
            _note(judge, Area.HEADERS, f"header {name}, a value of several", (old, new), of)
        for side, values in enumerate((old, new)):
            found[side][name] = ("",) if are_data or is_mixed else (most_common(values),)
    return found[0], found[1]


# -- instructions ------------------------------------------------------------------------------------------------------


class _Variant(NamedTuple):
    said: SaidIn
    runs: int


def _instructions(groups: _Groups, judge: Judge) -> tuple[list[SaidIn], list[SaidIn]]:
    few = _few_parts(groups, judge)
    found: tuple[list[SaidIn], list[SaidIn]] = ([], [])
    counts = groups[0].counts["instructions"], groups[1].counts["instructions"]
    for kind in [one for one in dict.fromkeys((*sorted(counts[0]), *sorted(counts[1]))) if one not in few]:
        variants = [_variants(groups[side], side, kind, judge) for side in (0, 1)]
        runs = [groups[side].counts["parts"].get(kind, 0) for side in (0, 1)]
        strong = [
            {key for key, one in of.items() if 2 * one.runs >= of_kind}
            for of, of_kind in zip(variants, runs, strict=True)
        ]
        if any(of and not keys for of, keys in zip(variants, strong, strict=True)):
            # Another text in most runs: it is data of theirs, and that it is there is all that is compared.
            for side in (0, 1):
                found[side].extend(_placeholder(kind) for _ in range(bool(variants[side])))
            continue
        for side in (0, 1):
            found[side].extend(one.said for key, one in variants[side].items() if key in strong[0] | strong[1])
    return found


def _few_parts(groups: _Groups, judge: Judge) -> set[str]:
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
        number = number_of(text) if is_whole else int(key, 16)
        said = Said(what=what, role=role, at=at, mark=mark, key=number, text=text, size=size)
        known = found.get(number)
        found[number] = _Variant(SaidIn(group=group, said=said), runs + (known.runs if known else 0))
    return found


def _placeholder(kind: str) -> SaidIn:
    group, what, at, role, mark = loads(kind)
    said = Said(what=what, role=role, at=at, mark=mark, key=number_of(kind), text="", size=0)
    return SaidIn(group=group, said=said)
