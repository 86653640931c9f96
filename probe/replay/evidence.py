"""What differs between a call of the agent and the recorded one, each with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from probe.renderers.api import Api, Asked, Kind
from probe.renderers.json_reader import Json
from probe.replay.answer_form import is_default
from probe.replay.call_keys import CallKey
from probe.replay.item_hashes import ItemHashes
from probe.slots.differences import ABSENT, Difference, differences

_SHOWN = 60
"""Characters of a value in a note."""
_LISTED = 3
"""Differences of one call in a note."""
MOST = 20
"""Differences of one call that are looked for."""


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
    found = differences(before, after)
    return [one for one in islice(found, MOST) if not _is_redacted(one.before)]


def described(found: Sequence[Difference]) -> str:
    """Return differences as a phrase: `differs at PATH (this ≠ that)`."""
    listed = ", ".join(f"{one.at} ({_short(one.after)} ≠ {_short(one.before)})" for one in found[:_LISTED])
    return f"differs at {listed}" + (f" and in {len(found) - _LISTED} more places" if len(found) > _LISTED else "")


def _form(hashes: ItemHashes, sent: Sent, live: Sent, *, with_messages: bool) -> dict[str, Any]:
    """Return what is compared of a call, by place; messages are numbered as in the live one."""
    form: dict[str, Any] = {}
    fields = [*_fields(sent)]
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


def _fields(sent: Sent) -> Iterator[Any]:
    fields = sent.api.items(sent.path, sent.body) or ()
    yield from (field for field in fields if not is_default(sent.api, field))


def _is_redacted(value: Any) -> bool:
    return isinstance(value, str) and "⟨secret⟩" in value


def _short(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
