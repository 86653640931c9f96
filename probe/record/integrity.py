"""Whether a record proves itself: every body rebuilt and compared with what the wire carried."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from probe.addon.json_text import dumps
from probe.record.body_text import string_of
from probe.record.exchange import Exchange, Message, Payload
from probe.record.long_lines import text_chunks


def body_bytes(payload: Payload) -> bytes:
    """Rebuild a body as it is kept. Raises ValueError when its fields do not fit together."""
    if payload.whole_text:
        raise ValueError("the body is too long to be rebuilt at once")
    return b"".join(body_chunks(payload, Path()))


def body_chunks(payload: Payload, source: Path) -> Iterator[bytes]:
    """Rebuild a body as it is kept, chunk by chunk; `source` is the file of its record. Raises ValueError."""
    match payload.body_kind:
        case "none":
            return
        case "json" if payload.body_text is None:
            yield _compact(payload)
        case "json":
            yield from (text.encode() for text in _texts(payload, payload.body_text, source))
        case "base64":
            yield from _decoded(_texts(payload, _text(payload.body), source))
        case "text" | "sse":
            yield from (text.encode() for text in _texts(payload, _text(payload.body), source))
        case other:
            raise ValueError(f"unknown body_kind {other!r}")


def _compact(payload: Payload) -> bytes:
    """Return the compact dump of a parsed body; an unparsed one with the recorded size is one already."""
    body = payload.body
    if isinstance(body, msgspec.Raw) and len(body := bytes(body)) == payload.size and not payload.redactions:
        return body
    # Another program may have rewritten the record in its own style.
    return dumps(_value(payload.body)).encode()


def _text(body: Any) -> str:
    """Return a body that is a string, parsed or not."""
    return string_of(body) if isinstance(body, msgspec.Raw) else str(body)


def message_chunks(message: Message, source: Path) -> Iterator[bytes]:
    """Rebuild a WebSocket message as it is kept, chunk by chunk. Raises ValueError."""
    texts = _texts(message, message.content, source)
    yield from (text.encode() for text in texts) if message.type == "text" else _decoded(texts)


def _texts(part: Payload | Message, text: str | None, source: Path) -> Iterable[str]:
    return text_chunks(source, part.whole_text) if part.whole_text else [text or ""]


def _decoded(texts: Iterable[str]) -> Iterator[bytes]:
    rest = ""
    try:
        for text in texts:
            data = rest + text
            whole = len(data) - len(data) % 4
            yield base64.b64decode(data[:whole], validate=True)
            rest = data[whole:]
        yield base64.b64decode(rest, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error


def _measured(chunks: Iterable[bytes]) -> tuple[int, str]:
    """Return size and SHA-256."""
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()


def _value(body: Any) -> Any:
    return msgspec.json.decode(body) if isinstance(body, msgspec.Raw) else body


def _says(text: str, body: Any) -> bool:
    """Check whether a JSON text has the value of a parsed body."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return (isinstance(body, msgspec.Raw) and dumps(value).encode() == bytes(body)) or bool(value == _value(body))


def payload_problems(payload: Payload, source: Path) -> Iterator[str]:
    """Yield what does not match in a body; nothing when the record proves it."""
    try:
        size, digest = _measured(body_chunks(payload, source))
    except ValueError as error:
        yield str(error)
        return
    if payload.body_text is not None and not payload.whole_text and not _says(payload.body_text, payload.body):
        yield "the parsed body differs from its exact text"
    if payload.redactions:
        # The original cannot be rebuilt; the redacted body can be checked.
        if digest != payload.stored_sha256:
            yield f"SHA-256 of the redacted body is {digest}, recorded was {payload.stored_sha256}"
    elif (size, digest) != (payload.size, payload.sha256):
        yield f"{size} bytes with SHA-256 {digest}, recorded were {payload.size} with {payload.sha256}"
    if payload.lost:
        yield f"{payload.lost} bytes could not be kept"


def message_problems(message: Message, source: Path) -> Iterator[str]:
    """Yield what does not match in a WebSocket message."""
    try:
        _, digest = _measured(message_chunks(message, source))
    except ValueError as error:
        yield str(error)
        return
    expected = message.stored_sha256 if message.redactions else message.sha256
    if digest != expected:
        yield f"SHA-256 does not match the recorded {expected}"


def exchange_problems(exchange: Exchange, source: Path) -> Iterator[str]:
    """Yield what is wrong with an exchange of a file: bodies, messages, and an unexplained end."""
    if exchange.schema < 1:
        yield "another program wrote it, without anything to check it against"
        return
    payloads = {"request": exchange.request, "response": exchange.response}
    for name, payload in payloads.items():
        if payload:
            yield from (f"{name} body: {problem}" for problem in payload_problems(payload, source))
    for number, message in enumerate(exchange.websocket.messages if exchange.websocket else (), 1):
        yield from (f"WebSocket message {number}: {problem}" for problem in message_problems(message, source))
    if exchange.websocket and exchange.websocket.lost:
        yield f"{exchange.websocket.lost} WebSocket messages could not be kept"
    ended = exchange.response is not None and exchange.response.ended is not None
    if not ended and exchange.error is None:
        yield "it did not end, and no reason is recorded"
