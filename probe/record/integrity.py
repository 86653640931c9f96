"""Whether a record proves itself: every body rebuilt and compared with what the wire carried."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator

from probe.record.exchange import Exchange, Message, Payload


def body_bytes(payload: Payload) -> bytes:
    """Rebuild a body as it is kept. Raises ValueError when its fields do not fit together."""
    match payload.body_kind:
        case "none":
            return b""
        case "json" if payload.body_text is not None:
            return payload.body_text.encode()
        case "json":
            return json.dumps(payload.body, ensure_ascii=False, separators=(",", ":")).encode()
        case "base64":
            try:
                return base64.b64decode(str(payload.body), validate=True)
            except binascii.Error as error:
                raise ValueError(f"not base64: {error}") from error
        case "text" | "sse":
            return str(payload.body).encode()
        case other:
            raise ValueError(f"unknown body_kind {other!r}")


def message_bytes(message: Message) -> bytes:
    """Rebuild a WebSocket message as it is kept. Raises ValueError."""
    if message.type == "text":
        return message.content.encode()
    try:
        return base64.b64decode(message.content, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error


def payload_problems(payload: Payload) -> Iterator[str]:
    """Say what does not match in a body; nothing when the record proves it."""
    try:
        data = body_bytes(payload)
    except ValueError as error:
        yield str(error)
        return
    digest = hashlib.sha256(data).hexdigest()
    if payload.redactions:
        # What stood there before cannot be rebuilt; what stands there now can be checked.
        if digest != payload.stored_sha256:
            yield f"SHA-256 of the redacted body is {digest}, recorded was {payload.stored_sha256}"
    elif (len(data), digest) != (payload.size, payload.sha256):
        yield f"{len(data)} bytes with SHA-256 {digest}, recorded were {payload.size} with {payload.sha256}"
    if payload.lost:
        yield f"{payload.lost} bytes could not be kept"


def message_problems(message: Message) -> Iterator[str]:
    """Say what does not match in a WebSocket message."""
    try:
        data = message_bytes(message)
    except ValueError as error:
        yield str(error)
        return
    expected = message.stored_sha256 if message.redactions else message.sha256
    if hashlib.sha256(data).hexdigest() != expected:
        yield f"SHA-256 does not match the recorded {expected}"


def exchange_problems(exchange: Exchange) -> Iterator[str]:
    """Say what is wrong with an exchange: bodies, messages, and an end that nobody explains."""
    if exchange.schema < 1:
        yield "it is from elsewhere and holds nothing that it could be checked against"
        return
    payloads = {"request": exchange.request, "response": exchange.response}
    for name, payload in payloads.items():
        if payload:
            yield from (f"{name} body: {problem}" for problem in payload_problems(payload))
    for number, message in enumerate(exchange.websocket.messages if exchange.websocket else (), 1):
        yield from (f"WebSocket message {number}: {problem}" for problem in message_problems(message))
    if exchange.websocket and exchange.websocket.lost:
        yield f"{exchange.websocket.lost} WebSocket messages could not be kept"
    ended = exchange.response is not None and exchange.response.ended is not None
    if not ended and exchange.error is None:
        yield "it did not end, and does not say why"
