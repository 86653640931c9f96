"""The distinct items of requests: each is read and made into blocks once, however often it is sent."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import sha256
from operator import eq
from typing import Any

import msgspec
from msgspec.structs import replace

from probe.renderers.api import Api, ItemField, Kind
from probe.renderers.blocks import Block
from probe.renderers.json_reader import Json
from probe.trace.canonical import item_number
from probe.trace.context import Sizes, context_of
from probe.trace.features import Features, features_of
from probe.trace.shapes import Shape, Structure, shape_of
from probe.trace.unknowns import Unknowns, unknown_names


class Known(msgspec.Struct, kw_only=True, eq=False):
    """One distinct item. Its content is not kept, only what is known of it."""

    number: int
    """In the order of first appearance."""
    kind: Kind
    name: str
    api: str
    at: str
    """Where it is in a body: `messages[]`."""
    sha256: str
    size: int
    """Bytes of its JSON."""
    context: Sizes
    """What these bytes are."""
    canonical: int
    """Equal for items that are the same but for what moves from call to call."""
    shape: Shape
    features: Features
    special: bool
    """True where it says more of a turn than its size: it offers tools, is instructions, or could not be read."""
    uses: int = 0
    failed: str | None = None
    """Why the renderer could not read it; None where it could."""
    unknown: tuple[str, ...] = ()
    """What was not understood of it."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return what is the same for equal items in any part of a record."""
        return self.api, self.at, self.sha256


class NewItem(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An item at its first appearance: the only time that its content is at hand."""

    known: Known
    raw: bytes
    """Its JSON as it was sent."""
    blocks: tuple[Block, ...]
    value: Any


class _Place:
    """The items at one place in the requests of an API."""

    __slots__ = ("by_key", "items", "texts")

    def __init__(self) -> None:
        self.by_key: dict[Hashable, Known] = {}
        """By their keys in this process."""
        self.texts: list[msgspec.Raw] = []
        """The array that was read last: of all content, this alone stays in memory."""
        self.items: list[Known] = []
        """What is known of its elements."""


class Items:
    """Knows every distinct item by its bytes."""

    def __init__(self, unknowns: Unknowns, *, shaped: bool = True) -> None:
        """`shaped` says whether the shapes of items are to be known."""
        self.known: list[Known] = []
        self.new: list[NewItem] = []
        """Those that appeared since `take_new` was last called."""
        self._places: dict[tuple[str, str], _Place] = {}
        """By API and path."""
        self._by_digest: dict[tuple[str, str, str], Known] = {}
        """By API, place and hash."""
        self._unknowns = unknowns
        self._shaped = shaped

    def add(self, api: Api, field: ItemField, prefix: str = "") -> Sequence[Known]:
        """Return the items of a field, known or new, and count their use; `prefix` is put before their place."""
        at = f"{prefix}{field.at}[]" if field.listed else prefix + field.at
        place = self._places.get((api.name, at))
        if place is None:
            place = self._places[api.name, at] = _Place()
        found = self._listed(place, api, field, at) if field.listed else [self._one(place, api, field, at, field.json)]
        for known in found:
            known.uses += 1
        return found

    def _listed(self, place: _Place, api: Api, field: ItemField, at: str) -> list[Known]:
        """Return the items of an array, which nearly always begins as the one before: agents send their history again.

        Comparing with that takes a tenth of the time that hashing takes.
        """
        texts = field.json.texts
        same = list(map(eq, place.texts, texts))
        first = same.index(False) if False in same else len(same)
        new = [Json(bytes(text)) for text in texts[first:]]
        found = place.items[:first]
        found += [self._one(place, api, field, at, json) for json in new]
        # Copies: what was read belongs to a whole line of the record.
        place.texts[first:] = [msgspec.Raw(json.raw) for json in new]
        place.items = found
        return found

    def _one(self, place: _Place, api: Api, field: ItemField, at: str, json: Json) -> Known:
        key = json.key
        known = place.by_key.get(key)
        if known is None:
            known = place.by_key[key] = self._read(api, field, at, json)
        return known

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs: not what serves to read on."""
        return {**self.__dict__, "_places": {}}

    def take_new(self) -> list[NewItem]:
        """Return the items that are new since the last call, and let go of their content."""
        new, self.new = self.new, []
        return new

    def merge(self, other: Items) -> list[int]:
        """Add the items of another part of the record; return the number here of each of them."""
        moved = []
        repeated: list[str] = []
        for one in other.known:
            known = self._by_digest.get(one.identity)
            if known is None:
                self._keep(known := replace(one, number=len(self.known)))
            else:
                known.uses += one.uses
                repeated += one.unknown
            moved.append(known.number)
        self._unknowns.merge(other._unknowns, repeated)
        return moved

    def add_to(self, structure: Structure) -> None:
        """Count the shapes of all items as often as they were sent."""
        for known in self.known:
            structure.add(known.at, known.shape, known.uses)

    def _read(self, api: Api, field: ItemField, at: str, json: Json) -> Known:
        """Return an item whose key is new here."""
        digest = sha256(json.raw).hexdigest()
        known = self._by_digest.get((api.name, at, digest))
        if known is not None:
            return known
        value = json.value
        blocks, failed = _blocks(api, field, value)
        features = features_of(field.kind, blocks)
        known = Known(
            number=len(self.known),
            kind=field.kind,
            name=field.name,
            api=api.name,
            at=at,
            sha256=digest,
            size=len(json.raw),
            context=context_of(field.kind, blocks, len(json.raw)),
            canonical=item_number(api, field.kind, value),
            shape=shape_of(value) if self._shaped else "",
            features=features,
            special=features.system or features.tools > 0 or failed is not None,
            failed=failed,
            unknown=tuple(unknown_names(blocks)),
        )
        if known.unknown:
            self._unknowns.counts.update(known.unknown)
        self._keep(known)
        self.new.append(NewItem(known=known, raw=json.raw, blocks=blocks, value=value))
        return known

    def _keep(self, known: Known) -> None:
        self.known.append(known)
        self._by_digest[known.identity] = known


def _blocks(api: Api, field: ItemField, value: Any) -> tuple[tuple[Block, ...], str | None]:
    """Return the blocks of an item; none, and why, where its renderer fails."""
    try:
        return tuple(api.item_blocks(field.kind, field.name, value)), None
    except Exception as error:
        return (), f"{type(error).__name__}: {error}"
