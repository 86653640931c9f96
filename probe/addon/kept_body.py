"""A decoded body as the record keeps it: redacted, hashed, and in the form of its kind."""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from probe.addon.aws_event_stream import MEDIA_TYPE, frame_edits
from probe.addon.json_text import dumps, exact_json
from probe.addon.piece_buffer import Chunks
from probe.addon.redaction.across_events import edits_across_events
from probe.addon.redaction.edits import Edit, Places, applied, in_blocks
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


class KeptBody:
    """Redacts decoded bodies and converts them to the record's form; its copies last until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spools: list[Spool] = []

    def fields(
        self, decoded: Content, offsets: Sequence[int], times: Sequence[float], content_type: str, redactor: Redactor
    ) -> dict[str, Any]:
        """Return a body's part of the record; its pieces began at `offsets`, and arrived at `times`."""
        stored, offsets, redactions = self.redacted(decoded, offsets, content_type, redactor)
        fields = in_form(stored, content_type) | {"size": decoded.size, "sha256": sha256(decoded)}
        if redactions:
            fields |= {"redactions": redactions, "stored_sha256": sha256(stored)}
        return fields | {"pieces": Fragment(lambda: piece_list(times, offsets))}

    def redacted(
        self, decoded: Content, offsets: Sequence[int], content_type: str, redactor: Redactor
    ) -> tuple[Content, Sequence[int], int]:
        """Return a body with its secrets replaced, the offsets of its pieces in it, and how many places changed."""
        # First, while the lengths in the frames are still right.
        framed, frames = self._redact_frames(decoded, content_type, redactor)
        offsets = Places(frames).moved(offsets)
        # Secrets spread over events come first: a piece redacted alone would hide where the rest begins.
        holds_secret = self.holds_secret(framed, redactor)
        joined, spread = self._redact_across_events(framed, content_type, redactor)
        offsets = Places(spread).moved(offsets)
        stored, edits = self._redact(joined, redactor) if holds_secret or spread else (joined, Places())
        return stored, edits.moved(offsets), len(frames) + len(edits) + len(spread)

    def close(self) -> None:
        """Release memory and disk space."""
        for spool in self._spools:
            spool.close()

    def new_spool(self) -> Spool:
        """Return an empty spool that lasts as long as this."""
        spool = Spool(self._folder)
        self._spools.append(spool)
        return spool

    def holds_secret(self, content: Content, redactor: Redactor) -> bool:
        """Check whether anything would be replaced: only bodies with secrets are copied."""
        edits = Places()
        # To the end: a secret learned there may appear earlier as well.
        for _ in redactor.chunks(content, edits):
            pass
        return bool(edits)

    def _redact(self, content: Content, redactor: Redactor) -> tuple[Content, Places]:
        """Return a copy of the content with its secrets replaced."""
        stored, edits = self.new_spool(), Places()
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
        stored = self.new_spool()
        stored.append(applied(data, edits))
        return stored, edits


def piece_list(times: Sequence[float], offsets: Sequence[int]) -> Iterator[bytes]:
    """Yield when each piece arrived and where it begins, as JSON."""
    yield b"["
    comma = ""
    for start in range(0, len(times), 1000):
        some = zip(times[start : start + 1000], offsets[start : start + 1000], strict=True)
        yield (comma + ",".join([f"[{time:.6f},{offset}]" for time, offset in some])).encode()
        comma = ","
    yield b"]"


def sha256(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of bytes in hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def in_form(content: Content, content_type: str) -> dict[str, Any]:
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
