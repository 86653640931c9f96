"""What a call of the model is matched by: its thread, what is new in it, its model, its tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

import msgspec

from probe.renderers.api import Api, Asked, ItemField, Kind
from probe.renderers.json_reader import Json
from probe.replay.answer_form import asks_for_stream, is_default
from probe.replay.item_hashes import ItemHash, ItemHashes
from probe.trace.items import Known
from probe.trace.turns import SentItems

_START = 0


class CallKey(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the model as it is compared with others: hashes of what it sent."""

    path: str
    """URL path without the query."""
    warm_up: bool
    model: str | None
    tools: int
    instructions: int
    kind: tuple[bool, ...]
    """What kind of call it is: with tools, with instructions, with a schema."""
    streamed: bool
    """Whether it asks for a stream."""
    before: int | None
    """Number of the recorded call that it goes on from; None where it begins a thread."""
    new: tuple[int, ...]
    """The messages since then."""
    whole: int
    """All messages, those that the API keeps included."""
    count: int
    """How many those are."""
    first: int | None
    """The first message of the thread."""
    sent: int
    """All that was sent, with what moves from call to call and texts that a harness puts in."""

    @property
    def same(self) -> tuple[object, ...]:
        """Return what equal calls share."""
        return self.warm_up, self.model, self.tools, self.whole


def endpoint(path: str) -> str:
    """Return the name of an endpoint: another prefix (`/v1`), or a model in the path, makes no other one."""
    name = path.rstrip("/").rpartition("/")[2]
    return name[name.index(":") :] if ":" in name else name


class _Thread(msgspec.Struct, frozen=True):
    """Where a thread has come to."""

    call: int
    whole: int
    count: int
    first: int | None


class Threads:
    """Knows the calls of one run by what was sent and answered so far, so that each is found that another goes on from.

    Of the recorded run and of the one that runs now alike, `call` is the number of the recorded one.
    """

    def __init__(self, hashes: ItemHashes) -> None:
        self._hashes = hashes
        self._ends: dict[tuple[int, int], _Thread] = {}
        self._answers: dict[str, _Thread] = {}
        """By the id of an answer."""

    def key(
        self, api: Api, path: str, asked: Asked, body: Json, items: SentItems | None, known: Mapping[int, ItemHash]
    ) -> CallKey:
        """Return a call's key; `known` has the hashes of its items by their numbers."""
        compared = [(field, found) for field, found in items or () if not is_default(api, field)]
        of = {kind: tuple(_of_kind(kind, compared, known)) for kind in Kind}
        messages = of[Kind.MESSAGE]
        if items is None:
            messages = (self._hashes.of(api, Kind.MESSAGE, "", body.value),)
        tools, instructions = hash(of[Kind.TOOL]), hash(of[Kind.INSTRUCTIONS])
        seed = hash((endpoint(path), asked.model, tools, instructions))
        thread = self._answers.get(asked.previous_id or "")
        hashes = list(accumulate(messages, lambda whole, one: hash((whole, one)), initial=_whole(thread)))
        new = messages
        if thread is None:
            # The longest that is shorter than this one: an equal one is this one, tried again.
            lengths = range(len(messages) - 1, 0, -1)
            found = next((length for length in lengths if (seed, hashes[length]) in self._ends), 0)
            thread, new = (self._ends[seed, hashes[found]], messages[found:]) if found else (None, messages)
        return CallKey(
            path=path,
            warm_up=asked.no_answer,
            model=asked.model,
            tools=tools,
            instructions=instructions,
            kind=(*_offers(items or ()), asked.schema_fields is not None),
            streamed=asks_for_stream(api, body),
            before=thread.call if thread else None,
            new=new,
            whole=hashes[-1],
            count=(thread.count if thread else 0) + len(new),
            first=thread.first if thread else next(iter(messages), None),
            sent=hash((asked.model, *(_sent(field, found, known) for field, found in compared)))
            if items
            else messages[0],
        )

    def answered(self, number: int, key: CallKey, response_id: str | None, sent_back: Sequence[int]) -> None:
        """Note that a call got the answer of a recorded one, whose items later calls may repeat."""
        seed = hash((endpoint(key.path), key.model, key.tools, key.instructions))
        thread = _Thread(number, key.whole, key.count, key.first)
        self._ends[seed, key.whole] = thread
        for one in sent_back:
            thread = _Thread(number, hash((thread.whole, one)), thread.count + 1, thread.first)
        self._ends[seed, thread.whole] = thread
        if response_id:
            self._answers[response_id] = thread


def _whole(thread: _Thread | None) -> int:
    return thread.whole if thread else _START


def _offers(items: SentItems) -> tuple[bool, bool]:
    """Check whether a call has tools and instructions, which some agents send among their messages."""
    special = [one for _, found in items for one in found if one.special]
    instructed = any(one.features.system or one.kind is Kind.INSTRUCTIONS for one in special)
    return any(one.features.tools for one in special), instructed


def _sent(field: ItemField, found: Sequence[Known], known: Mapping[int, ItemHash]) -> object:
    return field.at, field.listed, *(known[one.number].sent for one in found)


def _of_kind(kind: Kind, items: SentItems, known: Mapping[int, ItemHash]) -> Iterator[int]:
    for field, found in items:
        if field.kind is kind:
            yield from (known[one.number].canonical for one in found)
