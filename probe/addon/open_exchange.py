"""An exchange under way: what has crossed the wire so far, and the record made from it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from probe.addon import journal as frames
from probe.addon.bodies import BodyBuffer
from probe.addon.journal import Journal, PastJournal, losses
from probe.addon.json_text import dumps
from probe.addon.redaction.redactor import Redactor
from probe.addon.websocket_messages import WebSocketBuffer

SCHEMA = 1
SMALL = 1 << 20
"""A record of this many bytes takes a few milliseconds to make."""
CUT_OFF = "the proxy was killed while this exchange was under way"

DISK_FULL = "the disk was full: what followed in this exchange could not be kept"


class Live:
    """What is known of one exchange; the journal has all of it as well, at once."""

    def __init__(self, journal: Journal, folder: Path, redactor: Redactor) -> None:
        self.journal = journal
        self.request = BodyBuffer(frames.REQUEST_DATA, journal, folder)
        self.response = BodyBuffer(frames.RESPONSE_DATA, journal, folder)
        self.conversation = WebSocketBuffer(journal, folder)
        self._redactor = redactor
        self._facts: dict[bytes, dict[str, Any]] = {}

    def note(self, kind: bytes, facts: dict[str, Any]) -> None:
        """Add facts from a hook; `probe.addon.flow_facts` defines the keys."""
        self.journal.append(kind, time.time(), dumps(facts).encode("utf-8", "replace"))
        self._apply(kind, facts)

    def _apply(self, kind: bytes, facts: dict[str, Any]) -> None:
        self._facts[kind] = facts
        if kind == frames.REQUEST:
            # Credentials of this request are searched for in all that follows, so they are learned at its start.
            url = self._redactor.url(facts["url"])
            facts["headers"] = self._redactor.headers(facts["headers"])
            facts["url"] = self._redactor.text(url)

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
    def began(self) -> bool:
        """Check whether the request's head is known: a proxy may be killed before that."""
        return frames.REQUEST in self._facts

    @property
    def ended(self) -> bool:
        """Check whether it ended, normally or not."""
        whole = frames.WEBSOCKET_END if frames.WEBSOCKET in self._facts else frames.RESPONSE_END
        return frames.ERROR in self._facts or whole in self._facts

    @property
    def small(self) -> bool:
        """Check whether writing the record delays other exchanges too little to matter."""
        return self.request.wire_size + self.response.wire_size + self.conversation.size <= SMALL

    def record(self) -> dict[str, Any]:
        """Return the record; it may hold Fragments, so write it before `close`."""
        facts = self._facts
        head = facts[frames.REQUEST]
        response = facts.get(frames.RESPONSE)
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "id": head["id"],
            "listener": head["listener"],
            "timestamp": head["started"],
            "request": self._message(head, facts.get(frames.REQUEST_END), self.request, head["headers"]),
            "response": self._response(response) if response else None,
        }
        if frames.WEBSOCKET in facts:
            record["websocket"] = self.conversation.fields(facts.get(frames.WEBSOCKET_END), self._redactor)
        ending = facts.get(frames.ERROR, {})
        error = ending.get("error")
        record["error"] = self._redactor.text(error) if error else None
        if ending.get("refused"):
            record["refused"] = True
        return record

    def _response(self, head: dict[str, Any]) -> dict[str, Any]:
        headers = self._redactor.headers(head["headers"])
        return self._message(head, self._facts.get(frames.RESPONSE_END), self.response, headers)

    def _message(
        self, head: dict[str, Any], end: dict[str, Any] | None, body: BodyBuffer, headers: Any
    ) -> dict[str, Any]:
        """Return the record's form of a request or a response."""
        names = ("method", "url") if "method" in head else ("status_code", "reason")
        fields: dict[str, Any] = {name: head[name] for name in names}
        if fields.get("reason"):
            fields["reason"] = self._redactor.text(fields["reason"])
        fields |= {"headers": headers, "http_version": head["http_version"], "started": head["started"]}
        fields["ended"] = end["ended"] if end else None
        if head.get("interim"):
            fields["interim"] = [self._interim(answer) for answer in head["interim"]]
        if end and end.get("trailers"):
            fields["trailers"] = self._redactor.headers(end["trailers"])
        return fields | body.fields(head["content_type"], head["content_encoding"], self._redactor)

    def _interim(self, answer: dict[str, Any]) -> dict[str, Any]:
        reason = self._redactor.text(answer["reason"]) if answer["reason"] else answer["reason"]
        return answer | {"reason": reason, "headers": self._redactor.headers(answer["headers"])}

    def close(self, *, written: bool) -> None:
        """Release memory and disk space; keep the journal of an exchange that could not be written."""
        if not written:
            parts = (self.request, self.response, self.conversation)
            self.journal.note_losses(*(part.unjournaled for part in parts))
        self.journal.close(remove=written)
        for part in (self.request, self.response, self.conversation):
            part.close()


def restored_exchange(path: Path, folder: Path, redactor: Redactor) -> Live:
    """Return the exchange in a journal that a killed proxy left."""
    journal = PastJournal(path)
    live = Live(journal, folder, redactor)
    lost = None
    for kind, now, data in journal.frames():
        if kind in frames.FACTS:
            live.note(kind, json.loads(data))
        elif kind == frames.REQUEST_DATA:
            live.request.add(data, now)
        elif kind == frames.RESPONSE_DATA:
            live.response.add(data, now)
        elif kind == frames.LOST:
            lost = losses(data)
        else:
            live.conversation.add(kind, now, data)
    if lost:
        live.request.lost, live.response.lost, live.conversation.lost = lost
        live.request.wire_size += lost[0]
        live.response.wire_size += lost[1]
    if not live.ended:
        live.note(frames.ERROR, {"error": DISK_FULL if lost else CUT_OFF})
    return live


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
        """Return the counts under the names that the manifest uses."""
        names = ("seen", "written", "failed", "failure")
        return {name: getattr(self, name) for name in names} | {"websocket_messages": self.messages}
