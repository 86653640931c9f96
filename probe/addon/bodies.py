"""The bytes of one direction of an exchange: kept as they arrive, converted to the record's form at the end."""

from __future__ import annotations

import base64
import codecs
import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from probe.addon.aws_event_stream import MEDIA_TYPE, frame_edits
from probe.addon.decoders import DecodeError, decoder_for
from probe.addon.journal import Journal
from probe.addon.json_text import dumps, exact_json
from probe.addon.piece_buffer import Chunks, PieceBuffer
from probe.addon.redaction.across_events import edits_across_events
from probe.addon.redaction.edits import Edit, applied, in_blocks
from probe.addon.redaction.redactor import Redactor
from probe.addon.spool import Spool

IN_ONE_PIECE = 8 << 20
"""Larger bodies are neither parsed nor held whole in memory."""
_EVENT_TYPES = (
    "text/event-stream",
    "application/x-ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/json-seq",
)


class Fragment:
    """JSON text that is written into a record's line unchanged, chunk by chunk."""

    def __init__(self, chunks: Callable[[], Iterator[bytes]]) -> None:
        self.chunks = chunks


Content = Chunks | Spool
"""Bytes that can be read any number of times."""


class BodyBuffer:
    """One direction of an exchange as it crossed the wire."""

    def __init__(self, kind: bytes, journal: Journal, folder: Path) -> None:
        self._kind = kind
        self._folder = folder
        self._pieces = PieceBuffer(journal, kind)
        # Arrays: a body of many hundred megabytes has a hundred thousand pieces.
        self._times = array("d")
        self._begins = array("Q")
        self._spools: list[Spool] = []
        self.wire_size = 0
        self.lost = 0

    def add(self, data: bytes, now: float) -> None:
        """Keep a piece; count what cannot be kept (a full disk) and everything after it as lost."""
        if self.lost or not self._pieces.add(self._kind, now, data):
            self.lost += len(data)
        else:
            self._times.append(now)
            self._begins.append(self.wire_size)
        self.wire_size += len(data)

    def fields(self, content_type: str, content_encoding: str, redactor: Redactor) -> dict[str, Any]:
        """Return the body's part of the record; DESIGN.md, "A record", defines the fields."""
        decoded, offsets, error = self._decode(content_encoding, redactor)
        digest = _digest(decoded)
        # First, while the lengths in the frames are still right.
        framed, frames = self._redact_frames(decoded, content_type, redactor)
        offsets = _moved(offsets, frames)
        # Secrets spread over events come first: a piece redacted alone would hide where the rest begins.
        holds_secret = self._holds_secret(framed, redactor)
        joined, spread = self._redact_across_events(framed, content_type, redactor)
        offsets = _moved(offsets, spread)
        stored, edits = self._redact(joined, redactor) if holds_secret or spread else (joined, [])
        offsets = _moved(offsets, edits)
        fields: dict[str, Any] = _value(stored, content_type)
        fields |= {"size": decoded.size, "sha256": digest, "wire_size": self.wire_size}
        if redactions := len(frames) + len(edits) + len(spread):
            fields |= {"redactions": redactions, "stored_sha256": _digest(stored)}
        if error:
            fields["decode_error"] = error
        if self.lost:
            fields["lost"] = self.lost
        return fields | {"pieces": Fragment(lambda: _piece_list(self._times, offsets))}

    @property
    def unjournaled(self) -> int:
        """Return how many bytes would be lost without a record."""
        return self.lost + self._pieces.unjournaled_size

    def close(self) -> None:
        """Release memory and disk space."""
        for spool in self._spools:
            spool.close()

    def _new_spool(self) -> Spool:
        spool = Spool(self._folder)
        self._spools.append(spool)
        return spool

    def _decode(self, content_encoding: str, redactor: Redactor) -> tuple[Content, Sequence[int], str | None]:
        """Return the decoded bytes, the offset of each piece in them, and the error if decoding failed."""
        wire = Chunks(self._pieces)
        decoder = decoder_for(content_encoding)
        if decoder is None or not wire.size:
            return wire, self._begins, None
        decoded, offsets = self._new_spool(), array("Q")
        try:
            for _, _, piece in self._pieces:
                offsets.append(decoded.size)
                decoded.append(decoder.decode(piece))
        except DecodeError as error:
            problem = f"content-encoding {content_encoding}: {error}"
            if self._holds_secret(decoded, redactor):
                offsets.extend([decoded.size] * (len(self._begins) - len(offsets)))
                # The encoded form cannot be redacted, and anybody could decode it.
                return decoded, offsets, f"{problem}; only what came before it is kept, since a credential is in it"
            return wire, self._begins, problem
        return decoded, offsets, None

    def _holds_secret(self, content: Content, redactor: Redactor) -> bool:
        """Check whether anything would be replaced: only bodies with secrets are copied."""
        edits: list[Edit] = []
        # To the end: a secret learned there may appear earlier as well.
        for _ in redactor.chunks(content, edits):
            pass
        return bool(edits)

    def _redact(self, content: Content, redactor: Redactor) -> tuple[Content, list[Edit]]:
        """Return a copy of the content with its secrets replaced."""
        stored, edits = self._new_spool(), list[Edit]()
        for chunk in redactor.chunks(content, edits):
            stored.append(chunk)
        return stored, edits

    def _redact_across_events(
        self, content: Content, content_type: str, redactor: Redactor
    ) -> tuple[Content, list[Edit]]:
        """Replace secrets that are spread over the events of a stream, or over the tokens of log probabilities."""
        if content.size > IN_ONE_PIECE:
            return content, []
        kind = content_type.lower()
        if not kind.startswith(_EVENT_TYPES) and "json" not in kind:
            return content, []
        data = b"".join(content)
        if not kind.startswith(_EVENT_TYPES) and not data.lstrip().startswith(b"[") and b'"logprob' not in data:
            return content, []
        return self._edited(content, data, edits_across_events(data, redactor))

    def _redact_frames(self, content: Content, content_type: str, redactor: Redactor) -> tuple[Content, list[Edit]]:
        """Replace known secrets that binary frames carry."""
        if content.size > IN_ONE_PIECE or not content_type.lower().startswith(MEDIA_TYPE):
            return content, []
        data = b"".join(content)
        return self._edited(content, data, frame_edits(data, redactor))

    def _edited(self, content: Content, data: bytes, edits: list[Edit]) -> tuple[Content, list[Edit]]:
        """Return the content with edits applied; `data` is all of the content."""
        if not edits:
            return content, edits
        stored = self._new_spool()
        stored.append(applied(data, edits))
        return stored, edits


