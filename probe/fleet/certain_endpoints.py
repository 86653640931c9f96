"""Leave out of two protocols what one of them shows by chance alone, and count what is left in runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from probe.compare.comparison import Finding, finding
from probe.compare.endpoints import Endpoints, Matched
from probe.compare.rules import Area
from probe.compare.value_changes import value_words
from probe.fleet.judging import Judge, words_of
from probe.fleet.shown import Seen, Shown, may_be_chance
from probe.protocol.description import Body, Endpoint, Grammar, Protocol, Response
from probe.protocol.values import Member

_FLAT = {"request_headers": ("headers", "header", Area.HEADERS), "query": ("query", "query", Area.TRANSPORT)}


def certain_endpoints(before: Protocol, after: Protocol, judge: Judge) -> tuple[Protocol, Protocol]:
    """Return two protocols without the endpoints that only a few runs of one of them reach."""
    names = [{one.name for one in side.endpoints} for side in (before, after)]

    def reached(side: Shown, _: int, name: str) -> Seen:
        return Seen(side.reached(name), side.runs)

    few = judge.few(Area.TRANSPORT, "endpoint", names, reached)
    one, other = (
        replace(side, endpoints=tuple(one for one in side.endpoints if one.name not in few)) for side in (before, after)
    )
    return one, other


def certain_parts(found: Endpoints, judge: Judge) -> tuple[dict[str, Endpoint], dict[str, Endpoint], list[Finding]]:
    """Return the endpoints of both by name, without what may be chance, counted in runs; and findings about headers."""
    findings: list[Finding] = []
    sides: tuple[dict[str, Endpoint], dict[str, Endpoint]] = ({}, {})
    for pair in found.matched:
        made = _Pair(pair, judge)
        for side, one in zip(sides, made.endpoints, strict=True):
            side[one.name] = one
        findings += made.findings
    return *sides, findings


class _Pair:
    """Two endpoints that belong together."""

    def __init__(self, pair: Matched, judge: Judge) -> None:
        self._pair, self._judge = pair, judge
        self._shown = judge.before, judge.after
        self.findings: list[Finding] = []
        parts = [dict[str, Any](), dict[str, Any]()]
        for field, (section, word, area) in _FLAT.items():
            members = self._members(section, word, area, getattr(pair.before, field), getattr(pair.after, field))
            for side, kept in zip(parts, members, strict=True):
                side[field] = kept
        few = self._few("answered", "status", Area.TRANSPORT, *(_statuses(one) for one in pair))
        gone = self._few_events()
        self.endpoints = [
            replace(
                one,
                **parts[side],
                count=self._shown[side].reached(one.name) or one.count,
                responses=self._responses(side, few, gone),
                messages=_without(one.messages, gone),
            )
            for side, one in enumerate(pair)
        ]

    def _flat(self, side: int, section: str, name: str) -> Seen:
        return self._shown[side].flat(self._pair[side].name, section, name)

    def _few(self, section: str, word: str, area: Area, *names: Collection[str]) -> set[str]:
        """Return the names that one of the two shows by chance alone."""
        return self._judge.few(area, word, names, lambda _, side, name: self._flat(side, section, name))

    def _members(
        self, section: str, word: str, area: Area, old: Mapping[str, Member], new: Mapping[str, Member]
    ) -> tuple[dict[str, Member], dict[str, Member]]:
        """Return headers or parameters of both, counted in runs."""
        few = self._few(section, word, area, old, new)
        before, after = (
            {
                name: replace(member, count=self._flat(side, section, name).runs or member.count)
                for name, member in members.items()
                if name not in few
            }
            for side, members in enumerate((old, new))
        )
        for name in before.keys() & after.keys():
            one, other = before[name], after[name]
            if section == "headers" and one.required != other.required:
                self.findings += self._sometimes(name, old[name], new[name])
            value = one.value if _are_alike(one, other) else other.value
            after[name] = replace(other, required=one.required, value=value)
        return before, after

    def _sometimes(self, name: str, old: Member, new: Member) -> Iterator[Finding]:
        """Yield that a header is sent always now, or not always any more."""
        seen = [self._flat(side, "headers", name) for side in (0, 1)]
        in_runs = sum(one.runs for one in seen) < sum(one.of for one in seen)
        if not in_runs:
            seen = [Seen(one.count, end.count) for one, end in zip((old, new), self._pair, strict=True)]
        lacking, full = (seen[1], seen[0]) if old.required else (seen[0], seen[1])
        if may_be_chance(Seen(lacking.of - lacking.runs, lacking.of), Seen(0, full.of)):
            unit = "runs" if in_runs else "requests"
            self._judge.share(Area.HEADERS, f"header {name}", seen[0], seen[1], unit)
            return
        kind = "header-removed" if old.required else "header-added"
        line = f"header {name} is {'not always' if old.required else 'always'} sent now"
        evidence = words_of(seen[0], seen[1])
        evidence = evidence if in_runs else evidence.replace(" runs", " requests")
        yield finding(kind, f"headers.{name}", line, evidence=evidence)

    def _few_events(self) -> set[str]:
        names = [{kind.kind for kinds in _grammars(one) for kind in kinds.kinds} for one in self._pair]

        def seen(side: Shown, number: int, name: str) -> Seen:
            at = f"event[{name}]"
            return side.place(self._pair[number].name, "answer", at, "")

        return self._judge.few(Area.ANSWERS, "event", names, seen)

    def _responses(self, side: int, few: set[str], gone: set[str]) -> tuple[Response, ...]:
        others = {one.status: one for one in self._pair[0].responses} if side else {}
        return tuple(
            replace(
                one,
                count=self._flat(side, "answered", str(one.status)).runs or one.count,
                headers=_known(others[one.status].headers, one.headers) if one.status in others else one.headers,
                bodies=tuple(_body(body, gone) for body in one.bodies),
            )
            for one in self._pair[side].responses
            if str(one.status) not in few
        )


def _statuses(endpoint: Endpoint) -> set[str]:
    return {str(one.status) for one in endpoint.responses}


def _grammars(endpoint: Endpoint) -> Iterator[Grammar]:
    if endpoint.messages:
        yield endpoint.messages
    yield from (body.events for answer in endpoint.responses for body in answer.bodies if body.events)


def _body(body: Body, gone: set[str]) -> Body:
    return replace(body, events=_without(body.events, gone)) if body.events else body


def _without(events: Grammar | None, gone: set[str]) -> Grammar | None:
    if events is None or not gone:
        return events
    return replace(events, kinds=tuple(one for one in events.kinds if one.kind not in gone))


def _known(old: Mapping[str, Member], new: Mapping[str, Member]) -> dict[str, Member]:
    """Return the headers of answers, without values that differ by chance."""
    return {
        name: replace(one, value=old[name].value) if name in old and _are_alike(old[name], one) else one
        for name, one in new.items()
    }


def _are_alike(one: Member, other: Member) -> bool:
    """Check whether two members may have the same values: one is open, or they have one in common."""
    old, new = (_listed(value_words(member.value)) for member in (one, other))
    return old is None or new is None or bool({*map(str, old)} & {*map(str, new)})


def _listed(words: Any) -> Iterable[Any] | None:
    return words if words is None or isinstance(words, list) else [words]
