"""A WebSocket conversation: its messages as they arrive, and its part of the record."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from probe.addon.journal import CLIENT_BINARY, CLIENT_TEXT, SERVER_BINARY, SERVER_TEXT, Journal
from probe.addon.json_text import dumps
from probe.addon.kept_body import Fragment
from probe.addon.piece_buffer import PieceBuffer
from probe.addon.redaction.across_events import StreamTails, redact_conversation
from probe.addon.redaction.edits import Edit
from probe.addon.redaction.redactor import Redactor
from probe.addon.spool import Spool

_KINDS = {
    (True, True): CLIENT_TEXT,
    (True, False): CLIENT_BINARY,
    (False, True): SERVER_TEXT,
    (False, False): SERVER_BINARY,
}


def message_kind(*, from_client: bool, is_text: bool) -> bytes:
    """Return the journal's frame kind for a message."""
    return _KINDS[from_client, is_text]


class WebSocketBuffer:
    """All messages of one WebSocket, both directions."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self._pieces = PieceBuffer(journal, *_KINDS.values())
        self._redacted = Spool(folder)
        self.lost = 0

    @property
    def size(self) -> int:
        """Return the size of all kept messages in bytes."""
        return self._pieces.size

    @property
    def unjournaled(self) -> int:
        """Return how many messages would be lost without a record."""
        return self.lost + self._pieces.unjournaled

    def add(self, kind: bytes, now: float, content: bytes) -> None:
        """Keep a message; count one that cannot be kept (a full disk) as lost."""
        if not self._pieces.add(kind, now, content):
            self.lost += 1

    def fields(self, end: dict[str, Any] | None, redactor: Redactor) -> dict[str, Any]:
        """Return the conversation's part of the record; `end` is how it closed, None when that is unknown."""
        spread_secret = self._write_messages(redactor)
        fields: dict[str, Any] = {"messages": Fragment(lambda: self._list(redactor, spread_secret=spread_secret))}
        if self.lost:
            fields["lost"] = self.lost
        end = end or {"close_code": None, "close_reason": None, "closed_by": None, "ended": None}
        reason = redactor.text(end["close_reason"]) if end["close_reason"] else None
        return fields | end | {"close_reason": reason}

    def _write_messages(self, redactor: Redactor) -> bool:
        """Write each message as JSON; return whether several of them together hold a secret."""
        tails = StreamTails(redactor)
        spread_secret = False
        for kind, now, content in self._pieces:
            from_client, is_text = kind in (CLIENT_TEXT, CLIENT_BINARY), kind in (CLIENT_TEXT, SERVER_TEXT)
            spread_secret = spread_secret or (is_text and tails.saw_secret(content, from_client=from_client))
            fields = _message_fields(kind, now, content) | _stored(content, redactor, is_text=is_text)
            self._redacted.append((b"," if self._redacted.size else b"") + dumps(fields).encode())
        return spread_secret

    def _list(self, redactor: Redactor, *, spread_secret: bool) -> Iterator[bytes]:
        yield b"["
        if spread_secret:
            # Rare: only now is the whole conversation in memory.
            messages = [self._unredacted(*piece, redactor) for piece in self._pieces]
            redact_conversation(messages, redactor)
            yield dumps(messages).encode()[1:-1]
        else:
            yield from self._redacted
        yield b"]"

    def _unredacted(self, kind: bytes, now: float, content: bytes, redactor: Redactor) -> dict[str, Any]:
        """Return a message with its original text; a binary one is redacted."""
        text = kind in (CLIENT_TEXT, SERVER_TEXT)
        return _message_fields(kind, now, content) | (
            {"content": content.decode()} if text else _stored(content, redactor, is_text=False)
        )

    def close(self) -> None:
        """Release memory and disk space."""
        self._redacted.close()


def _message_fields(kind: bytes, now: float, content: bytes) -> dict[str, Any]:
    """Return what is known of a message besides its content."""
    return {
        "timestamp": now,
        "direction": "client" if kind in (CLIENT_TEXT, CLIENT_BINARY) else "server",
        "type": "text" if kind in (CLIENT_TEXT, SERVER_TEXT) else "binary",
        "content": "",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _stored(content: bytes, redactor: Redactor, *, is_text: bool) -> dict[str, Any]:
    """Return a message's content in the record's form, and how it was redacted."""
    edits: list[Edit] = []
    stored = b"".join(redactor.chunks([content], edits))
    fields: dict[str, Any] = {"content": stored.decode() if is_text else base64.b64encode(stored).decode()}
    if edits:
        fields |= {"redactions": len(edits), "stored_sha256": hashlib.sha256(stored).hexdigest()}
    return fields
