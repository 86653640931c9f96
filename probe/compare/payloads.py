"""What differs in what is sent and answered: bodies of requests and answers, kinds of events and their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from probe.compare.change import TEXTS, Change, How, grouped
from probe.compare.comparison import Finding, finding
from probe.compare.endpoints import Matched
from probe.compare.shown_values import are, bounded, changed_words, listed, shown
from probe.compare.value_changes import value_changes
from probe.protocol.description import Endpoint, EventKind, Grammar
from probe.protocol.values import Value
from probe.report.plain_text import plural

Judge = Callable[[Matched, str, list[Change]], list[Change]]
"""Choose the changes of a `request` or an `answer` that are worth a line, and what they are counted in."""

_OF_MESSAGE = ("type", "event_id")
"""Members that a message of a WebSocket has and a body has not."""
_RESULT = re.compile(r"_output\b|\btool_result\b|role=tool\b")
"""In the tags of a variant that is a tool's result."""


def payload_findings(
    matched: Iterable[Matched],
    is_said_elsewhere: Callable[[str], bool],
    implied: Iterable[tuple[Any, Any]],
    *,
    other_results: bool = False,
    judge: Judge = lambda pair, part, changes: changes,
) -> Iterator[Finding]:
    """Yield what differs in payloads.

    `is_said_elsewhere` checks whether another part of the comparison has what is at a place of a request; `implied`
    are pairs of values of which a line says already that one became the other. With `other_results`, tools returned
    something else, which may be of another type. `judge` leaves out what may be chance, where groups are compared.
    """
    known, seen = [tuple(pair) for pair in implied], set()
    for pair in matched:
        for one in _of_endpoint(pair, lambda one: _follows(one, is_said_elsewhere, other_results), known, judge):
            key = (one.kind, one.place, one.line)
            if key not in seen:
                seen.add(key)
                yield one


def _of_endpoint(
    pair: Matched, is_said_elsewhere: Callable[[Change], bool], implied: list[tuple[Any, ...]], judge: Judge
) -> Iterator[Finding]:
    sent, sent_now = map(_sent, pair)
    echoed = set[str]()
    if sent and sent_now:
        changes = [
            one
            for one in value_changes(sent, sent_now)
            if not is_said_elsewhere(one)
            and not (pair.is_moved and one.place in _OF_MESSAGE)
            and not _is_implied(one, implied)
        ]
        yield from _findings("sent", "", judge(pair, "request", changes))
        echoed |= {one.place for one in changes}
    old, new = _events(pair.before), _events(pair.after)
    if old and new:
        yield from _event_findings(
            old,
            new,
            lambda change: _is_echo(change, echoed) or _is_implied(change, implied),
            lambda changes: judge(pair, "answer", changes),
        )
    else:
        for one, other in _whole_answers(pair):
            answers = [
                one for one in value_changes(one, other) if not _is_implied(one, implied) and one.how is not How.SHARE
            ]
            yield from _findings("answer", "response.", judge(pair, "answer", answers))


def _follows(change: Change, is_said_elsewhere: Callable[[str], bool], other_results: bool) -> bool:
    """Check whether a change follows from what another part of the comparison has."""
    of_result = change.name in TEXTS and _RESULT.search(change.tagged) is not None
    return is_said_elsewhere(change.place) or (other_results and of_result and change.how is How.TYPE)


def _is_implied(change: Change, implied: list[tuple[Any, ...]]) -> bool:
    if change.how is How.VALUE and change.name in TEXTS:
        return True
    return change.how is How.VALUE and (change.before, change.after) in implied


def _is_number(change: Change) -> bool:
    """Check whether a change is of numbers of an answer: counts and indexes, which any answer has others of."""
    return change.how is How.VALUE and any(isinstance(one, int | float) for one in (change.before, change.after))


def _is_echo(change: Change, sent: set[str]) -> bool:
    """Check whether an API repeats in an answer what differs in the request."""
    return change.place.removeprefix("event.").removeprefix("response.") in sent


def _sent(endpoint: Endpoint) -> Value | None:
    """Return what requests are: their bodies, or the messages that begin calls."""
    if endpoint.messages:
        kinds = [kind for kind in endpoint.messages.kinds if kind.direction == "client"]
        return max(kinds, key=lambda kind: kind.count).value if kinds else None
    bodies = [body.value for body in endpoint.requests if body.value]
    return max(bodies, key=lambda value: value.count, default=None)


def _events(endpoint: Endpoint) -> Grammar | None:
    """Return the events of answers."""
    if endpoint.messages:
        return endpoint.messages
    found = [body.events for answer in endpoint.responses for body in answer.bodies if body.events]
    return max(found, key=lambda events: events.count, default=None)


def _whole_answers(pair: Matched) -> Iterator[tuple[Value, Value]]:
    for one in pair.before.responses:
        other = next((answer for answer in pair.after.responses if answer.status == one.status), None)
        if other:
            old, new = ([body.value for body in answer.bodies if body.value] for answer in (one, other))
            yield from zip(old[:1], new[:1], strict=False)


