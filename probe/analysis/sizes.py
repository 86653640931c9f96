"""Tell how big bodies are, and what kind they are, in files from elsewhere too."""

from __future__ import annotations

import msgspec

from probe.record.exchange import Exchange, Message, Payload
from probe.renderers.sse import is_stream


def payload_bytes(payload: Payload | None) -> int:
    """Give a body's size as it crossed the wire; where no record tells, that of a compact dump."""
    if payload is None or (payload.body is None and payload.size is None):
        return 0
    if payload.size is not None:
        return payload.size
    return _text_bytes(payload.body) if isinstance(payload.body, str) else len(msgspec.json.encode(payload.body))


def message_bytes(message: Message) -> int:
    """Give a WebSocket message's size."""
    return _text_bytes(message.content) if message.size is None else message.size


def websocket_bytes(exchange: Exchange, direction: str) -> int:
    """Give how much one side of a WebSocket sent."""
    messages = exchange.websocket.messages if exchange.websocket else []
    return sum(message_bytes(message) for message in messages if message.direction == direction)


def is_event_stream(payload: Payload) -> bool:
    """Tell whether a body is an event stream, by its kind or, in a file from elsewhere, by its text."""
    return payload.body_kind == "sse" if payload.body_kind else is_stream(payload.body)


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
