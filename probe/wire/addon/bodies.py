"""The bytes of one direction of an exchange: kept as they arrive, and turned into the record's form at the end."""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from probe.wire.addon.decoders import DecodeError, decoder_for
from probe.wire.addon.json_text import dumps, exact_json
from probe.wire.addon.redactor import Edit, Redactor
from probe.wire.addon.spoken import applied, spoken_edits
from probe.wire.addon.spool import Spool

IN_ONE_PIECE = 8 << 20
"""A larger body is never parsed and never held whole."""


class Fragment:
    """JSON text that goes into a record's line as it is, chunk by chunk."""

    def __init__(self, chunks: Callable[[], Iterator[bytes]]) -> None:
        self.chunks = chunks


class Body:
    """One direction of an exchange as it crossed the wire."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wire = Spool(folder)
        self._pieces: list[tuple[float, int]] = []
        self._spools = [self._wire]
        self.wire_size = 0
        self.lost = 0

    def add(self, data: bytes, now: float) -> None:
        """Keep a piece; what cannot be kept (a full disk) is counted, and so is all that follows it."""
        self.wire_size += len(data)
        try:
            if self.lost:
                raise OSError("an earlier piece is missing")
            self._wire.append(data)
        except OSError:
            self.lost += len(data)
        else:
            self._pieces.append((now, self._wire.size - len(data)))

    def fields(self, content_type: str, content_encoding: str, redactor: Redactor) -> dict[str, Any]:
        """Give the body's part of the record. See DESIGN.md, "A record", for what each field means."""
        decoded, offsets, error = self._decode(content_encoding, redactor)
        digest = _digest(decoded)
        stored, edits = self._redact(decoded, redactor)
        offsets = _moved(offsets, edits)
        stored, spoken = self._redact_spoken(stored, content_type, redactor)
        offsets = _moved(offsets, spoken)
        fields: dict[str, Any] = _value(stored, content_type)
        fields |= {"size": decoded.size, "sha256": digest, "wire_size": self.wire_size}
        if edits or spoken:
            fields |= {"redactions": len(edits) + len(spoken), "stored_sha256": _digest(stored)}
        if error:
            fields["decode_error"] = error
        if self.lost:
            fields["lost"] = self.lost
        times = (time for time, _ in self._pieces)
        fields["pieces"] = [[round(time, 6), offset] for time, offset in zip(times, offsets, strict=True)]
        return fields

    def close(self) -> None:
        """Give memory and disk back."""
        for spool in self._spools:
            spool.close()

    def _new_spool(self) -> Spool:
        spool = Spool(self._folder)
        self._spools.append(spool)
        return spool

    def _decode(self, content_encoding: str, redactor: Redactor) -> tuple[Spool, list[int], str | None]:
        """Undo the content-encoding; give the bytes, where each piece begins in them, and why it failed if it did."""
        wire_offsets = [offset for _, offset in self._pieces]
        decoder = decoder_for(content_encoding)
        if decoder is None or not self._wire.size:
            return self._wire, wire_offsets, None
        decoded, offsets = self._new_spool(), []
        try:
            for piece in _cut(self._wire, wire_offsets):
                offsets.append(decoded.size)
                decoded.append(decoder.decode(piece))
            decoded.append(decoder.finish())
        except DecodeError as error:
            problem = f"content-encoding {content_encoding}: {error}"
            if redactor.holds_secret(b"".join(decoded)):
                offsets += [decoded.size] * (len(wire_offsets) - len(offsets))
                # On the wire's form nothing could be replaced, and anybody could decode it.
                return decoded, offsets, f"{problem}; only what came before it is kept, since a credential is in it"
            return self._wire, wire_offsets, problem
        return decoded, offsets, None

    def _redact(self, spool: Spool, redactor: Redactor) -> tuple[Spool, list[Edit]]:
        """Replace known secrets; give the same spool back when there are none."""
        edits: list[Edit] = []
        # Most bodies hold no secret: look first, and copy only those that do.
        for _ in redactor.chunks(spool, edits):
            if edits:
                break
        if not edits:
            return spool, edits
        stored, edits = self._new_spool(), []
        for chunk in redactor.chunks(spool, edits):
            stored.append(chunk)
        return stored, edits

    def _redact_spoken(self, spool: Spool, content_type: str, redactor: Redactor) -> tuple[Spool, list[Edit]]:
        """Replace known secrets that are spread over the events of a stream."""
        if spool.size > IN_ONE_PIECE or not content_type.lower().startswith("text/event-stream"):
            return spool, []
        data = b"".join(spool)
        edits = spoken_edits(data, redactor)
        if not edits:
            return spool, edits
        stored = self._new_spool()
        stored.append(applied(data, edits))
        return stored, edits


def _cut(spool: Spool, offsets: list[int]) -> Iterator[bytes]:
    """Yield the spool's bytes again in the pieces that begin at `offsets`."""
    ends = iter([*offsets[1:], spool.size])
    buffer, position = bytearray(), 0
    end = next(ends)
    for chunk in spool:
        buffer += chunk
        while end is not None and position + len(buffer) >= end:
            yield bytes(buffer[: end - position])
            del buffer[: end - position]
            position, end = end, next(ends, None)  # type: ignore[assignment]


def _digest(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _moved(offsets: list[int], edits: list[Edit]) -> list[int]:
    """Give where bytes of the body (in ascending order) stand in the redacted body.

    A place inside an edit is the edit's begin.
    """
    moved, shift, index = [], 0, 0
    for offset in offsets:
        while index < len(edits) and edits[index].start + edits[index].length <= offset:
            shift += len(edits[index].new) - edits[index].length
            index += 1
        inside = index < len(edits) and edits[index].start < offset
        moved.append((edits[index].start if inside else offset) + shift)
    return moved


def _value(spool: Spool, content_type: str) -> dict[str, Any]:
    """Give `body`, `body_kind` and, where it is needed, `body_text`."""
    if not spool.size:
        return {"body": None, "body_kind": "none"}
    media_type = content_type.partition(";")[0].strip().lower()
    if not _is_utf8(spool):
        return {"body": Fragment(lambda: _quoted(_base64(spool))), "body_kind": "base64"}
    if media_type == "text/event-stream":
        return {"body": Fragment(lambda: _quoted(_escaped(spool))), "body_kind": "sse"}
    if spool.size <= IN_ONE_PIECE and _may_be_json(media_type):
        data = b"".join(spool)
        parsed = exact_json(data)
        if parsed is not None:
            return _json_value(data, parsed)
    return {"body": Fragment(lambda: _quoted(_escaped(spool))), "body_kind": "text"}


def _json_value(data: bytes, compact: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = {"body": Fragment(lambda: iter([compact])), "body_kind": "json"}
    if compact != data:
        fields["body_text"] = data.decode()
    return fields


def _may_be_json(media_type: str) -> bool:
    return media_type in ("", "text/plain") or (
        "json" in media_type and not media_type.endswith(("ndjson", "jsonl", "json-seq"))
    )


def _is_utf8(chunks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _quoted(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield b'"'
    yield from chunks
    yield b'"'


def _escaped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield UTF-8 text as the inside of a JSON string."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        yield dumps(decoder.decode(chunk)).encode()[1:-1]


def _base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % 3
        yield base64.b64encode(data[:whole])
        rest = data[whole:]
    yield base64.b64encode(rest)