def _piece_list(times: Sequence[float], offsets: Sequence[int]) -> Iterator[bytes]:
    """Yield when each piece arrived and where it begins, as JSON."""
    yield b"["
    comma = ""
    for start in range(0, len(times), 1000):
        some = zip(times[start : start + 1000], offsets[start : start + 1000], strict=True)
        yield (comma + ",".join([f"[{time:.6f},{offset}]" for time, offset in some])).encode()
        comma = ","
    yield b"]"


def _digest(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _moved(offsets: Sequence[int], edits: list[Edit]) -> Sequence[int]:
    """Return ascending offsets of the body as offsets of the redacted body.

    An offset inside an edit becomes the edit's start.
    """
    if not edits:
        return offsets
    moved, shift, index = array("Q"), 0, 0
    for offset in offsets:
        while index < len(edits) and edits[index].start + edits[index].length <= offset:
            shift += len(edits[index].new) - edits[index].length
            index += 1
        inside = index < len(edits) and edits[index].start < offset
        moved.append((edits[index].start if inside else offset) + shift)
    return moved


def _value(content: Content, content_type: str) -> dict[str, Any]:
    """Return `body`, `body_kind` and, where needed, `body_text`."""
    if not content.size:
        return {"body": None, "body_kind": "none"}
    media_type = content_type.partition(";")[0].strip().lower()
    text_kind = "sse" if media_type == "text/event-stream" else "text"
    if content.size <= IN_ONE_PIECE:
        return _small_value(b"".join(content), media_type, text_kind)
    if _is_utf8(content):
        return {"body": Fragment(lambda: _quoted(_escaped(content))), "body_kind": text_kind}
    return {"body": Fragment(lambda: _quoted(_base64(content))), "body_kind": "base64"}


def _small_value(data: bytes, media_type: str, text_kind: str) -> dict[str, Any]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"body": Fragment(lambda: _quoted(_base64([data]))), "body_kind": "base64"}
    if _may_be_json(media_type) and (compact := exact_json(text)) is not None:
        exact = {} if compact == data else {"body_text": Fragment(lambda: iter((dumps(text).encode(),)))}
        return {"body": Fragment(lambda: iter((compact,))), "body_kind": "json", **exact}
    return {"body": Fragment(lambda: iter((dumps(text).encode(),))), "body_kind": text_kind}


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
    for chunk in in_blocks(chunks):
        yield dumps(decoder.decode(chunk)).encode()[1:-1]


def _base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % 3
        yield base64.b64encode(data[:whole])
        rest = data[whole:]
    yield base64.b64encode(rest)