def _event_findings(
    old: Grammar, new: Grammar, follows: Callable[[Change], bool], judge: Callable[[list[Change]], list[Change]]
) -> Iterator[Finding]:
    kinds, others = ({one.kind: one for one in side.kinds if one.direction == "server"} for side in (old, new))
    for kind, word, one, other in (
        ("event-removed", "gone", kinds, others),
        ("event-added", "new", others, kinds),
    ):
        alone = [name for name in one if name not in other]
        if alone:
            counts = ", ".join(
                plural(one[name].count, "time") + f" in {plural(one[name].sequences, 'answer')}" for name in alone
            )
            seen = f"{counts}, now none" if word == "gone" else f"none, now {counts}"
            line = f"event{'s' if len(alone) > 1 else ''} {are(alone, word)}"
            values = {"before" if word == "gone" else "after": alone}
            yield finding(kind, f"event[{alone[0]}]", line, evidence=seen, **values)
    both = [(kinds[name], others[name]) for name in kinds if name in others]
    changes = [
        change
        for one, other in both
        for change in value_changes(one.value, other.value, f"event[{one.kind}]")
        # How often an answer has a member is for the model to choose.
        if not follows(change) and not _is_number(change) and change.how is not How.SHARE
    ]
    yield from _findings("answer", "", judge(changes))
    yield from _order(kinds, others, old, new)


def _order(kinds: dict[str, EventKind], others: dict[str, EventKind], old: Grammar, new: Grammar) -> Iterator[Finding]:
    """Yield where one follows the other that never did, and the other way round."""
    swapped = []
    for before, after, follows in ((kinds, others, new.follows), (others, kinds, old.follows)):
        for follow in follows:
            one, other = follow.before, follow.after
            never = one in before and other in before[one].never_followed_by if one else False
            if never and one in after and other in after:
                word = "now follows" if before is kinds else "no longer follows"
                swapped.append(f"{other} {word} {one}")
    if swapped:
        line = f"events come in another order: {listed(swapped)}"
        yield finding("event-order-changed", "event", line, evidence=f"{old.sequences} answers, now {new.sequences}")


_PHRASES = {
    How.REQUIRED: "always {verb} now",
    How.ADDED: "{verb} now",
    How.REMOVED: "no longer {verb}",
    How.OPTIONAL: "not always {verb} now",
    How.SHARE: "{verb} less often",
}


def _findings(side: str, prefix: str, changes: Iterable[Change]) -> Iterator[Finding]:
    """Yield a finding for each group of changes."""
    groups = grouped(changes)
    yield from _kind_findings(side, prefix, [one for one in groups if one[0].how in _KINDS])
    for group in groups:
        first = group[0]
        if first.how in _KINDS:
            continue
        kind = f"{side}-{first.how}".replace("answer-field-required", "answer-field-added")
        names = [one.name for one in group]
        parent = prefix + first.tagged
        place = (
            (f"{parent}.{first.name}" if first.tagged else prefix + first.name) if len(group) == 1 else parent or "body"
        )
        before, after = _values(group)
        if first.how in _PHRASES:
            where = f"{parent.rstrip('.')}: " if parent else ""
            words = _PHRASES[first.how].format(verb=_VERBS[side])
            if first.how is How.SHARE and first.seen_after[0] > first.seen[0]:
                words = f"{_VERBS[side]} more often"
            line = where + are(names, words)
            if len(group) == 1 and (known := after if after is not None else before) is not None:
                line += f": {shown(known)}"
        else:
            line = f"{place} {changed_words(before, after)}"
        yield finding(kind, place, line, before=before, after=after, evidence=_evidence(group))


_KINDS = (How.KIND_ADDED, How.KIND_REMOVED)
_VERBS = {"sent": "sent", "answer": "answered"}


def _kind_findings(side: str, prefix: str, groups: Iterable[list[Change]]) -> Iterator[Finding]:
    """Yield kinds of objects that are new or gone; the same at several places is one finding."""
    by_names: dict[tuple[tuple[str, ...], tuple[str, ...]], list[list[Change]]] = {}
    by_place: dict[str, list[Change]] = {}
    for group in groups:
        by_place.setdefault(group[0].parent, []).extend(group)
    for changes in by_place.values():
        added, removed = (tuple(one.name for one in changes if one.how is how) for how in _KINDS)
        by_names.setdefault((added, removed), []).append(changes)
    for (added, removed), places in by_names.items():
        all_places = [prefix + (changes[0].parent or "body") for changes in places]
        words = [are(added, f"{_VERBS[side]} now")] if added else []
        words += [are(removed, f"no longer {_VERBS[side]}")] if removed else []
        yield finding(
            f"{side}-{How.KIND_ADDED if added else How.KIND_REMOVED}",
            all_places[0],
            f"{listed(all_places)} of kind {', '.join(words)}",
            before=list(removed) or None,
            after=list(added) or None,
            evidence=_kind_evidence(places[0]),
        )


def _values(group: list[Change]) -> tuple[Any, Any]:
    if len(group) == 1:
        return bounded(group[0].before), bounded(group[0].after)
    sides = (
        {one.name: value for one in group if (value := getattr(one, name)) is not None} for name in ("before", "after")
    )
    before, after = (bounded(values) if values else None for values in sides)
    return before, after


def _kind_evidence(changes: list[Change]) -> str:
    """Return how often kinds were seen; each by itself where that differs."""
    if len({(one.seen, one.seen_after) for one in changes}) == 1:
        return _evidence(changes)
    of, of_now = max(one.seen[1] for one in changes), max(one.seen_after[1] for one in changes)
    words = [f"{one.name} {one.seen[0]} → {one.seen_after[0]}" for one in changes if one.seen[1] or one.seen_after[1]]
    return f"{', '.join(words)}; of {of} → {of_now}{changes[0].unit}" if words else ""


def _evidence(group: list[Change]) -> str:
    most = max(group, key=lambda one: max(one.seen[1], one.seen_after[1]))
    (count, of), (now, of_now) = most.seen, most.seen_after
    return "" if not of and not of_now else f"in {count} of {of}{most.unit}, now in {now} of {of_now}"
