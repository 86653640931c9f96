"""WebSocket messages belong to a turn, or are told as outside of all."""

from __future__ import annotations

from probe.analysis.messages import message_counts, outside_turns
from probe.record.reader import read_exchanges
from probe.renderers import openai_responses
from tests.conftest import GOLDEN


def test_messages_outside_turns_are_found() -> None:
    file = GOLDEN / "openai_responses" / "websocket-conversation.jsonl"
    (exchange,) = read_exchanges(file, lambda _number, _reason: None)
    assert exchange.websocket
    messages = exchange.websocket.messages
    outside = outside_turns(messages, openai_responses.turns(exchange))
    assert message_counts(outside) == [
        ("server", "hello", 1),
        ("client", "response.steer", 1),
        ("client", "binary", 1),
    ]
    assert len(outside_turns(messages, [])) == len(messages)
