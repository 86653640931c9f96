"""A secret that a model says piece by piece is found as well."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.addon.redactor import Redactor
from probe.wire.addon.spoken import SpokenTails, applied, redact_conversation, spoken_edits
from tests.wire.addon.test_bodies import fields_of

SECRET = "sk-planted-0123456789"


def stream(parts: list[str], key: str = "delta") -> bytes:
    """Make an event stream that says its parts."""
    events = [
        {"type": "response.output_text.delta", "item_id": "msg_1", key: part, "obfuscation": "x"} for part in parts
    ]
    return b"".join(b"event: e\ndata: " + json.dumps(event).encode() + b"\n\n" for event in events)


def said(body: str, key: str = "delta") -> str:
    """Put together what a stream says."""
    return "".join(json.loads(line[6:])[key] for line in body.splitlines() if line.startswith("data: "))


@pytest.mark.parametrize("key", ["delta", "text", "content", "partial_json"])
@given(cuts=st.sets(st.integers(1, len(SECRET) - 1)))
def test_a_secret_in_the_deltas_of_a_stream_is_replaced_once(key: str, cuts: set[int]) -> None:
    places = [0, *sorted(cuts), len(SECRET)]
    parts = ["It is ", *(SECRET[a:b] for a, b in pairwise(places)), ", I think."]
    redactor = Redactor(b"salt", [SECRET])
    data = stream(parts, key)
    stored = applied(data, spoken_edits(data, redactor)).decode()
    assert said(stored, key) == f"It is {redactor.mark(SECRET)}, I think."
    assert stored.count("event: e\n") == len(parts)


def test_the_record_says_how_often_and_keeps_the_places_of_the_pieces(tmp_path: Path) -> None:
    redactor = Redactor(b"salt", [SECRET])
    first, second, third = (stream([part]) for part in ("It is sk-planted", "-0123456789", " indeed"))
    fields = fields_of(tmp_path, [first, second, third], "text/event-stream", redactor=redactor)
    assert said(fields["body"]) == f"It is {redactor.mark(SECRET)} indeed"
    assert fields["redactions"] == 2
    assert fields["sha256"] == hashlib.sha256(first + second + third).hexdigest()
    assert fields["stored_sha256"] == hashlib.sha256(fields["body"].encode()).hexdigest()
    pieces = [fields["body"].encode()[offset:] for _, offset in fields["pieces"]]
    assert all(piece.startswith(b"event: e\n") for piece in pieces)
    assert pieces[2] == third


def test_a_stream_without_a_secret_stays_as_it_is() -> None:
    data = stream(["sk-planted", "-", "something else", "0123456789"])
    assert spoken_edits(data, Redactor(b"salt", [SECRET])) == []
    assert spoken_edits(stream([SECRET]), Redactor(b"salt")) == []


def message(direction: str, **fields: Any) -> dict[str, Any]:
    return {"direction": direction, "type": "text", "content": json.dumps(fields)}


def test_a_secret_over_several_websocket_messages_is_noticed_and_replaced() -> None:
    redactor = Redactor(b"salt", [SECRET])
    parts = ["It is sk-pl", "anted-", "0123", "456789."]
    messages = [message("server", delta=part) for part in parts]
    messages.insert(2, message("client", delta="something of the client's"))
    tails = SpokenTails(redactor)
    noticed = [tails.saw_secret(one["content"].encode(), from_client=one["direction"] == "client") for one in messages]
    assert noticed == [False, False, False, False, True]
    redact_conversation(messages, redactor)
    server = "".join(json.loads(one["content"])["delta"] for one in messages if one["direction"] == "server")
    assert server == f"It is {redactor.mark(SECRET)}."
    assert [one.get("redactions", 0) for one in messages] == [1, 1, 0, 1, 1]
    assert messages[2] == message("client", delta="something of the client's")
