"""Follow what an export says of the record, back to the bytes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec

from probe.record.exchange import Payload
from probe.record.integrity import body_bytes
from probe.record.reader import parse_exchange


def json_at(line: bytes, pointer: str) -> bytes:
    """Return the JSON text at a JSON Pointer into a record's line, as it is written there."""
    text = line
    for step in pointer.split("/")[1:]:
        if text[:1] == b'"':
            # A message of a WebSocket, or a body, is the text of JSON.
            text = msgspec.json.decode(text, type=str).encode()
        if text[:1] == b"[":
            text = bytes(msgspec.json.decode(text, type=list[msgspec.Raw])[int(step)])
        else:
            name = step.replace("~1", "/").replace("~0", "~")
            text = bytes(msgspec.json.decode(text, type=dict[str, msgspec.Raw])[name])
    return text


def item_hash(line: bytes, pointer: str) -> str:
    """Return the hash of an item in a record's line."""
    return sha256(json_at(line, pointer)).hexdigest()


def body_hash(line: bytes, pointer: str) -> str:
    """Return the hash of the bytes of a body, or of a message of a WebSocket, rebuilt from a record's line."""
    exchange = parse_exchange(line, 1)
    if not pointer.startswith("/websocket/"):
        payload: Payload | None = getattr(exchange, pointer.split("/")[1])
        assert payload is not None
        return sha256(body_bytes(payload)).hexdigest()
    return sha256(msgspec.json.decode(json_at(line, pointer), type=str).encode()).hexdigest()


def lines_of(record: Path) -> list[bytes]:
    """Return the lines of a record."""
    return record.read_bytes().split(b"\n")
