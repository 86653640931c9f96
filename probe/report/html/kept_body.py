"""The bytes of a body or a message as they are kept, at once where they can be loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from probe.record.body_text import string_of
from probe.record.exchange import Message, OutlinedExchange, Payload, UnreadExchange
from probe.record.integrity import body_chunks, message_chunks

KeptBody = bytes | Iterable[bytes]
"""All bytes, or their chunks where they are too many to be loaded at once."""


_BODY = b'"body":'


def kept_request(exchange: UnreadExchange, source: Path) -> KeptBody:
    """Return the body of a request, of which perhaps only the outline is read."""
    if not isinstance(exchange, OutlinedExchange):
        return kept_body(exchange.request, source)
    return _in_line(exchange) or kept_body(exchange.unread().request, source)


def _in_line(exchange: OutlinedExchange) -> bytes:
    """Return the JSON object that a request's body is, out of a line that the addon wrote; empty where it is not."""
    request, line = exchange.request, exchange.line
    if (
        exchange.schema < 1
        or not request.size
        or request.body_kind != "json"
        or request.redactions
        or request.body_text
    ):
        return b""
    # Headers, which come before, have no objects for values, so nothing in them looks like this.
    begin = line.find(_BODY + b"{") + len(_BODY)
    end = begin + request.size
    return line[begin:end] if line[end - 1 : end] == b"}" and line[end : end + 2] == b',"' else b""


def kept_body(payload: Payload, source: Path) -> KeptBody:
    """Return a body that is not read yet; of a file from elsewhere, its JSON as it is there."""
    if payload.whole_text:
        return body_chunks(payload, source)
    raw = bytes(payload.body)
    try:
        if raw in (b"", b"null", b'""') and payload.body_text is None:
            return b""
        if payload.body_text is None and raw[:1] in (b"{", b"[") and _is_exact(payload, raw):
            return raw
        if payload.body_kind is None:
            return string_of(payload.body).encode() if raw[:1] == b'"' else raw
        return b"".join(body_chunks(payload, source))
    except (ValueError, msgspec.MsgspecError):
        # Its fields do not fit together, so nothing can prove it.
        return raw


def _is_exact(payload: Payload, raw: bytes) -> bool:
    """Check whether JSON is in the file with the bytes that the record proves: other programs may rewrite it."""
    if payload.redactions:
        return hashlib.sha256(raw).hexdigest() == payload.stored_sha256
    return payload.size is None or len(raw) == payload.size


def kept_message(message: Message, source: Path) -> KeptBody:
    """Return the content of a WebSocket message."""
    if message.whole_text:
        return message_chunks(message, source)
    try:
        return b"".join(message_chunks(message, source))
    except ValueError:
        return message.content.encode("utf-8", "replace")
