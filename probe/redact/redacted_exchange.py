"""One exchange of a record, redacted: its bodies rebuilt, searched, and hashed anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from probe.addon.json_text import dumps
from probe.addon.kept_body import Fragment, KeptBody, in_form, piece_list, sha256
from probe.addon.redaction.across_events import redact_conversation
from probe.addon.redaction.redactor import Redactor
from probe.addon.spool import Spool
from probe.record.exchange import Exchange, Headers, Message, Payload, Response, UnreadExchange, WebSocket
from probe.record.integrity import body_chunks, message_chunks
from probe.redact.learning import decoded_chunks, pairs
from probe.redact.pseudonyms import Pseudonyms

_TYPES = {"sse": "text/event-stream", "json": "application/json"}
"""Of bodies of these kinds, whatever their headers say: the redacted body shall be of the same kind."""
_MADE_ANEW = frozenset({"headers", "trailers", "interim", "pieces", "body", "body_text", "body_kind", "whole_text"}) | {
    "size", "sha256", "redactions", "stored_sha256"
}  # fmt: skip
_PLACES_OF_EDGES = ("cf-ray", "x-amz-cf-pop", "x-served-by")
"""Headers that name the data center nearest to the user."""


class ExchangeRedaction:
    """Redacts exchanges of one file; what it returns for one lasts until the next."""

    def __init__(self, redactor: Redactor, pseudonyms: Pseudonyms, source: Path, folder: Path) -> None:
        self._redactor = redactor
        self._pseudonyms = pseudonyms
        self._source = source
        self._folder = folder
        self._kept = KeptBody(folder)

    def redacted(self, exchange: UnreadExchange) -> dict[str, Any]:
        """Return an exchange as a record, which may hold Fragments."""
        self._kept.close()
        self._kept = KeptBody(self._folder)
        record = _fields(exchange, Exchange, ("seq", "request", "response", "websocket", "error"))
        record["request"] = self._payload(exchange.request)
        record["response"] = self._payload(exchange.response) if exchange.response else None
        if exchange.websocket:
            record["websocket"] = self._websocket(exchange.websocket)
        record["error"] = self._redactor.text(exchange.error) if exchange.error else None
        return record

    def close(self) -> None:
        """Release memory and disk space."""
        self._kept.close()

    def _payload(self, payload: Payload) -> dict[str, Any]:
        kind = type(payload).__mro__[1]
        fields = _fields(payload, kind, _MADE_ANEW)
        for name in ("url", "reason", "decode_error"):
            if fields.get(name):
                fields[name] = self._redactor.text(fields[name])
        fields["headers"] = self._headers(payload.headers)
        if payload.trailers is not None:
            fields["trailers"] = self._headers(payload.trailers)
        if isinstance(payload, Response) and payload.interim:
            fields["interim"] = [
                msgspec.to_builtins(answer) | {"headers": self._headers(answer.headers)} for answer in payload.interim
            ]
        body = self._loose_body(payload) if payload.body_kind is None else self._body(payload)
        changed = body.get("size", payload.size) != payload.size
        if changed and payload.wire_size == payload.size:
            fields["wire_size"] = body["size"]
            if fields["headers"].get("content-length") == str(payload.size):
                fields["headers"]["content-length"] = str(body["size"])
        return fields | body

    def _headers(self, headers: Headers) -> Headers:
        redacted = self._redactor.headers(pairs(headers))
        for name, value in redacted.items():
            if name.lower() in _PLACES_OF_EDGES and isinstance(value, str):
                redacted[name] = value if "facade" in value else self._pseudonyms.of("id", value)
        return redacted

    def _loose_body(self, payload: Payload) -> dict[str, Any]:
        """Return a body that nothing can be checked against, as another program wrote it."""
        if payload.body is None or (value := _parsed(payload.body)) is None:
            return {"body": None}
        is_text = isinstance(value, str)
        content = self._spooled(
            [value.encode("utf-8", "replace") if is_text else dumps(value).encode("utf-8", "replace")]
        )
        media_type = (payload.header("content-type") or "") if is_text else "application/json"
        stored = b"".join(self._kept.redacted(content, (), media_type, self._redactor)[0]).decode("utf-8", "replace")
        if is_text:
            return {"body": stored}
        try:
            return {"body": json.loads(stored)}
        except ValueError:
            return {"body": self._walked(value)}

    def _body(self, payload: Payload) -> dict[str, Any]:
        media_type = _TYPES.get(payload.body_kind or "", payload.header("content-type") or "")
        try:
            content = self._spooled(body_chunks(payload, self._source))
        except ValueError:
            # What does not fit together cannot be hashed; it is kept as a text.
            content = self._spooled(
                [b"".join(decoded_chunks(msgspec.structs.replace(payload, body_kind=None), self._source))]
            )
        offsets = [offset for _, offset in payload.pieces]
        stored, offsets_now, places = self._kept.redacted(content, offsets, media_type, self._redactor)
        form = in_form(stored, media_type)
        if payload.body_kind == "json" and form["body_kind"] != "json":
            # A value crossed a border of the JSON itself.
            stored = self._spooled([dumps(self._walked(json.loads(b"".join(content)))).encode("utf-8", "replace")])
            form = in_form(stored, media_type)
        fields = form | {"size": stored.size, "sha256": sha256(stored)}
        if redactions := payload.redactions + places:
            fields |= {"redactions": redactions, "stored_sha256": fields["sha256"]}
        times = [time for time, _ in payload.pieces]
        return fields | {"pieces": Fragment(lambda: piece_list(times, offsets_now))}

    def _spooled(self, chunks: Iterable[bytes]) -> Spool:
        spool = self._kept.new_spool()
        for chunk in chunks:
            spool.append(chunk)
        return spool

    def _walked(self, value: Any) -> Any:
        """Return a JSON value with each of its texts redacted alone."""
        match value:
            case str():
                return self._redactor.text(value)
            case dict():
                return {self._redactor.text(name): self._walked(one) for name, one in value.items()}
            case list():
                return [self._walked(one) for one in value]
            case _:
                return value

    def _websocket(self, conversation: WebSocket) -> dict[str, Any]:
        fields = _fields(conversation, WebSocket, ("messages", "close_reason"))
        reason = conversation.close_reason
        messages = [self._message(message) for message in conversation.messages]
        earlier = [message.redactions for message in conversation.messages]
        redact_conversation(messages, self._redactor)
        for message, redactions in zip(messages, earlier, strict=True):
            if message["type"] == "text" and "sha256" in message:
                content = message["content"].encode()
                _hash(message, content, message.get("redactions", 0) + redactions)
        return fields | {"messages": messages, "close_reason": self._redactor.text(reason) if reason else reason}

    def _message(self, message: Message) -> dict[str, Any]:
        """Return a message; a text is not redacted yet."""
        fields = _fields(message, Message, ("content", "whole_text", "redactions", "stored_sha256"))
        content = b"".join(message_chunks(message, self._source))
        if message.type == "text":
            return fields | {"content": content.decode()}
        stored, _, places = self._kept.redacted(self._spooled([content]), (), "", self._redactor)
        data = b"".join(stored)
        if "sha256" in fields:
            _hash(fields, data, places + message.redactions)
        return fields | {"content": _base64(data)}


def _hash(message: dict[str, Any], content: bytes, redactions: int) -> None:
    digest = sha256([content])
    message |= {"size": len(content), "sha256": digest}
    if redactions:
        message |= {"redactions": redactions, "stored_sha256": digest}


def _base64(data: bytes) -> str:
    import base64  # Here: few conversations have binary messages.

    return base64.b64encode(data).decode()


def _parsed(body: Any) -> Any:
    return msgspec.json.decode(body) if isinstance(body, msgspec.Raw) else body


def _fields(value: msgspec.Struct, kind: type[msgspec.Struct], left_out: Iterable[str]) -> dict[str, Any]:
    """Return the fields of a part of a record that are set, without some."""
    shown = {}
    for field in msgspec.structs.fields(kind):
        one = getattr(value, field.name)
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        if field.name not in left_out and (field.required or one != default):
            shown[field.name] = msgspec.to_builtins(one)
    return shown
