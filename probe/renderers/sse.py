"""Parse server-sent events without I/O, as https://html.spec.whatwg.org/#event-stream-interpretation says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

_BOM = b"\xef\xbb\xbf"
# No alternatives for a line end: with CRLF besides CR and LF, each could be read in two ways, and all ways be tried.
_STREAM = re.compile("\ufeff?[\r\n]*(?:event|data|id|retry)?:")
_STEP = 1 << 20
"""Characters of a whole stream that are read at once: each line costs more memory than its text."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stream."""

    type: str
    """Value of its `event` field; `message` when it has none."""
    data: str | None
    """Its `data` lines joined; None when it had none (a browser would then not dispatch it)."""
    offset: int
    """Where its first field begins, in bytes of the stream; piece times are found by it."""
    id: str | None = None
    """Last id in the stream so far, so possibly that of an earlier event; None when it had none."""
    retry: int | None = None
    """Reconnection time in milliseconds, where the event carries one."""
    complete: bool = True
    """False for what stood at the end of a stream that was cut before the event's empty line."""


def is_stream(body: Any) -> bool:
    """Check whether a body's text begins as an event stream does."""
    return isinstance(body, str) and _STREAM.match(body) is not None


class SseParser:
    """Turns pieces of a stream into events; where the pieces are cut makes no difference."""

    def __init__(self) -> None:
        self.comments = 0
        self._held: list[bytes] = []
        self._place = 0
        self._begun = False
        self._last_id: str | None = None
        self._type = ""
        self._data: list[str] = []
        self._offset: int | None = None
        self._retry: int | None = None

    def read(self, text: str) -> Iterator[Event]:
        """Yield the events of a whole stream one by one, an unfinished last one included."""
        for start in range(0, len(text), _STEP):
            yield from self.feed(text[start : start + _STEP].encode("utf-8", "surrogatepass"))
        yield from self.finish()

    def feed(self, piece: bytes) -> list[Event]:
        """Take a piece and give the events that it completes."""
        self._held.append(piece)
        if b"\n" not in piece and b"\r" not in piece and not self._held_cr():
            return []
        lines = b"".join(self._held).splitlines(keepends=True)
        # A CR at the end may be half of a CRLF, so it waits for the next piece.
        self._held = [lines.pop()] if lines and not lines[-1].endswith(b"\n") else []
        return self._take(lines)

    def finish(self) -> list[Event]:
        """Return what is left at the end of the stream: an event that was not completed is marked as such."""
        rest = b"".join(self._held)
        self._held = []
        events = self._take([rest]) if rest else []
        if self._offset is not None:
            events.append(self._event(complete=False))
            self._reset()
        return events

    def _held_cr(self) -> bool:
        return len(self._held) > 1 and self._held[-2].endswith(b"\r")

    def _take(self, lines: list[bytes]) -> list[Event]:
        if lines and not self._begun:
            self._begun = True
            if lines[0].startswith(_BOM):
                lines[0] = lines[0].removeprefix(_BOM)
                self._place = len(_BOM)
        events: list[Event] = []
        for line in lines:
            text = line.rstrip(b"\r\n")
            if text:
                self._field(text)
            elif self._offset is not None:
                events.append(self._event())
                self._reset()
            self._place += len(line)
        return events

    def _field(self, line: bytes) -> None:
        name, _, rest = line.partition(b":")
        if not name:
            self.comments += 1
            return
        if self._offset is None:
            self._offset = self._place
        value = rest.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._type = value
        elif name == b"id" and "\0" not in value:
            self._last_id = value
        elif name == b"retry" and value.isascii() and value.isdigit():
            self._retry = int(value)

    def _event(self, *, complete: bool = True) -> Event:
        return Event(
            type=self._type or "message",
            data="\n".join(self._data) if self._data else None,
            offset=self._offset or 0,
            id=self._last_id,
            retry=self._retry,
            complete=complete,
        )

    def _reset(self) -> None:
        self._type, self._data, self._offset, self._retry = "", [], None, None
