"""What streams repeat is left out before they are read; they read as if nothing had been left out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from probe.record.exchange import Exchange
from probe.renderers.loader import AUTO, load_renderer
from probe.trace import answers
from probe.trace.exchanges import ExchangeReader
from probe.trace.repeats import Repeats
from tests.replay.replays import post
from tests.trace.tracing import unread

LONG = "Be brief — très bref. " * 1000
TOOLS = [{"type": "function", "name": f"tool_{number}", "description": "x" * 50} for number in range(300)]
ECHO = {"instructions": LONG, "tools": TOOLS, "output": []}
ITEM = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}


def event(kind: str, **fields: Any) -> str:
    """Write an event."""
    data = json.dumps({"type": kind, **fields}, separators=(",", ":"), ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n"


def stream(number: int, **fields: Any) -> str:
    """Write an answer that repeats its request three times."""
    response = {"id": f"resp_{number}", **ECHO, **fields}
    return (
        event("response.created", response=response)
        + event("response.in_progress", response=response)
        + event("response.output_item.added", output_index=0, item={"type": "message", "id": "m", "content": []})
        + "".join(event("response.output_text.delta", item_id="m", output_index=0, delta=one) for one in "Hello")
        + event("response.output_item.done", output_index=0, item=ITEM)
        + event("response.completed", response={**response, "status": "completed", "output": [ITEM]})
    )


FIRST = stream(1)
LATER = {
    "the same again": stream(2),
    "other instructions": stream(2, instructions="Be verbose. " * 2000),
    "nothing to repeat": stream(2, instructions=None, tools=[]),
    "cut within an event": stream(2)[:60_000],
    "cut in the middle": stream(2)[:-90_000],
    "with CRLF": stream(2).replace("\n", "\r\n"),
    "at another place": stream(2) + event("response.other", meta={"tools": TOOLS}),
    "at the top": stream(2) + event("response.other", tools=TOOLS),
    "deeper": stream(2) + event("response.other", response={"response": {"tools": TOOLS}}),
    "named twice": stream(2).replace('"output":[]', '"output":[],"tools":[1]'),
    "in a comment": stream(2) + ": " + json.dumps({"tools": TOOLS}, separators=(",", ":")) + "\n\n",
    "in a text": stream(2) + event("response.other", response={"x": json.dumps(ECHO, separators=(",", ":"))}),
    "in what is no JSON": stream(2)
    + 'event: odd\ndata: x "tools":'
    + json.dumps(TOOLS, separators=(",", ":"))
    + "\n\n",
}


@pytest.fixture(autouse=True)
def repeats(monkeypatch: pytest.MonkeyPatch) -> Repeats:
    """Let nothing be known that another test has read."""
    fresh = Repeats()
    monkeypatch.setattr(answers, "_repeats", fresh)
    return fresh


def written(text: str, *, ascii_only: bool = True) -> msgspec.Raw:
    """Return a stream as it is in a record."""
    return msgspec.Raw(json.dumps(text, ensure_ascii=ascii_only).encode())


def understood(*bodies: str) -> Any:
    """Return all that a trace has of the last of some answers, and the structure of all."""
    reader = ExchangeReader(load_renderer(AUTO))
    exchanges = [timed(post(1.0, body, request={"input": "hello", "instructions": LONG})) for body in bodies]
    traced = [reader.read(exchange) for exchange in unread(exchanges, outlined=True)][-1]
    turn = traced.turns[0]
    return turn.answer, turn.response, turn.echoes, turn.first_part, traced.received, reader.responses.paths()


def timed(exchange: Exchange) -> Exchange:
    """Return an exchange whose answer came in pieces of 1000 bytes."""
    assert exchange.response is not None
    pieces = [(float(place), place) for place in range(0, 400_000, 1000)]
    return msgspec.structs.replace(exchange, response=msgspec.structs.replace(exchange.response, pieces=pieces))


@pytest.mark.parametrize("later", LATER.values(), ids=LATER.keys())
def test_a_stream_reads_alike_whether_it_repeats_or_not(later: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = understood(FIRST, later)
    monkeypatch.setattr(Repeats, "cut", lambda self, stream: (b"", []))
    assert found == understood(FIRST, later)


@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_comes_again_is_cut(ascii_only: bool, repeats: Repeats) -> None:
    for name, value in (("instructions", LONG), ("tools", TOOLS)):
        value_text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        for _ in range(2):
            repeats.see(written(FIRST, ascii_only=ascii_only), "response", name, value_text, value, "string")
    raw = written(stream(2), ascii_only=ascii_only)
    text, cuts = repeats.cut(raw)
    assert [one.name for one in cuts] == ["instructions", "tools"] * 3
    assert len(text) < len(bytes(raw)) / 20
    assert len(stream(2).encode()) - len(json.loads(text).encode()) == sum(one.removed for one in cuts)


def test_a_stream_that_begins_otherwise_is_not_searched(repeats: Repeats) -> None:
    understood(FIRST)
    assert repeats.cut(written(": comment\n" + FIRST))[1] == []


def test_few_members_are_kept(repeats: Repeats) -> None:
    for number in range(100):
        raw = json.dumps(str(number) * 1000).encode()
        for _ in range(2):
            repeats.see(written(f"stream {number % 9}"), "response", "text", raw, raw, "string")
    assert sum(map(len, repeats._known.values())) < 100
