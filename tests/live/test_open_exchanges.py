"""What is shown of exchanges under way comes from their journals, and holds no secret."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from probe.addon.journal import CLIENT_TEXT, KNOWN, SERVER_TEXT, WEBSOCKET
from probe.live.in_flight import InFlight
from probe.live.open_exchanges import OpenExchanges
from tests.live.recording import Flow, Recording, event
from tests.support.encodings import encoder
from tests.support.planted import Mint

MINT = Mint(11)
KEY = MINT.tokens()["OpenAI, of a project"]
OPAQUE = MINT.some(40)
PHRASE = "correct horse battery"


def polled(recording: Recording) -> OpenExchanges:
    found = OpenExchanges(recording.folder, recording.data)
    found.poll()
    return found


def shown(recording: Recording) -> InFlight:
    (one,) = polled(recording).shown()
    return one


def test_an_exchange_has_its_status_model_sizes_and_the_text_so_far(tmp_path: Path) -> None:
    recording, flow = (made := Recording(tmp_path)), Flow(made)
    assert shown(recording).status is None
    flow.request(b'{"input": [], "model": "a-model"}')
    flow.respond()
    flow.say("Hello, ")
    flow.say("world: ")
    flow.data(event("a torn event")[:-20])
    one = shown(recording)
    assert (one.status, one.model, one.method, one.listener) == (200, "a-model", "POST", "model")
    assert (one.events, one.sent) == (2, 33)
    assert [(text.name, text.text, text.length) for text in one.texts] == [("delta", "Hello, world: ", 14)]
    assert one.started <= (one.first or 0) <= one.last <= time.time()


def test_a_journal_is_read_on_where_it_grew_and_goes_with_its_file(tmp_path: Path) -> None:
    recording, flow = (made := Recording(tmp_path)), Flow(made)
    flow.respond()
    found = polled(recording)
    assert not found.poll()
    flow.say("one two ")
    assert found.poll()
    assert found.shown()[0].texts[0].text == "one two "
    flow.end()
    assert found.poll()
    assert found.shown() == []


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br"])
def test_a_request_and_a_stream_are_decoded(tmp_path: Path, encoding: str) -> None:
    recording = Recording(tmp_path)
    flow = Flow(recording, encoding=encoding)
    flow.request(encoder(encoding).piece(b'{"model": "a-model"}'))
    flow.respond(encoding=encoding)
    flow.data(encoder(encoding).piece(event("some text ") * 3))
    one = shown(recording)
    assert (one.model, one.events, one.texts[0].text) == ("a-model", 3, "some text " * 3)


def test_a_conversation_shows_the_call_under_way(tmp_path: Path) -> None:
    recording, flow = (made := Recording(tmp_path)), Flow(made)
    flow._note(WEBSOCKET, {})
    for text in ("first", "second"):
        create = {"type": "response.create", "model": f"model-{text}"}
        flow.journal.append(CLIENT_TEXT, time.time(), json.dumps(create).encode())
        delta = {"type": "response.output_text.delta", "output_index": 0, "delta": f"the {text} "}
        flow.journal.append(SERVER_TEXT, time.time(), json.dumps(delta, indent=1).encode())
    one = shown(recording)
    assert (one.model, one.events, one.texts[0].text) == ("model-second", 1, "the second ")


SECRETS = {
    "a key in pieces": (KEY, [f"It is {KEY[:9]}", KEY[9:60], f"{KEY[60:]} I think. "]),
    "a header's value": (OPAQUE, [f"You sent {OPAQUE[:5]}", OPAQUE[5:20], f"{OPAQUE[20:]} there. "]),
    "a value of the environment": (PHRASE, ["It is correct ", "horse ", "battery and so on, as it was said before. "]),
}


@pytest.mark.parametrize(("secret", "pieces"), SECRETS.values(), ids=SECRETS.keys())
def test_no_secret_is_shown_not_even_its_beginning(tmp_path: Path, secret: str, pieces: list[str]) -> None:
    recording = Recording(tmp_path, PHRASE)
    flow = Flow(recording, "one", ("Authorization", f"Bearer {OPAQUE}"))
    flow.request(json.dumps({"model": KEY}).encode())
    flow.respond()
    found = polled(recording)
    for piece in pieces:
        flow.say(piece)
        found.poll()
        told = json.dumps([text.text for text in found.shown()[0].texts])
        assert secret[:5] not in told
        assert secret[-5:] not in told
    assert "[REDACTED:" in found.shown()[0].texts[0].text
    assert found.shown()[0].model == recording.redactor.mark(KEY)


def test_what_the_proxies_learn_later_is_redacted_from_then_on(tmp_path: Path) -> None:
    recording, flow = (made := Recording(tmp_path)), Flow(made)
    flow.respond()
    found = polled(recording)
    recording.redactor.learn(PHRASE)
    flow.say(f"It is {PHRASE} as you know, and so on. ")
    found.poll()
    assert PHRASE not in found.shown()[0].texts[0].text


@pytest.mark.parametrize("wrong", ["missing", "damaged", "link"])
def test_without_knowing_what_to_redact_nothing_is_shown(tmp_path: Path, wrong: str) -> None:
    recording, flow = (made := Recording(tmp_path)), Flow(made)
    flow.respond()
    known = recording.journals.path / KNOWN
    match wrong:
        case "missing":
            known.unlink()
        case "damaged":
            known.write_text('["zz"]\n')
        case _:
            known.rename(tmp_path / "elsewhere")
            known.symlink_to(tmp_path / "elsewhere")
    assert polled(recording).shown() == []


@pytest.mark.parametrize("data", [b"Z" * 100, b"Q" + b"\0" * 8 + b"\x02\0\0\0[]", b"Q" + b"\0" * 8 + b"\x02\0\0\0{}"])
def test_a_file_that_is_no_journal_disturbs_no_other(tmp_path: Path, data: bytes) -> None:
    recording, flow = (made := Recording(tmp_path)), Flow(made)
    flow.respond()
    (recording.journals.path / "aaa").write_bytes(data)
    (recording.journals.path / "bbb").symlink_to("/dev/zero")
    os.mkfifo(recording.journals.path / "ccc")
    found = polled(recording)
    found.poll()
    assert [one.id for one in found.shown()] == ["one"]


def test_a_body_that_is_no_stream_is_counted_and_not_shown(tmp_path: Path) -> None:
    recording, flow = (made := Recording(tmp_path)), Flow(made)
    flow.respond("application/json")
    flow.data(b'{"text": "some text "}\n')
    one = shown(recording)
    assert (one.received, one.events, one.texts) == (23, 0, [])
