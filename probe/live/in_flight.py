"""An exchange under way, as its journal shows it from outside of the proxies; nothing of it is kept unredacted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from probe.addon import journal as frames
from probe.addon.decoders import DecodeError, Decoder, decoder_for
from probe.addon.journal import PastJournal, frame_size
from probe.addon.redaction.redactor import Redactor
from probe.live.streamed_texts import StreamedText, StreamedTexts

_LARGEST_REQUEST = 16 << 20
"""Of a larger one the model is not looked for."""
_STREAMS = ("text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq")
_SERVER, _CLIENT = (frames.SERVER_TEXT, frames.SERVER_BINARY), (frames.CLIENT_TEXT, frames.CLIENT_BINARY)


class InFlight(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of an exchange under way."""

    id: str
    listener: str | None
    method: str
    url: str
    status: int | None
    model: str | None
    """None where the request does not name one."""
    started: float
    """When the request began, or the last message of the agent over a WebSocket, in epoch seconds."""
    first: float | None
    """When the first bytes of the answer came."""
    last: float
    sent: int
    """Bytes on the wire."""
    received: int
    events: int
    texts: list[StreamedText]


class _Asked(msgspec.Struct):
    model: str | None = None


class OpenExchange:
    """Reads a journal as it grows."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        self._journal = PastJournal(path)
        self._redactor = redactor
        self._read = 0
        self._facts: dict[str, Any] = {}
        self._request, self._sent, self._received = b"", 0, 0
        self._status: int | None = None
        self._model: str | None = None
        self._started = self._last = 0.0
        self._first: float | None = None
        self._decoder: Decoder | None = None
        self._is_stream = False
        self._texts = StreamedTexts(redactor)
        self._waiting: list[bytes] = []
        self._takes: dict[bytes, Callable[[float, bytes], None]] = {
            frames.REQUEST: self._begin,
            frames.REQUEST_DATA: self._request_data,
            frames.REQUEST_END: lambda now, data: self._asked(),
            frames.RESPONSE: self._response,
            frames.RESPONSE_DATA: self._response_data,
            **dict.fromkeys(_CLIENT, self._client_message),
            **dict.fromkeys(_SERVER, self._server_message),
        }

    def read(self) -> bool:
        """Read what is new; return whether there was anything. Raises ValueError for what is no journal."""
        before = self._read
        for frame in self._journal.frames(before):
            kind, now, data = frame
            self._read += frame_size(frame)
            if take := self._takes.get(kind):
                take(now, data)
        self._take_waiting()
        return self._read > before

    def close(self) -> None:
        """Close the file."""
        self._journal.close(remove=False)

    def shown(self) -> InFlight | None:
        """Return what can be shown; None before the request's head is there."""
        if not self._facts:
            return None
        return InFlight(
            **self._facts,
            status=self._status,
            model=self._model,
            started=self._started,
            first=self._first,
            last=self._last,
            sent=self._sent,
            received=self._received,
            events=self._texts.events,
            texts=self._texts.shown(),
        )

    def _begin(self, now: float, data: bytes) -> None:
        head = json.loads(data)
        # Credentials of the request are searched for in all that follows.
        url = self._redactor.url(head["url"])
        self._redactor.headers(head["headers"])
        self._encoding = head["content_encoding"]
        self._facts = {
            "id": head["id"],
            "listener": head["listener"],
            "method": self._redactor.text(head["method"]),
            "url": self._redactor.text(url),
        }
        self._started = self._last = head["started"] or now

    def _request_data(self, now: float, data: bytes) -> None:
        self._sent += len(data)
        if self._sent <= _LARGEST_REQUEST:
            self._request += data

    def _asked(self) -> None:
        data, self._request = self._request, b""
        if data and self._sent <= _LARGEST_REQUEST:
            try:
                decoder = decoder_for(self._encoding)
                self._name_model(decoder.decode(data) if decoder else data)
            except DecodeError:
                return

    def _name_model(self, body: bytes) -> None:
        try:
            model = msgspec.json.decode(body, type=_Asked).model
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        self._model = self._redactor.text(model) if model else self._model

    def _response(self, now: float, data: bytes) -> None:
        head = json.loads(data)
        self._redactor.headers(head["headers"])  # new cookies
        kind = head["content_type"].partition(";")[0].strip().lower()
        self._status, self._is_stream = head["status_code"], kind in _STREAMS
        self._decoder = decoder_for(head["content_encoding"])
        self._first, self._last = self._first or now, now

    def _response_data(self, now: float, data: bytes) -> None:
        self._received, self._last = self._received + len(data), now
        if not self._is_stream:
            return
        try:
            self._waiting.append(self._decoder.decode(data) if self._decoder else data)
        except DecodeError:
            self._is_stream = False

    def _client_message(self, now: float, data: bytes) -> None:
        self._take_waiting()
        self._sent, self._started, self._first = self._sent + len(data), now, None
        self._texts = StreamedTexts(self._redactor)
        self._name_model(data)

    def _server_message(self, now: float, data: bytes) -> None:
        self._received, self._first, self._last = self._received + len(data), self._first or now, now
        # No JSON message holds a line's end, and each is an event.
        self._waiting.append(data.replace(b"\n", b" ") + b"\n")

    def _take_waiting(self) -> None:
        """Join the texts of what came, at once: each search has a fixed cost."""
        if self._waiting:
            data, self._waiting = b"".join(self._waiting), []
            self._texts.add(data)
