"""What differs between a call of the agent and the recorded one, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from probe.record.common_parts import fits
from probe.record.differing_place import DifferingPlace, kept_value, phrases
from probe.renderers.api import Api, Asked, ItemField, Kind
from probe.renderers.json_reader import Json
from probe.replay.answer_form import is_default
from probe.replay.call_keys import CallKey
from probe.replay.item_hashes import ItemHashes
from probe.replay.named_tools import LISTS, by_name, follows, place_of
from probe.slots.differences import ABSENT, Difference, differences, matching, whole_differences
from probe.trace.injected import injected_as

_LISTED = 3
"""Differences of one call in a note."""
MOST = 200
"""Differences of one call that are kept."""
_RANKS = {Kind.SETTING: 1, Kind.MESSAGE: 2, Kind.INSTRUCTIONS: 4, Kind.TOOL: 5}
_INJECTED, _OTHER_MESSAGES = 3, 7
_OF_TRANSPORT = frozenset({"type", "stream", "generate", "previous_response_id", "client_metadata"})
"""Settings that only one of an API's transports has."""
_SECRET = "⟨secret⟩"
_BEGINNING = 60
"""Characters of a message that is on one side only."""


class SentField(NamedTuple):
    """A field of a call, and the hashes of its items as they were sent."""

    field: ItemField
    hashes: Sequence[int]


class Sent(NamedTuple):
    """A call with its content."""

    api: Api
    body: Json
    asked: Asked
    key: CallKey
    websocket: bool
    fields: Sequence[SentField]


def differences_of(hashes: ItemHashes, recorded: Sent, live: Sent, *, after_fault: bool = False) -> list[Difference]:
    """Return in what a call differs from the recorded one; places are those of the call, but of what it lacks.

    What only the transport makes different is left out; `after_fault`, that a call is sent whole and not chained, too.
    """
    one_chained = (recorded.asked.previous_id is None) != (live.asked.previous_id is None)
    left_out = _OF_TRANSPORT if recorded.websocket != live.websocket else frozenset[str]()
    if after_fault and one_chained and live.asked.previous_id is None:
        left_out |= {"previous_response_id"}
    before, after = _forms(hashes, recorded, live, left_out, only_new=one_chained)
    # From the call to the recorded one: then the places are the call's.
    found = [
        Difference(place_of(one.at), one.after, one.before)
        for one in whole_differences(by_name(after), by_name(before))
        if not _is_redacted(one.after, one.before) and not follows(*one)
    ]
    kinds = {one.field.at: one.field.kind for sent in (live, recorded) for one in sent.fields}
    ranked = sorted(found, key=lambda one: _rank(one, kinds, before, after))
    return [short for one in ranked[:MOST] for short in _shortened(one)]


def place(call: int, found: Difference) -> DifferingPlace:
    """Return a difference in the form of the manifest."""
    one_sided = ABSENT in (found.before, found.after)
    recorded, now = (
        msgspec.UNSET
        if one is ABSENT
        else one
        if isinstance(one, str)
        else kept_value(_named(one) if one_sided else one)
        for one in (found.before, found.after)
    )
    return DifferingPlace(call=call, at=found.at, recorded=recorded, now=now)


def described(places: Sequence[DifferingPlace]) -> str:
    """Return differences as a phrase: `differs at PATH (now …, recorded …)`."""
    found = phrases(places)
    more = sum(count for _, count in found[_LISTED:])
    listed = ", ".join(text for text, _ in found[:_LISTED])
    rest = f" and in {more} more place{'s' * (more > 1)}" if more else ""
    return f"differs{' ' if listed.startswith('at ') else ': '}{listed}{rest}"


