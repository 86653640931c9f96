"""Tell which WebSocket messages belong to a turn, and what kinds there were."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from probe.record.exchange import Message
from probe.renderers.bodies import parsed_event
from probe.renderers.turn import Turn


def outside_turns(messages: Sequence[Message], turns: Sequence[Turn]) -> list[Message]:
    """Give the messages that no turn holds, in their order."""
    asked = deque((turn.started, turn.request) for turn in turns)
    answered = deque(text for turn in turns for text in turn.messages)
    outside: list[Message] = []
    for message in messages:
        if message.direction == "client":
            held = bool(asked) and asked[0] == (message.timestamp, parsed_event(message.content))
            queue: deque[Any] = asked
        else:
            held = bool(answered) and message.type == "text" and answered[0] == message.content
            queue = answered
        if held:
            queue.popleft()
        else:
            outside.append(message)
    return outside


def message_counts(messages: Sequence[Message]) -> list[tuple[str, str, int]]:
    """Count messages by direction and type, in order of first appearance."""
    counts = Counter((message.direction, _kind(message)) for message in messages)
    return [(direction, kind, count) for (direction, kind), count in counts.items()]


def _kind(message: Message) -> str:
    """Give a message's own type, or what WebSocket calls it."""
    value = parsed_event(message.content) if message.type == "text" else None
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else message.type
