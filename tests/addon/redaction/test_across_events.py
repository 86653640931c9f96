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

from probe.addon.redaction.across_events import StreamTails, edits_across_events, redact_conversation
from probe.addon.redaction.edits import applied
from probe.addon.redaction.redactor import Redactor
from tests.addon.test_bodies import fields_of
from tests.support.planted import Mint

SECRET = "sk-planted-0123456789"
MINT = Mint(5)
TOKENS = MINT.tokens()
OPAQUE = MINT.opaque()["an opaque token"]
KEY = MINT.private_key()
"""Nobody told us about these."""


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
    stored = applied(data, edits_across_events(data, redactor)).decode()
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
    assert edits_across_events(data, Redactor(b"salt", [SECRET])) == []
    assert edits_across_events(stream([SECRET]), Redactor(b"salt")) == []


def message(direction: str, **fields: Any) -> dict[str, Any]:
    return {"direction": direction, "type": "text", "content": json.dumps(fields)}


def test_a_secret_over_several_websocket_messages_is_noticed_and_replaced() -> None:
    redactor = Redactor(b"salt", [SECRET])
    parts = ["It is sk-pl", "anted-", "0123", "456789."]
    messages = [message("server", delta=part) for part in parts]
    messages.insert(2, message("client", delta="something of the client's"))
    tails = StreamTails(redactor)
    noticed = [tails.saw_secret(one["content"].encode(), from_client=one["direction"] == "client") for one in messages]
    assert noticed == [False, False, False, False, True]
    redact_conversation(messages, redactor)
    server = "".join(json.loads(one["content"])["delta"] for one in messages if one["direction"] == "server")
    assert server == f"It is {redactor.mark(SECRET)}."
    assert [one.get("redactions", 0) for one in messages] == [1, 1, 0, 1, 1]
    assert messages[2] == message("client", delta="something of the client's")


def pieces(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


SPOKEN = {
    **{name: (token, "It is $, I think.") for name, token in TOKENS.items()},
    "a password": (OPAQUE, 'Set "password": "$" in it.'),
    "the environment": (OPAQUE, "HOME=/root\nGITHUB_TOKEN=$\nLANG=C"),
    "a header": (OPAQUE, "Send `Authorization: Bearer $` with it."),
    "a private key": (KEY.strip(), "Here it is:\n\n$\n\nKeep it."),
    "a connection string": (OPAQUE, "Use postgres://me:$@db.example.test/app now."),
}


@pytest.mark.parametrize("length", [1, 3, 7, 17])
@pytest.mark.parametrize(("secret", "text"), SPOKEN.values(), ids=SPOKEN.keys())
def test_what_nobody_told_us_is_found_in_the_deltas_of_a_stream(secret: str, text: str, length: int) -> None:
    redactor = Redactor(b"salt")
    data = stream(pieces(text.replace("$", secret), length))
    stored = applied(data, edits_across_events(data, redactor)).decode()
    assert said(stored) == text.replace("$", redactor.mark(secret))
    assert edits_across_events(stored.encode(), redactor) == []


def test_the_arguments_of_a_tool_call_are_read_as_the_json_that_they_are() -> None:
    redactor = Redactor(b"salt")
    arguments = json.dumps({"headers": {"api_key": OPAQUE}, "note": "a\nb"})
    data = stream(pieces(arguments, 5), "arguments")
    stored = applied(data, edits_across_events(data, redactor)).decode()
    assert json.loads(said(stored, "arguments")) == {"headers": {"api_key": redactor.mark(OPAQUE)}, "note": "a\nb"}


def test_keep_secrets_keeps_what_is_spoken() -> None:
    redactor = Redactor(b"salt", keep=True)
    parts = pieces(f"It is {TOKENS['JWT']}.", 9)
    assert edits_across_events(stream(parts), redactor) == []
    tails = StreamTails(redactor)
    assert not any(tails.saw_secret(json.dumps({"delta": part}).encode(), from_client=False) for part in parts)


@pytest.mark.parametrize("length", [1, 4, 30])
@pytest.mark.parametrize(("secret", "text"), SPOKEN.values(), ids=SPOKEN.keys())
def test_what_nobody_told_us_is_found_in_the_messages_of_a_websocket(secret: str, text: str, length: int) -> None:
    redactor = Redactor(b"salt")
    parts = pieces("Some words before it. " * 200 + text.replace("$", secret) + " And some after it." * 5, length)
    messages = [
        message("server", type="response.output_text.delta", item_id="msg_0123456789", delta=part) for part in parts
    ]
    tails = StreamTails(redactor)
    assert any(tails.saw_secret(one["content"].encode(), from_client=False) for one in messages)
    redact_conversation(messages, redactor)
    shown = "".join(json.loads(one["content"])["delta"] for one in messages)
    assert secret not in shown
    assert redactor.mark(secret) in shown


PLAIN = {
    "an image": ["iVBORw0KGgoAAAANSUhEUgAA" * 20] * 30,
    "words": ["The key ", "is in ", "the token", " of the pass", "word: see the do", "cs"],
    "logprobs": ["Hello", " wor", "ld", "1234", "!"] * 40,
    "source code": ["token", " = ", "pars", "er.next()", "\n", "password", " = getpass", "()"],
    "ids": ["resp_0123456789abcdef0123456789abcdef"] * 20,
}


@pytest.mark.parametrize("parts", PLAIN.values(), ids=PLAIN.keys())
def test_what_only_looks_alike_is_left_as_it_was_said(parts: list[str]) -> None:
    redactor = Redactor(b"salt")
    assert edits_across_events(stream(parts), redactor) == []
    tails = StreamTails(redactor)
    assert not any(tails.saw_secret(json.dumps({"delta": part}).encode(), from_client=False) for part in parts)


def test_what_is_kept_of_a_long_conversation_is_bounded() -> None:
    tails = StreamTails(Redactor(b"salt", [SECRET]))
    for number in range(300):
        tails.saw_secret(json.dumps({"audio": f"{number:04d}" + "QUFB" * 500}).encode(), from_client=False)
        tails.saw_secret(json.dumps({"delta": f"word {number} " * 50}).encode(), from_client=False)
    assert sum(map(len, tails._tails.values())) < 20_000
