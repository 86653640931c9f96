"""Make records of what another tool's file holds: redacted, hashed and written as those of a recording are."""

from __future__ import annotations

import json
import math
import secrets
import uuid
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from probe.addon import journal as frames
from probe.addon.bodies import BodyBuffer
from probe.addon.journal import Journal
from probe.addon.json_text import dumps
from probe.addon.kept_body import Fragment
from probe.addon.open_exchange import Live
from probe.addon.redaction.redactor import Redactor
from probe.addon.websocket_messages import message_kind
from probe.addon.writer import Writer
from probe.imports.source import SourceBody, SourceConversation, SourceExchange
from probe.record.exchange import Headers, Interim
from probe.record.record_facts import BodyFacts, ConversationFacts

_LONGEST_ID = 200


class Recording:
    """The record of a new run."""

    def __init__(self, traffic: Path, redactor: Redactor, namespace: str) -> None:
        """`namespace` is the hash of the file: an exchange gets the same id in each import of it."""
        self._folder, self._redactor = traffic.parent, redactor
        self._namespace = uuid.uuid5(uuid.NAMESPACE_OID, namespace)
        self._writer = Writer(traffic)
        self._ids: set[str] = set()
        self.count = 0
        """Exchanges that are written."""
        self.started, self.ended = math.inf, 0.0
        """When the first of them began, and the last ended."""

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def add(self, exchange: SourceExchange) -> None:
        """Write an exchange. Raises OSError."""
        live = Live(self._journal(), self._folder, self._redactor)
        try:
            self._fill(live, exchange)
            record = live.record()
            _restore(record, exchange)
            self._writer.append(record)
            self.count += 1
            self.started = min(self.started, exchange.started)
            self.ended = max(self.ended, *_times(record))
        finally:
            live.close(written=True)

    def _journal(self) -> Journal:
        """Return a file without a name: nothing is left of it, however this process ends."""
        path = self._folder / f".import-{secrets.token_hex(8)}"
        journal = Journal(path)
        path.unlink(missing_ok=True)
        return journal

    def _id(self, exchange: SourceExchange) -> str:
        facts = exchange.facts
        given = facts.id if facts else exchange.id
        known = given and len(given) <= _LONGEST_ID and given.isprintable() and given not in self._ids
        made = given if given and known else str(uuid.uuid5(self._namespace, str(self.count)))
        self._ids.add(made)
        return made

    def _fill(self, live: Live, exchange: SourceExchange) -> None:
        facts, request, response = exchange.facts, exchange.request, exchange.response
        own = facts.request if facts else None
        head = {
            "id": self._id(exchange),
            "listener": facts.listener if facts else None,
            "method": request.method,
            "url": request.url,
        }
        live.note(frames.REQUEST, head | _head(request, own) | {"started": exchange.started})
        _add(live.request, request, own)
        _end(live, frames.REQUEST_END, request, own)
        if response:
            own = facts.response if facts else None
            answer = {"status_code": response.status_code, "reason": own.reason if own else response.reason}
            interim = own.interim if own else response.interim
            live.note(frames.RESPONSE, answer | _head(response, own) | {"interim": [*map(_interim, interim)]})
            _add(live.response, response, own)
            _end(live, frames.RESPONSE_END, response, own)
        if exchange.conversation:
            _converse(live, exchange.conversation, facts.websocket if facts else None)
        error, refused = (facts.error, facts.refused) if facts else (exchange.error, False)
        if error or refused:
            live.note(frames.ERROR, {"error": error, "refused": refused})


def _times(record: dict[str, Any]) -> list[float]:
    """Return the times that a record has, but for those of pieces and messages."""
    parts = (record, record["request"], record["response"] or {}, record.get("websocket", {}))
    return [part[name] for part in parts for name in ("timestamp", "ended") if part.get(name)]


def _fields(headers: Headers) -> list[tuple[str, str]]:
    return [
        (name, one) for name, values in headers.items() for one in ([values] if isinstance(values, str) else values)
    ]


