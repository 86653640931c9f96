"""An exchange while it runs: what has crossed so far, and the record that comes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mitmproxy.http import Headers, HTTPFlow, Message

from probe.wire.addon.bodies import Body, Fragment
from probe.wire.addon.json_text import dumps
from probe.wire.addon.redactor import Redactor
from probe.wire.addon.spoken import SpokenTails, redact_conversation
from probe.wire.addon.spool import IN_MEMORY, Spool

SCHEMA = 1


class Live:
    """Copies of both bodies and of every WebSocket message of one exchange."""

    def __init__(self, flow: HTTPFlow, listener: str | None, folder: Path, redactor: Redactor) -> None:
        self.flow = flow
        self.request = Body(folder)
        self.response = Body(folder)
        self._listener = listener
        self._redactor = redactor
        self._messages = Spool(folder)
        self._message_count = 0
        self._messages_lost = 0
        self._tails = SpokenTails(redactor)
        self._secret_spoken = False
        # Credentials of this request are looked for in all that follows, so they are learned at its begin.
        url = redactor.url(_clean(flow.request.url))
        self._request_headers = redactor.headers(text_fields(flow.request.headers))
        self._url = redactor.text(url)

    def tee_request(self, data: bytes) -> bytes:
        """Keep a copy of what the agent sent and pass it on."""
        if data:
            self.request.add(data, time.time())
        return data

    def tee_response(self, data: bytes) -> bytes:
        """Keep a copy of what the upstream sent and pass it on."""
        if data:
            self.response.add(data, time.time())
        return data

    @property
    def small(self) -> bool:
        """Tell whether the record is written faster than another exchange would notice."""
        return self.request.wire_size + self.response.wire_size + self._messages.size <= 2 * IN_MEMORY

    def add_message(self) -> None:
        """Keep the newest WebSocket message, and let mitmproxy forget it: it would keep them all."""
        assert self.flow.websocket is not None
        message = self.flow.websocket.messages[-1]
        self.flow.websocket.messages.clear()
        fields = self._message_fields(message.content, message.is_text)
        if message.is_text and self._tails.saw_secret(fields["content"].encode(), from_client=message.from_client):
            self._secret_spoken = True
        fields = {
            "timestamp": message.timestamp,
            "direction": "client" if message.from_client else "server",
            **fields,
        }
        try:
            self._messages.append((b"," if self._message_count else b"") + dumps(fields).encode())
            self._message_count += 1
        except OSError:
            self._messages_lost += 1

    def _message_fields(self, content: bytes, is_text: bool) -> dict[str, Any]:
        edits: list[Any] = []
        stored = b"".join(self._redactor.chunks([content], edits))
        fields: dict[str, Any] = {"type": "text" if is_text else "binary"}
        fields["content"] = stored.decode() if is_text else base64.b64encode(stored).decode()
        fields |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        if edits:
            fields |= {"redactions": len(edits), "stored_sha256": hashlib.sha256(stored).hexdigest()}
        return fields

    def record(self, error: str | None) -> dict[str, Any]:
        """Give the record; it may hold Fragments, and is written before `close`."""
        flow = self.flow
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "id": flow.id,
            "listener": self._listener,
            "timestamp": flow.request.timestamp_start,
            "request": self._request_fields(),
            "response": self._response_fields() if flow.response else None,
        }
        if flow.websocket is not None:
            record["websocket"] = self._websocket_fields()
        record["error"] = self._redactor.text(error) if error else None
        return record

    def _request_fields(self) -> dict[str, Any]:
        request = self.flow.request
        fields = {"method": request.method, "url": self._url, "headers": self._request_headers}
        return fields | self._common(request, self.request)

    def _response_fields(self) -> dict[str, Any]:
        response = self.flow.response
        assert response is not None
        headers = self._redactor.headers(text_fields(response.headers))
        fields = {"status_code": response.status_code, "reason": response.reason, "headers": headers}
        return fields | self._common(response, self.response)

    def _common(self, message: Message, body: Body) -> dict[str, Any]:
        headers = message.headers
        fields: dict[str, Any] = {"http_version": message.http_version}
        fields |= {"started": message.timestamp_start, "ended": message.timestamp_end}
        if message.trailers:
            fields["trailers"] = self._redactor.headers(text_fields(message.trailers))
        return fields | body.fields(
            headers.get("content-type", ""), headers.get("content-encoding", ""), self._redactor
        )

    def _websocket_fields(self) -> dict[str, Any]:
        websocket = self.flow.websocket
        assert websocket is not None
        closed_by = {True: "client", False: "server", None: None}[websocket.closed_by_client]
        fields: dict[str, Any] = {"messages": Fragment(self._message_list)}
        if self._messages_lost:
            fields["lost"] = self._messages_lost
        reason = self._redactor.text(websocket.close_reason) if websocket.close_reason else None
        return fields | {
            "close_code": websocket.close_code,
            "close_reason": reason,
            "closed_by": closed_by,
            "ended": websocket.timestamp_end,
        }

    def _message_list(self) -> Iterator[bytes]:
        yield b"["
        if self._secret_spoken:
            # Seldom: only then is the whole conversation taken into memory.
            messages = json.loads(b"[" + b"".join(self._messages) + b"]")
            redact_conversation(messages, self._redactor)
            yield dumps(messages).encode()[1:-1]
        else:
            yield from self._messages
        yield b"]"

    def close(self) -> None:
        """Give memory and disk back."""
        self.request.close()
        self.response.close()
        self._messages.close()


def text_fields(headers: Headers) -> list[tuple[str, str]]:
    """Give header fields as text; bytes that are not UTF-8 are read as Latin-1, as HTTP once had it."""
    return [(_text(name), _text(value)) for name, value in headers.fields]


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _clean(text: str) -> str:
    """Read back the bytes that mitmproxy smuggled through a str."""
    return _text(text.encode("utf-8", "surrogateescape"))


class Counts:
    """How many exchanges were seen, written and lost; used from two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seen = 0
        self.written = 0
        self.failed = 0
        self.messages = 0
        self.failure: str | None = None

    def wrote(self) -> None:
        """Count a record that is on the disk."""
        with self._lock:
            self.written += 1

    def lost(self, why: str) -> None:
        """Count a record that could not be written."""
        with self._lock:
            self.failed += 1
            self.failure = self.failure or why

    def as_dict(self) -> dict[str, Any]:
        """Give the counts under the names that the manifest uses."""
        names = ("seen", "written", "failed", "failure")
        return {name: getattr(self, name) for name in names} | {"websocket_messages": self.messages}
