"""Write down what a test server really received and sent, to compare a record with."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """Size and hash of some bytes."""

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Bytes:
        """Measure bytes."""
        return cls(size=len(data), sha256=hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it reached the server."""

    id: int
    time: float
    method: str
    path: str
    """The request target as sent, query included."""
    headers: list[tuple[str, str]]
    """As sent: order, case and repetitions kept."""
    wire: Bytes
    """The body as it crossed the wire, without the chunks' frames."""
    decoded: Bytes
    """The body with its content-encoding undone."""
    body: bytes = field(repr=False)
    """The decoded body itself; not in the log file."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An answer as far as it was sent."""

    id: int
    """The request's."""
    time: float
    status: int
    wire: Bytes
    """The body as it was sent, without the chunks' frames."""
    decoded: Bytes
    """The body before its content-encoding."""
    complete: bool
    """False when the client left before the end of the stream."""
    close_code: int | None = None
    """How a WebSocket ended; None when the answer was no upgrade."""
    body: bytes = field(repr=False)
    """The body before its content-encoding; not in the log file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A WebSocket message, decompressed."""

    id: int
    """The request's."""
    time: float
    direction: str
    """client (the agent sent it) or server."""
    decoded: Bytes
    body: bytes = field(repr=False)
    """The message itself; not in the log file."""


Entry = Received | Sent | Message


class WireLog:
    """All that a server received and sent, in memory and, when asked for, as JSON lines in a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._path = path

    def add(self, entry: Entry) -> None:
        """Append an entry here and to the file."""
        self.entries.append(entry)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_line(entry)) + "\n")

    @property
    def requests(self) -> list[Received]:
        """Return the requests in the order in which they came."""
        return [entry for entry in self.entries if isinstance(entry, Received)]

    @property
    def responses(self) -> list[Sent]:
        """Return the answers in the order in which they ended."""
        return [entry for entry in self.entries if isinstance(entry, Sent)]

    @property
    def messages(self) -> list[Message]:
        """Return the WebSocket messages in the order in which they went."""
        return [entry for entry in self.entries if isinstance(entry, Message)]

    def wait_settled(self, seconds: float = 5.0) -> None:
        """Block, outside the server's own thread, until every request has its answer in the log."""
        deadline = time.monotonic() + seconds
        while len(self.responses) < len(self.requests):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.requests)} requests, {len(self.responses)} answers")
            time.sleep(0.01)


def _line(entry: Entry) -> dict[str, Any]:
    """Make an entry's line: its kind, and all of it but the body."""
    fields = {key: value for key, value in asdict(entry).items() if key != "body"}
    return {"kind": type(entry).__name__.lower(), **fields}
