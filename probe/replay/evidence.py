"""What differs between a call of the agent and the recorded one, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from probe.record.differing_place import DifferingPlace, kept_value, phrases
from probe.renderers.api import Api, Asked, ItemField, Kind
from probe.renderers.json_reader import Json
from probe.replay.answer_form import is_default
from probe.replay.call_keys import CallKey
from probe.replay.item_hashes import ItemHashes
from probe.replay.named_tools import LISTS, by_name, follows, place_of
from probe.slots.differences import ABSENT, Difference, differences
from probe.trace.injected import injected_as

_LISTED = 3
"""Differences of one call in a note."""
MOST = 200
"""Differences of one call that are kept."""
_RANKS = {Kind.MESSAGE: 0, Kind.INSTRUCTIONS: 2, Kind.TOOL: 3, Kind.SETTING: 7}
_OTHER_MESSAGES = 5


class Sent(NamedTuple):
    """A call with its content."""

    api: Api
    path: str
    body: Json
    asked: Asked
    key: CallKey
    websocket: bool


def differences_of(hashes: ItemHashes, recorded: Sent, live: Sent) -> list[Difference]:
    """Return in what a call differs from the recorded one, in what is new in its thread and in all that is no message.

    What only the transport makes different is left out.
    """
    same_new = recorded.key.new == live.key.new and recorded.key.before is not None
    before = _form(hashes, recorded, live, with_messages=not same_new)
    after = _form(hashes, live, live, with_messages=not same_new)
    if recorded.websocket != live.websocket:
        settings = {one.at for sent in (recorded, live) for one in _fields(sent) if one.kind is Kind.SETTING}
        before, after = ({at: one for at, one in form.items() if at not in settings} for form in (before, after))
    for name in LISTS & (before.keys() | after.keys()):
        for form in (before, after):
            form.setdefault(name, [])
    found = [
        one._replace(at=place_of(one.at))
        for one in differences(by_name(before), by_name(after))
        if not _is_redacted(one.before) and not follows(*one)
    ]
    kinds = {field.at: field.kind for sent in (live, recorded) for field in _fields(sent)}
    return sorted(found, key=lambda one: _rank(one, kinds, before, after))[:MOST]


def place(call: int, found: Difference) -> DifferingPlace:
    """Return a difference in the form of the manifest."""
    recorded, now = (
        msgspec.UNSET if one is ABSENT else one if isinstance(one, str) else kept_value(one)
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
    """Return how early a difference is named: what the user asked, instructions, tools, other messages, settings."""
    field = next((at for at in kinds if found.at == at or found.at.startswith((f"{at}[", f"{at}.", f"{at}→"))), None)
    kind = kinds.get(field or "", Kind.SETTING)
    if kind is Kind.MESSAGE and re.search(r"\]\.tools\b", found.at):
        kind = Kind.TOOL  # Some agents send them among their messages.
    if field is None or kind is not Kind.MESSAGE:
        return _RANKS[kind] - (found.at == "model") + (kind is Kind.TOOL and found.after is ABSENT)
    index = re.match(r"\[(\d+)\]", found.at[len(field) :])
    items = after[field] if found.before is ABSENT else before[field]
    item = items[int(index[1])] if index and int(index[1]) < len(items) else None
    role = item.get("role", None if "type" in item else "user") if isinstance(item, dict) else None
    if role in ("system", "developer"):
        return _RANKS[Kind.INSTRUCTIONS]
    if isinstance(items, list) and role != "user":
        return _OTHER_MESSAGES
    shown = found.after if isinstance(found.after, str) else found.before
    if isinstance(shown, str) and injected_as(shown):
        return 1
    # The user's own words are behind what the harness puts before them.
    return 0 if index is None or int(index[1]) == _last_words(items) else 1


def _last_words(items: Any) -> int | None:
    """Return the index of the last message of the user."""
    users = [at for at, one in enumerate(items) if isinstance(one, dict) and one.get("role") == "user"]
    return users[-1] if users else None


def _form(hashes: ItemHashes, sent: Sent, live: Sent, *, with_messages: bool) -> dict[str, Any]:
    """Return what is compared of a call, by place; messages are numbered as in the live one."""
    form: dict[str, Any] = {}
    fields = list(_fields(sent))
    if not fields:
        return {"body": sent.body.value}
    for field in fields:
        place = f"{field.at}[]" if field.listed else field.at
        values = [hashes.normal(sent.api, field.kind, place, item.value) for item in field.items]
        if field.kind is Kind.MESSAGE and field.listed:
            if not with_messages:
                continue
            new = len(sent.key.new)
            values = [None] * _old(live) + values[max(0, len(values) - new) :]
        form[field.at] = values if field.listed else values[0]
    form.setdefault("model", sent.asked.model)
    return form


def _old(live: Sent) -> int:
    """Return how many messages of a request are not new."""
    sizes = [len(one.items) for one in _fields(live) if one.kind is Kind.MESSAGE and one.listed]
    return max(0, (sizes or [0])[-1] - len(live.key.new))


def _fields(sent: Sent) -> Iterator[ItemField]:
    fields = sent.api.items(sent.path, sent.body) or ()
    yield from (field for field in fields if not is_default(sent.api, field))


def _is_redacted(value: Any) -> bool:
    return isinstance(value, str) and "⟨secret⟩" in value
