"""What differs in the headers of requests and answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from probe.compare.comparison import Finding, finding
from probe.compare.endpoints import Matched, is_of_transport
from probe.compare.shown_values import are, bounded, changed_words, listed
from probe.compare.side import Side
from probe.compare.value_changes import value_words
from probe.protocol.values import Member, Value
from probe.slots.differences import differences
from probe.slots.slots import json_within

_OF_PROXY = ("host",)


def header_findings(matched: Iterable[Matched], before: Side, after: Side) -> Iterator[Finding]:
    """Yield headers that are new, gone, named otherwise or have other values."""
    seen: set[str] = set()
    for pair in matched:
        is_call = pair.before.calls > 0 and pair.after.calls > 0
        values = (before.headers, after.headers) if is_call else ({}, {})
        for one in [*_request_headers(pair, values), *_answer_headers(pair)]:
            if one.line not in seen:
                seen.add(one.line)
                yield one


def _headers(headers: Mapping[str, Member], *, moved: bool) -> dict[str, Member]:
    return {
        name: member
        for name, member in headers.items()
        if name not in _OF_PROXY and not (moved and is_of_transport(name))
    }


def _request_headers(
    pair: Matched, values: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]
) -> Iterator[Finding]:
    old, new = (_headers(one.request_headers, moved=pair.is_moved) for one in pair)
    gone, added = [name for name in old if name not in new], [name for name in new if name not in old]
    for name in list(gone):
        again = next((one for one in added if _plain(one) == _plain(name)), None)
        if again:
            line = f"header {name} is named {again} now"
            yield finding("header-renamed", f"headers.{again}", line, before=name, after=again)
            gone.remove(name)
            added.remove(again)
    if gone:
        seen = f"in {_most(old, gone)} of {pair.before.count}, now in 0 of {pair.after.count}"
        yield _alone("header-removed", gone, "no longer sent", seen, before=gone)
    if added:
        seen = f"in 0 of {pair.before.count}, now in {_most(new, added)} of {pair.after.count}"
        yield _alone("header-added", added, "new", seen, after=added)
    for name in [name for name in old if name in new]:
        one, other = (
            _single(side[name]) if name in side else _header_words(member.value)
            for side, member in zip(values, (old[name], new[name]), strict=True)
        )
        if one != other:
            yield from _header_changed(name, one, other)
        elif old[name].required != new[name].required:
            kind = "header-removed" if old[name].required else "header-added"
            line = f"header {name} is {'not always' if old[name].required else 'always'} sent now"
            seen = f"in {old[name].count} of {pair.before.count}, now in {new[name].count} of {pair.after.count}"
            yield finding(kind, f"headers.{name}", line, evidence=seen)


def _most(headers: Mapping[str, Member], names: Iterable[str]) -> int:
    return max(headers[name].count for name in names)


def _alone(kind: str, names: Sequence[str], word: str, seen: str, **side: Any) -> Finding:
    place = f"headers.{names[0]}" if len(names) == 1 else "headers"
    line = f"header{'s' if len(names) > 1 else ''} {are(names, word)}"
    return finding(kind, place, line, evidence=seen, **side)


def _header_changed(name: str, before: Any, after: Any) -> Iterator[Finding]:
    """Yield what is something else in a header; within JSON, each inner place."""
    old, new = (json_within(_of_several(one, other)) for one, other in ((before, after), (after, before)))
    if old is None or new is None:
        line = f"header {name} {changed_words(before, after)}"
        yield finding("header-changed", f"headers.{name}", line, before=before, after=after)
        return
    for change in differences(old, new, f"headers.{name}→"):
        line = f"{change.at} {changed_words(change.before, change.after)}"
        yield finding("header-changed", change.at, line, before=bounded(change.before), after=bounded(change.after))


def _of_several(values: Any, others: Any) -> str:
    """Return a header's value that the other side does not have."""
    known = others if isinstance(others, list) else [others]
    every = values if isinstance(values, list) else [values]
    return str(next((one for one in every if one not in known), next(iter(every), "")))


def _answer_headers(pair: Matched) -> Iterator[Finding]:
    """Yield one finding for all headers of answers: they are the provider's."""
    if pair.is_moved:
        return
    for one in pair.before.responses:
        other = next((answer for answer in pair.after.responses if answer.status == one.status), None)
        if other is None:
            continue
        old, new = _headers(one.headers, moved=False), _headers(other.headers, moved=False)
        both = [name for name in old if name in new]
        changed = [name for name in both if _header_words(old[name].value) != _header_words(new[name].value)]
        words = [
            *([f"without {listed(gone)}"] if (gone := [name for name in old if name not in new]) else []),
            *([f"with {listed(added)}"] if (added := [name for name in new if name not in old]) else []),
            *([f"with another {listed(changed)}"] if changed else []),
        ]
        if words:
            line = f"answers of {pair.after.name} come {', '.join(words)}"
            yield finding(
                "answer-header-changed",
                "response.headers",
                line,
                before=_values(old, changed),
                after=_values(new, changed),
            )


def _header_words(value: Value) -> Any:
    """Return what a header is, as far as it is known; a long one is known by examples."""
    words = value_words(value)
    found = words if words is not None else list(value.examples)
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _single(values: Sequence[str]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _values(headers: Mapping[str, Member], names: Iterable[str]) -> dict[str, str] | None:
    """Return the values of some headers; None where there are none."""
    return {name: str(_header_words(headers[name].value)) for name in names} or None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "")