def _rank(found: Difference, kinds: Mapping[str, Kind], before: dict[str, Any], after: dict[str, Any]) -> int:
    """Return how early a difference is named: model, settings, what the user asked, instructions, tools."""
    field = next((at for at in kinds if found.at == at or found.at.startswith((f"{at}[", f"{at}.", f"{at}→"))), None)
    kind = kinds.get(field or "", Kind.SETTING)
    if kind is Kind.MESSAGE and re.search(r"\]\.tools\b", found.at):
        kind = Kind.TOOL  # Some agents send them among their messages.
    if field is None or kind is not Kind.MESSAGE:
        return _RANKS[kind] - (found.at == "model") + (kind is Kind.TOOL and found.after is ABSENT)
    index = re.match(r"\[(\d+)\]", found.at[len(field) :])
    items = before[field] if found.after is ABSENT else after[field]
    item = items[int(index[1])] if index and int(index[1]) < len(items) else None
    role = item.get("role", None if "type" in item else "user") if isinstance(item, dict) else None
    if role in ("system", "developer"):
        return _RANKS[Kind.INSTRUCTIONS]
    if isinstance(items, list) and role != "user":
        return _OTHER_MESSAGES
    shown = found.after if isinstance(found.after, str) else found.before
    if isinstance(shown, str) and injected_as(shown):
        return _INJECTED
    # The user's own words are behind what the harness puts before them.
    return _RANKS[kind] if index is None or int(index[1]) == _last_words(items) else _INJECTED


def _last_words(items: Any) -> int | None:
    """Return the index of the last message of the user that differs."""
    users = [at for at, one in enumerate(items) if isinstance(one, dict) and one.get("role") == "user"]
    return users[-1] if users else None


def _forms(
    hashes: ItemHashes, recorded: Sent, live: Sent, left_out: frozenset[str], *, only_new: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is compared of two calls, by place: the fields that are not the same.

    With `only_new`, of the messages those are compared that go on in the thread, numbered as in the second call.
    """
    if not (recorded.fields and live.fields):
        return {"body": recorded.body.value}, {"body": live.body.value}
    before, after = ({one.field.at: one for one in _compared(sent, left_out)} for sent in (recorded, live))
    model = {"model": recorded.asked.model}, {"model": live.asked.model}
    forms: tuple[dict[str, Any], dict[str, Any]] = model if "model" not in before.keys() | after.keys() else ({}, {})
    for at in dict.fromkeys((*before, *after)):
        old, new = before.get(at), after.get(at)
        if old and new and old.hashes == new.hashes:
            continue
        same = matching(old.hashes, new.hashes) if old and new else []
        for form, one, number in ((forms[0], old, 0), (forms[1], new, 1)):
            if one:
                form[at] = _values(hashes, one, {pair[number]: count for count, pair in enumerate(same)})
            elif at in LISTS or ((other := old or new) and other.field.listed):
                # No list is the same as an empty one.
                form[at] = []
        if only_new and old and new and new.field.kind is Kind.MESSAGE and new.field.listed:
            first = max(0, len(new.hashes) - len(live.key.new))
            for form, sent in zip(forms, (recorded, live), strict=True):
                form[at] = [None] * first + form[at][max(0, len(form[at]) - len(sent.key.new)) :]
    return forms


def _compared(sent: Sent, left_out: frozenset[str]) -> Iterator[SentField]:
    for one in sent.fields:
        if not is_default(sent.api, one.field) and one.field.at.rpartition(".")[2] not in left_out:
            yield one


def _values(hashes: ItemHashes, one: SentField, same: Mapping[int, int]) -> Any:
    """Return a field's value; messages that are the same in the other call, which may be many, become numbers."""
    field = one.field
    if not field.listed:
        return hashes.sent(field.at, field.json.value)
    known = same if field.kind is Kind.MESSAGE else {}
    items = enumerate(field.items)
    return [known[number] if number in known else hashes.sent(f"{field.at}[]", item.value) for number, item in items]


def _shortened(found: Difference) -> Iterator[Difference]:
    """Yield a difference with long texts cut to where they differ first."""
    if isinstance(found.before, str) and isinstance(found.after, str):
        yield from differences(found.before, found.after, found.at)
    else:
        yield found


def _named(value: Any) -> Any:
    """Return a message that is on one side only by its role and how its text begins; anything else as it is."""
    if not isinstance(value, dict) or not isinstance(role := value.get("role"), str):
        return value
    text = next(_texts(value.get("content", value.get("parts"))), "")
    return {"role": role, "text": text if len(text) <= _BEGINNING else text[:_BEGINNING] + "…"}


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and isinstance(text := part.get("text"), str):
            yield text


def _is_redacted(before: Any, after: Any) -> bool:
    """Check whether texts differ only where a credential was redacted in the recording."""
    if not isinstance(before, str) or _SECRET not in before:
        return False
    parts = [part.encode("utf-8", "surrogatepass") for part in before.split(_SECRET)]
    return isinstance(after, str) and fits(after.encode("utf-8", "surrogatepass"), parts)