def _head(body: SourceBody, facts: BodyFacts | None) -> dict[str, Any]:
    headers = [*body.headers] if facts is None or facts.headers is None else _fields(facts.headers)
    types = (value for name, value in headers if name.lower() == "content-type")
    return {
        "headers": headers,
        "http_version": facts.http_version if facts else body.http_version,
        "started": facts.started if facts else body.started,
        "content_type": ", ".join(types),
        "content_encoding": body.encoding,
    }


def _interim(answer: Interim) -> dict[str, Any]:
    return {**msgspec.to_builtins(answer), "headers": _fields(answer.headers)}


def _is_held(body: SourceBody, facts: BodyFacts | None) -> bool:
    """Check whether a body is the one that was exported."""
    return facts is not None and facts.held_sha256 == sha256(body.body).hexdigest()


def _add(buffer: BodyBuffer, body: SourceBody, facts: BodyFacts | None) -> None:
    pieces = facts.pieces if facts and _is_held(body, facts) else body.pieces
    begins = [begin for _, begin in pieces]
    if begins and (begins[0] != 0 or begins != sorted(begins) or begins[-1] > len(body.body)):
        pieces = []
    if pieces:
        for (time, begin), end in zip(pieces, [*begins[1:], len(body.body)], strict=True):
            buffer.add(body.body[begin:end], time)
    elif body.body:
        buffer.add(body.body, 0.0)


def _end(live: Live, kind: bytes, body: SourceBody, facts: BodyFacts | None) -> None:
    ended = facts.ended if facts else body.ended
    trailers = _fields(facts.trailers or {}) if facts else body.trailers
    if ended is not None or trailers:
        live.note(kind, {"ended": ended, **({"trailers": [*trailers]} if trailers else {})})


def _converse(live: Live, conversation: SourceConversation, facts: ConversationFacts | None) -> None:
    live.note(frames.WEBSOCKET, {})
    for one in conversation.frames:
        content = one.content.decode("utf-8", "replace").encode() if one.is_text else one.content
        kind = message_kind(from_client=one.from_client, is_text=one.is_text)
        live.conversation.add(kind, one.timestamp, content)
    end = facts or conversation
    names = ("close_code", "close_reason", "closed_by", "ended")
    live.note(frames.WEBSOCKET_END, {name: getattr(end, name) for name in names})


def _restore(record: dict[str, Any], exchange: SourceExchange) -> None:
    """Put into a record what its parts cannot show, and take out what the file does not say."""
    facts = exchange.facts
    _restore_body(record["request"], exchange.request, facts.request if facts else None)
    if exchange.response:
        _restore_body(record["response"], exchange.response, facts.response if facts else None)
    if facts and facts.websocket and "websocket" in record:
        _restore_conversation(record["websocket"], facts.websocket)


def _restore_body(fields: dict[str, Any], body: SourceBody, facts: BodyFacts | None) -> None:
    if facts is None or not _is_held(body, facts):
        fields["wire_size"] = body.wire_size
        if not body.pieces:
            fields["pieces"] = []
        return
    if not facts.pieces:
        fields["pieces"] = []
    if facts.redactions:
        fields["redactions"] = facts.redactions + fields.get("redactions", 0)
        fields.setdefault("stored_sha256", facts.stored_sha256)
    fields |= {"size": facts.size, "sha256": facts.sha256}
    fields["wire_size"] = facts.wire_size
    for name in ("decode_error", "lost"):
        if value := getattr(facts, name):
            fields[name] = value


def _restore_conversation(fields: dict[str, Any], facts: ConversationFacts) -> None:
    if facts.lost:
        fields["lost"] = facts.lost
    if not facts.redacted:
        return
    messages: Fragment = fields["messages"]
    listed: list[dict[str, Any]] = json.loads(b"".join(messages.chunks()))
    for one in facts.redacted:
        if one.number < len(listed) and listed[one.number]["sha256"] == one.stored_sha256:
            listed[one.number] |= _redacted(listed[one.number], msgspec.to_builtins(one))
    fields["messages"] = Fragment(lambda: iter([dumps(listed).encode()]))


def _redacted(message: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a message has that was redacted before it was exported."""
    count = facts["redactions"] + message.get("redactions", 0)
    stored = message.get("stored_sha256", facts["stored_sha256"])
    return {"size": facts["size"], "sha256": facts["sha256"], "redactions": count, "stored_sha256": stored}
