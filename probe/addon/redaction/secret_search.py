"""Search bytes for secrets, known values and what looks like a credential, and replace them."""

from __future__ import annotations

import hmac
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol
from urllib.parse import unquote

from probe.addon.redaction import patterns as shapes
from probe.addon.redaction.clean_prefixes import SEGMENT, CleanPrefixes, PrefixCheck
from probe.addon.redaction.edits import Edit, Edits, in_blocks
from probe.addon.redaction.escapes import View, views_of
from probe.addon.redaction.known_values import Known, spellings

MARK = re.compile(r"\[REDACTED(?::[0-9a-f]{8})?\]")

SHORTEST_SHAPED = 12
"""Minimum length to search for a value that was found by its pattern; a user's password may be a word with a digit."""
MOST_SPELLINGS = 1000
"""Each costs a search of every body, and a server may set a new cookie with every answer. The environment's values
come first, and a value under a credential's name is redacted there in any case."""
MOST_SHAPED = 200
"""How many of these may be values found by their pattern, which finds them anyway."""
BLOCK = 1 << 20
"""Bytes of a body that are searched at a time; a secret across the border of two blocks is found."""


class Finder(Protocol):
    """Finds values that it does not know itself; see `probe.addon.redaction.fingerprints`."""

    longest: int

    def unfinished(self, data: bytes) -> int:
        """Return where a value with spaces may begin that is not complete yet; else the length of `data`."""

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each value in `data`."""


class SecretSearch:
    """Finds secrets in bytes and replaces them by `[REDACTED:<tag>]`; equal secrets have equal tags under one salt."""

    def __init__(self, salt: bytes, values: Iterable[str] = (), *, keep: bool = False) -> None:
        self.keep = keep
        self._salt = salt
        self._known = Known({})
        self._recalled: Finder | None = None
        self._matches_learned = 0
        self._clean_prefixes = CleanPrefixes()
        # A second thread redacts large records while the event loop learns new credentials.
        self._learning = threading.Lock()
        self._report_learned: Callable[[Mapping[bytes, bytes]], None] = lambda _: None
        for value in values:
            self.learn(value)

    def on_learned(self, report: Callable[[Mapping[bytes, bytes]], None]) -> None:
        """Call `report` with all known values and their marks now, and with each value learned later."""
        self._report_learned = report
        report(self._known.marks)

    def recall(self, values: Finder) -> None:
        """Search for another process's values too."""
        self._recalled = values

    def know(self, forms: dict[bytes, bytes]) -> None:
        """Search for a value that another process learned; `forms` maps its spellings to their mark."""
        with self._learning:
            if not forms.keys() <= self._known.marks.keys():
                self._known = self._known.extended(forms)

    def mark(self, value: str) -> str:
        """Return the replacement of `value`."""
        digest = hmac.digest(self._salt, value.encode("utf-8", "surrogateescape"), "sha256")
        return f"[REDACTED:{digest.hex()[:8]}]"

    def learn(self, value: str) -> None:
        """Search for this value from now on, in every spelling that a body may have."""
        raw = value.encode("utf-8", "surrogateescape")
        if self.keep or not value or raw in self._known.marks or MARK.fullmatch(value):
            return
        with self._learning:
            if len(self._known.marks) < MOST_SPELLINGS:
                new = dict.fromkeys(spellings(value), self.mark(value).encode())
                self._known = self._known.extended(new)
                self._report_learned(new)

    # -- bodies -------------------------------------------------------------------------------------------

    def chunks(self, chunks: Iterable[bytes], edits: Edits) -> Iterator[bytes]:
        """Yield chunks with every secret replaced, across their borders too; add each place to `edits`."""
        if self.keep:
            yield from chunks
            return
        yield from self._in_blocks(in_blocks(chunks, BLOCK), edits)

    def _in_blocks(self, blocks: Iterable[bytes], edits: Edits) -> Iterator[bytes]:
        data, offset, done = b"", 0, 0
        prefix = self._clean_prefixes.check(self._known)
        for block in blocks:
            if data:
                # A secret near the end may continue in the next block, so the end waits.
                held = max(shapes.LONGEST, self.longest)
                limit = done + (len(data) - held - done) // SEGMENT * SEGMENT
                if limit > done:
                    out, done = self._replaced(data, offset, done, limit, edits, prefix)
                    yield out
                    passed = max(0, done - shapes.CONTEXT)
                    data, offset, done = data[passed:], offset + passed, done - passed
            data = data + block if data else block
        yield self._replaced(data, offset, done, len(data), edits, prefix)[0]

    def _replaced(
        self, data: bytes, offset: int, begin: int, limit: int, edits: Edits, prefix: PrefixCheck
    ) -> tuple[bytes, int]:
        """Return the redacted bytes from `begin` to about `limit`, and where they end in `data`."""
        clean = 0 if edits else prefix.follow(data[begin:], limit - begin)
        # A secret that begins in a clean part may be complete only now.
        skipped = max(0, begin + clean - max(shapes.LONGEST, self.longest) - shapes.CONTEXT) if clean else 0
        first = max(begin, skipped + shapes.CONTEXT) if skipped else begin
        out, position = [], begin
        for start, end, mark in self._spans(data, skipped, limit):
            if max(position, first) <= start < limit:
                out += [data[position:start], mark]
                edits.append(Edit(offset + start, end - start, mark))
                position = end
        if not edits:
            prefix.was_clean()
        used = max(position, limit)
        return b"".join([*out, data[position:used]]), used

    @property
    def longest(self) -> int:
        """Return the length of the longest known value in bytes; 1 when there is none."""
        return max(self._known.longest, self._recalled.longest if self._recalled else 1)

    def holds_secret(self, data: bytes) -> bool:
        """Check whether `data` holds a known value or what looks like a credential."""
        if self.keep:
            return False
        views = views_of(data)
        return any(True for _ in self._known_in(views)) or shapes.holds(views)

    def unfinished(self, data: bytes) -> int:
        """Return where a known value with spaces may begin that is not complete yet; else the length of `data`."""
        finders = (self._known, self._recalled) if self._recalled else (self._known,)
        return min(finder.unfinished(data) for finder in finders)

    def found(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Return begin, end and mark of each secret in `data`, in order, without overlap."""
        return [] if self.keep else self._spans(data, 0, len(data))

    def _spans(self, data: bytes, begin: int, limit: int) -> list[tuple[int, int, bytes]]:
        part = data[begin:] if begin else data
        views = views_of(part)
        # A secret that begins after the limit may not be complete yet.
        found = [one for one in shapes.find_in(views) if begin + one.start < limit]
        spans = [(start, end, self._mark_of_match(part[start:end])) for start, end, _ in found]
        # After the patterns: a secret that they found may appear elsewhere in another spelling.
        spans += self._known_in(views)
        return [(begin + start, begin + end, mark) for start, end, mark in _apart(spans)] if spans else []

    def _known_in(self, views: list[View]) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each known value, as places in the views' original."""
        for finder in (self._known, self._recalled) if self._recalled else (self._known,):
            yield from finder.found(views[0].original)
            for view in views:
                if view.differs:
                    for start, end, mark in finder.found(view.data):
                        yield *view.place(start, end), mark

    def _mark_of_match(self, value: bytes) -> bytes:
        """Return the mark of a value that a pattern found, and search for the value from now on."""
        plain = _unescaped(value.decode("utf-8", "surrogateescape"))
        for _ in range(2):
            if "%" in plain and "\ufffd" not in (decoded := unquote(plain)):
                plain = decoded
        known = self._known.marks.get(plain.encode("utf-8", "surrogateescape"))
        if known is None and len(plain) >= SHORTEST_SHAPED and self._matches_learned < MOST_SHAPED:
            self._matches_learned += 1
            self.learn(plain)
        return known or self.mark(plain).encode()


def _unescaped(value: str) -> str:
    """Return a value without escapes of JSON or JSON inside JSON: a secret has one tag in all spellings."""
    for _ in range(3):
        if "\\" not in value:
            break
        try:
            value = str(json.loads(f'"{value}"'))
        except ValueError:
            break
    return value


def _apart(spans: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """Return the spans sorted, with overlapping ones joined under the mark of the longest."""
    apart: list[tuple[int, int, bytes]] = []
    longest = 0
    for start, end, mark in sorted(spans, key=lambda span: (span[0], -span[1])):
        if apart and start < apart[-1][1]:
            first, last, kept = apart[-1]
            apart[-1] = (first, max(last, end), mark if end - start > longest else kept)
            longest = max(longest, end - start)
        else:
            apart.append((start, end, mark))
            longest = end - start
    return apart
