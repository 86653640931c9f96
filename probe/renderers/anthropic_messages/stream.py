"""A message put together from the events of a stream, however far it came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.anthropic_messages.answer import MadePart, made
from probe.renderers.anthropic_messages.streamed_part import StreamedPart
from probe.renderers.api import Answer, StreamReader
from probe.renderers.blocks import Block, Settings, Unknown
from probe.renderers.errors import error_blocks
from probe.renderers.events import kind_of

EVENTS = frozenset(
    {
        *("message_start", "message_delta", "message_stop", "error", "ping"),
        *("content_block_start", "content_block_delta", "content_block_stop"),
    }
)


class Reader(StreamReader):
    """What the events of one answer say together."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        """Its fields except the content; later values count."""
        self._earlier: list[tuple[str, Any]] = []
        """Values that later ones replaced."""
        self._parts: list[StreamedPart] = []
        self._by_index: dict[int, StreamedPart] = {}
        self._latest: StreamedPart | None = None
        """The block that the last event was about."""
        self._errors: list[Block] = []
        self._shown: dict[str, list[Any]] = {}
        """Events that are shown each by itself, by type."""
        self._ended = False
        self._known = False

    def add(self, number: int, name: str, event: Any) -> None:
        """Take one event."""
        self._reach(number - 1)
        kind = kind_of(name, event)
        self._known = self._known or kind in EVENTS
        if event == "[DONE]" or (kind == "ping" and not event):
            return  # gateways of other APIs' makers end every stream with this
        if not self._understood(number, kind, event if isinstance(event, dict) else {"error": event}):
            self._shown.setdefault(kind, []).append(event)

    def answer(self, last: int) -> Answer:
        """Return the answer."""
        self._reach(last)
        unknown = (
            Unknown(what=f"event {kind!r}", value=events[0] if len(events) == 1 else events)
            for kind, events in self._shown.items()
        )
        earlier = [Settings(pairs=tuple(self._earlier))] if self._earlier else []
        return made(
            self._message,
            (MadePart(part.source, part.built(), part.stopped) for part in self._parts),
            after=(*earlier, *self._errors, *unknown),
            ended=self._ended,
            known=self._known,
        )

    def _reach(self, last: int) -> None:
        """Extend the latest block to the end of its event, which may be several that were joined."""
        if self._latest is not None:
            self._latest.last = last
            self._latest = None

    def _understood(self, number: int, kind: str, event: dict[str, Any]) -> bool:
        """Take in an event; False when it has to be shown by itself."""
        match kind, event:
            case "ping", _:
                return not set(event) - {"type"}
            case "error", _:
                self._errors.extend(
                    error_blocks({"type": "error", **event}, None) or [Unknown(what="error", value=event)]
                )
                self._ended = True
            case "message_start", {"message": dict(message)}:
                self._tell(message, "content")
                self._begin_all(number, message.get("content"))
                self._tell(event, "type", "message")
            case "message_delta", {"delta": dict(delta)}:
                self._tell(delta)
                self._tell(event, "type", "delta")
            case "message_stop", _:
                self._ended = True
                self._tell(event, "type")
            case _:
                return self._of_a_part(number, kind, event)
        return True

    def _of_a_part(self, number: int, kind: str, event: dict[str, Any]) -> bool:
        match kind, event:
            case "content_block_start", {"content_block": dict(block)}:
                self._begin(number, event.get("index"), block)
                return _plain(event, "content_block")
            case "content_block_delta", {"delta": dict(delta)}:
                return self._part(number, event).take(delta) and _plain(event, "delta")
            case "content_block_stop", _ if self._parts:
                self._part(number, event).stopped = True
                return _plain(event)
            case _:
                return False

    def _tell(self, fields: dict[str, Any], *but: str) -> None:
        """Take fields of the message; a null leaves what was."""
        for name, value in fields.items():
            before = self._message.get(name)
            if name in but or value is None:
                continue
            if name == "usage" and isinstance(value, dict) and isinstance(before, dict):
                self._keep((f"usage.{one}", before[one], new) for one, new in value.items() if one in before)
                value = {**before, **{one: new for one, new in value.items() if new is not None}}
            else:
                self._keep([(name, before, value)])
            self._message[name] = value

    def _keep(self, replaced: Iterable[tuple[str, Any, Any]]) -> None:
        """Keep values that are replaced, except for counts of tokens, which are sums so far."""
        for name, old, new in replaced:
            sums = name.endswith("_tokens") and type(old) is int and type(new) is int
            if new is not None and old != new and old not in (None, "", [], {}) and not sums:
                self._earlier.append((f"{name} at first", old))

    def _begin_all(self, number: int, content: Any) -> None:
        """Take content that the message has from its beginning."""
        for index, block in enumerate(content if isinstance(content, list) else ()):
            self._begin(number, index, block if isinstance(block, dict) else {"content": block}, stopped=True)
        if not isinstance(content, list) and content is not None:
            self._begin(number, None, {"content": content}, stopped=True)

    def _begin(self, number: int, index: Any, block: dict[str, Any], *, stopped: bool = False) -> StreamedPart:
        part = self._latest = StreamedPart(number, block, stopped=stopped)
        self._parts.append(part)
        if isinstance(index, int):
            self._by_index[index] = part
        return part

    def _part(self, number: int, event: dict[str, Any]) -> StreamedPart:
        """Find the block that an event is about; one that never began, or has no number, is the latest one."""
        index = event.get("index")
        found = self._by_index.get(index) if isinstance(index, int) else self._parts[-1] if self._parts else None
        if found is None:
            found = self._begin(number, index, {})
        self._latest = found
        return found


def _plain(event: dict[str, Any], *but: str) -> bool:
    """Check whether an event has nothing but its type, a number and what was taken."""
    others = event.keys() - {"type", *but}
    return not others or (others == {"index"} and isinstance(event["index"], int | None))
