"""Where in a record the bodies of exchanges and turns are, with the hashes of their bytes as kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from probe.record.exchange import Message, Payload
from probe.renderers.api import ItemField
from probe.trace.items import NewItem
from probe.trace.turns import Traced, Turn


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The line of an exchange, with its bodies."""

    offset: int
    """Bytes of the file before it, with compression undone."""
    length: int
    """Its bytes, the line end included."""
    request_sha256: str | None
    """Of the decoded body as it is kept, which can be checked; None without a body, and in a file from elsewhere."""
    response_sha256: str | None
    request_kind: str | None
    """How the body is kept: json, text, sse, base64, none."""
    response_kind: str | None


class Bodies(msgspec.Struct, frozen=True, kw_only=True):
    """Request and response of a turn, as members of JSON."""

    line: int
    """Line of the record, from 1."""
    request: str
    """JSON Pointer (RFC 6901) to it in the line: `/request/body`, or to the content of a WebSocket's message."""
    request_sha256: str | None
    response: str | None
    """As above; of a WebSocket the last message, which ends the answer. None where there was none."""
    response_sha256: str | None


class Pointers:
    """Collects where everything is while a record is read."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}
        """By line."""
        self.turns: dict[tuple[int, int | None], Bodies] = {}
        """By line, and number within a WebSocket conversation."""
        self.items: dict[int, tuple[int, str]] = {}
        """By number of the item: line of its first appearance, and JSON Pointer to it.

    One in a WebSocket's message goes on into its content, which is the text of JSON.
    """

    def add(self, traced: Traced, new: Sequence[NewItem]) -> None:
        """Add an exchange, and the items that are new with it."""
        exchange, (begin, end) = traced.exchange, traced.exchange.span or (0, 0)
        request, response = exchange.request, exchange.response
        self.lines[exchange.seq] = Line(
            offset=begin,
            length=end - begin,
            request_sha256=_sha256(request),
            response_sha256=_sha256(response) if response else None,
            request_kind=request.body_kind,
            response_kind=response.body_kind if response else None,
        )
        fresh = {item.known.number for item in new}
        for turn in traced.turns:
            bodies = self._bodies(traced, turn)
            self.turns[exchange.seq, turn.part] = bodies
            if fresh:
                self._add_items(turn, bodies, fresh)

    def _bodies(self, traced: Traced, turn: Turn) -> Bodies:
        line = self.lines[traced.exchange.seq]
        if traced.exchange.websocket is None:
            return Bodies(
                line=traced.exchange.seq,
                request="/request/body",
                request_sha256=line.request_sha256,
                response="/response/body" if traced.exchange.response else None,
                response_sha256=line.response_sha256,
            )
        messages = traced.exchange.websocket.messages
        asked = _place(messages, turn.request.raw.decode("utf-8", "surrogatepass"), turn.started)
        answered = _place(messages, turn.messages[-1], turn.event_times[-1]) if turn.messages else None
        return Bodies(
            line=traced.exchange.seq,
            request=_path(asked),
            request_sha256=_sha256(messages[asked]),
            response=None if answered is None else _path(answered),
            response_sha256=None if answered is None else _sha256(messages[answered]),
        )

    def _add_items(self, turn: Turn, bodies: Bodies, fresh: set[int]) -> None:
        for field, known in turn.items:
            for place, one in enumerate(known):
                if one.number in fresh:
                    at = bodies.request + _pointer(field) + (f"/{place}" if field.listed else "")
                    self.items.setdefault(one.number, (bodies.line, at))


def _path(message: int) -> str:
    return f"/websocket/messages/{message}/content"


def _pointer(field: ItemField) -> str:
    """Return the JSON Pointer to a field; the name of a setting may have any character, a dot too."""
    above = field.at.removesuffix(field.name) if field.name else field.at
    names = [*above.split("."), field.name] if field.name else above.split(".")
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names if name)


def _place(messages: Sequence[Message], content: str, time: float) -> int:
    """Return the number of a message."""
    same = (n for n, one in enumerate(messages) if one.timestamp == time and one.content == content)
    return next(same)


def _sha256(part: Payload | Message) -> str | None:
    """Return the hash of what is kept."""
    return part.stored_sha256 if part.redactions else part.sha256
