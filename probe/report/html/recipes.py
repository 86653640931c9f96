"""Bodies as recipes: numbers of pieces and the texts between them, which together are the very bytes of the body."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from probe.renderers.api import ItemField
from probe.report.html.json_places import place_of_elements, possible_places
from probe.report.html.pieces import CHUNK, Lane, Pieces, add_to_ranges, key_of
from probe.report.html.recipe import INLINE, Recipe, RecipeWriter, Run
from probe.trace.items import Known
from probe.trace.repeats import Shorter
from probe.trace.turns import SentItems

_MEMBER = 1 << 10
"""Bytes of a member of JSON from which it is a piece: it may come again."""
_ARRAY = 1 << 13
"""Bytes of an array from which its elements are pieces."""
_ARRAYS = 64
"""Arrays that are remembered."""
_EVENT = 1 << 11
"""Bytes of an event from which its members are looked at."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_FAILURES = (msgspec.DecodeError, UnicodeError, RecursionError)
_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")


class Recipes:
    """Makes recipes; what is not in a piece yet becomes one."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self.raw_of_items: list[int] = []
        """Piece of each item."""
        self._arrays: dict[int, Recipe | None] = {}
        """Recipes of the arrays that were taken apart last; None for one that is a piece."""
        self._cuts: dict[int, Recipe] = {}
        """Recipe of each value that is cut from streams, by its mark."""

    def of_call(self, raw: bytes, items: SentItems) -> Recipe:
        """Return the recipe of a call's body or message, by its items where they are found in it."""
        found = (self._place(raw, field, known) for field, known in items)
        places = sorted(filter(None, found), key=lambda place: place[0])
        if not places:
            return self.of_json(raw)
        out, end = RecipeWriter(self._pieces), 0
        for begin, after, part in places:
            if begin >= end:
                out.text(raw[end:begin])
                out.part(part)
                end = after
        out.text(raw[end:])
        return out.end()

    def of_json(self, raw: bytes) -> Recipe:
        """Return the recipe of a JSON text."""
        out = RecipeWriter(self._pieces)
        self._split(out, raw)
        return out.end()

    def of_stream(self, text: bytes) -> Recipe:
        """Return the recipe of a stream of events: large ones repeat what was sent."""
        out = RecipeWriter(self._pieces)
        ending = next((one for one in _EVENT_ENDS if one in text), b"\n\n")
        begin = end = 0
        while begin < len(text):
            after = text.find(ending, begin)
            after = len(text) if after < 0 else after + len(ending)
            if after - begin >= _EVENT:
                data = text.find(b"{", begin, begin + 200)
                if data >= 0:
                    out.text(text[end:data])
                    end = len(text[:after].rstrip()) if after - begin < CHUNK else after
                    self._split(out, text[data:end])
            begin = after
        out.text(text[end:])
        return out.end()

    def of_shorter(self, shorter: Shorter) -> Recipe:
        """Return the recipe of a stream of which most that was sent before is cut out already."""
        out = RecipeWriter(self._pieces)
        text, end = shorter.text.encode(), 0
        for cut in shorter.cuts:
            mark = b"%d" % cut.mark
            begin = text.index(mark, end)
            out.text(text[end:begin])
            if cut.mark not in self._cuts:
                member = msgspec.json.decode(b'"%b"' % cut.text, type=str).encode()
                whole = RecipeWriter(self._pieces)
                self._split(whole, member[len(f'"{cut.name}":'.encode()) :])
                self._cuts[cut.mark] = whole.end()
            out.again(self._cuts[cut.mark])
            end = begin + len(mark)
        out.text(text[end:])
        return out.end()

    def of_chunks(self, chunks: Iterable[bytes]) -> Recipe:
        """Return the recipe of bytes that come in chunks."""
        out = RecipeWriter(self._pieces)
        for chunk in chunks:
            for begin in range(0, len(chunk), CHUNK):
                out.piece(chunk[begin : begin + CHUNK])
        return out.end()

    def _place(self, raw: bytes, field: ItemField, known: Sequence[Known]) -> tuple[int, int, int | Run] | None:
        """Return where the items of a field are in a body, and what stands for them."""
        if sum([one.size for one in known]) < INLINE:
            return None
        if not field.listed:
            return self._place_of_one(raw, field, known[0])
        found = place_of_elements(raw, field.json.texts, 0)
        if found is None:
            return None
        numbers: list[int] = []
        for one in known:
            add_to_ranges(numbers, one.number)
        return found[0], found[1], Run(items=numbers, by=found[2])

    def _place_of_one(self, raw: bytes, field: ItemField, known: Known) -> tuple[int, int, int | Run] | None:
        piece = self.raw_of_items[known.number]
        name = msgspec.json.encode(field.at.rpartition(".")[2]) + b":"
        for at in possible_places(raw, name, 0):
            begin = at + len(name)
            while raw[begin : begin + 1] == b" ":
                begin += 1
            if self._pieces.find(raw[begin : begin + known.size]) == piece:
                return begin, begin + known.size, Run(items=[known.number, known.number], by="")
        return None

    def _split(self, out: RecipeWriter, raw: bytes) -> None:
        """Add a JSON value, its large members as pieces."""
        if len(raw) < _MEMBER:
            out.text(raw)
        elif raw[:1] == b"[":
            self._array(out, raw)
        elif raw[:1] == b"{":
            self._object(out, raw)
        else:
            out.piece(raw)

    def _object(self, out: RecipeWriter, raw: bytes) -> None:
        try:
            members = _members(raw)
        except _FAILURES:
            out.piece(raw)
            return
        end = 0
        for member in members.values():
            if len(memoryview(member)) < _MEMBER:
                continue
            text = bytes(member)
            begin = next((at for at in possible_places(raw, text, end) if raw.startswith(text, at)), None)
            if begin is not None:
                out.text(raw[end:begin])
                self._split(out, text)
                end = begin + len(text)
        out.text(raw[end:])

    def _array(self, out: RecipeWriter, raw: bytes) -> None:
        if len(raw) < _ARRAY:
            out.piece(raw)
            return
        key = key_of(raw)
        if key not in self._arrays:
            self._arrays[key] = self._elements(raw)
            if len(self._arrays) > _ARRAYS:
                del self._arrays[next(iter(self._arrays))]
        recipe = self._arrays[key]
        if recipe is None:
            out.piece(raw)
        else:
            out.again(recipe)

    def _elements(self, raw: bytes) -> Recipe | None:
        """Return the recipe of an array with its elements as pieces; None where they are small."""
        try:
            texts = _elements(raw)
        except _FAILURES:
            return None
        found = place_of_elements(raw, texts, 1) if len(raw) >= INLINE * len(texts) else None
        if found is None:
            return None
        begin, end, by = found
        numbers: list[int] = []
        for text in texts:
            add_to_ranges(numbers, self._pieces.add(bytes(text), Lane.BODIES))
        parts = RecipeWriter(self._pieces)
        parts.text(raw[:begin])
        parts.part(Run(pieces=numbers, by=by))
        parts.text(raw[end:])
        return parts.end()
