"""The recipe of a body, and how it is put together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from probe.report.html.pieces import CHUNK, Lane, Pieces

INLINE = 200
"""Bytes below which a text is in the recipe itself."""


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Many items or pieces in a row, with the same text between any two."""

    items: Sequence[int] | None = None
    """Numbers as ranges."""
    pieces: Sequence[int] | None = None
    by: str


Recipe = list[int | str | Run]


class RecipeWriter:
    """A recipe that is not complete yet."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._parts: Recipe = []
        self._texts: list[bytes] = []

    def text(self, text: bytes) -> None:
        """Add a text that will hardly come again."""
        if text:
            self._texts.append(text)

    def part(self, part: int | Run) -> None:
        """Add a number or a run."""
        self._end_text()
        self._parts.append(part)

    def again(self, recipe: Recipe) -> None:
        """Add the parts of another recipe."""
        for part in recipe:
            if isinstance(part, str):
                self.text(part.encode())
            else:
                self.part(part)

    def piece(self, data: bytes) -> None:
        """Add a text or bytes that may come again; no piece is longer than a chunk."""
        for begin in range(0, len(data), CHUNK):
            self.part(self._pieces.add(data[begin : begin + CHUNK], Lane.BODIES))

    def end(self) -> Recipe:
        """Return the recipe."""
        self._end_text()
        return self._parts

    def _end_text(self) -> None:
        if not self._texts:
            return
        text = b"".join(self._texts)
        self._texts = []
        if len(text) < INLINE:
            try:
                self._parts.append(text.decode())
            except UnicodeDecodeError:
                self.piece(text)
        else:
            self.piece(text)
