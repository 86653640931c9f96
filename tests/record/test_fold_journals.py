"""What a killed proxy left becomes records: whole where it was whole, redacted, once."""

from __future__ import annotations

import gzip
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe.addon import journal as frames
from probe.addon.config import Config
from probe.addon.journal import FOLDER, KNOWN, JournalFolder
from probe.addon.open_exchange import CUT_OFF, Live
from probe.addon.piece_buffer import IN_MEMORY
from probe.addon.redaction.fingerprints import KnownFile
from probe.addon.redaction.salt import NAME as SALT
from probe.addon.websocket_messages import message_kind
from probe.addon.writer import Writer
from probe.record.exchange import Exchange
from probe.record.fold_journals import fold_in
from probe.record.integrity import body_bytes, exchange_problems
from probe.record.runs import TRAFFIC
from tests.support.captures import read_records

KEY = "".join(["k", secrets.token_hex(16)])
TOKEN = secrets.token_hex(20)


def request_facts(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "listener": "model",
        "method": "POST",
        "url": f"http://127.0.0.1/v1/responses?key={KEY}",
        "headers": [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")],
        "http_version": "HTTP/1.1",
        "started": 1700000000.0,
        "content_type": "application/json",
        "content_encoding": "",
    }


def response_facts(content_type: str = "text/event-stream", content_encoding: str = "") -> dict[str, Any]:
    return {
        "status_code": 200,
        "reason": "OK",
        "headers": [("Content-Type", content_type)],
        "http_version": "HTTP/1.1",
        "started": 1700000001.0,
        "content_type": content_type,
        "content_encoding": content_encoding,
    }


class Killed:
    """A proxy that stops in the middle, as far as its files can tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environ = {"SOME_API_KEY": KEY, "NEVER_SENT_PASSWORD": "correct-horse-battery"}
        config = Config(output_dir=folder, salt_file=folder / SALT, environ=environ)
        self.redactor = config.redactor()
        self.writer = Writer(folder / TRAFFIC)
        self._journals = JournalFolder(folder)
        self._known = KnownFile(self._journals.path, self.redactor, config.salt_file, ())
        self.redactor.on_learned(self._known.add)

    def begin(self, name: str) -> Live:
        live = Live(self._journals.journal(name), self.folder, self.redactor)
        live.note(frames.REQUEST, request_facts(name))
        return live

    def die(self) -> None:
        self._journals.close()
        self._known.close()
        self.writer.close()


@pytest.fixture
def killed(tmp_path: Path) -> Killed:
    return Killed(tmp_path)


def folded(killed: Killed) -> list[Exchange]:
    """Let the proxy die, fold in what it left, and give all records; nothing else may be left."""
    killed.die()
    count = fold_in(killed.folder, killed.folder)
    records = read_records(killed.folder)
    assert count is not None
    assert not (killed.folder / FOLDER).exists()
    assert fold_in(killed.folder, killed.folder) == 0
    for record in records:
        assert list(exchange_problems(record, killed.folder / TRAFFIC)) == []
    text = (killed.folder / TRAFFIC).read_text()
    assert KEY not in text
    assert TOKEN not in text
    return records


def only_a_head(live: Live) -> bytes | None:
    return None


def half_a_request(live: Live) -> None:
    live.tee_request(b'{"half": ')


def half_a_stream(live: Live) -> bytes:
    live.note(frames.RESPONSE, response_facts())
    live.tee_response(b"data: one\n\n")
    live.tee_response(b"data: tw")
    return b"data: one\n\ndata: tw"


def half_a_compressed_stream(live: Live) -> bytes:
    live.note(frames.RESPONSE, response_facts(content_encoding="gzip"))
    text = b"".join(b"data: %d %s\n\n" % (number, secrets.token_hex(8).encode()) for number in range(5000))
    live.tee_response(gzip.compress(text)[:50_000])
    return text


def a_large_body(live: Live) -> bytes:
    live.note(frames.RESPONSE, response_facts("text/plain"))
    for number in range(40):
        live.tee_response(b"%d" % (number % 10) * (IN_MEMORY // 10))
    return b"".join(b"%d" % (number % 10) * (IN_MEMORY // 10) for number in range(40))


LEFT: dict[str, Callable[[Live], bytes | None]] = {
    "nothing but the head of a request": only_a_head,
    "half a request": half_a_request,
    "half a stream": half_a_stream,
    "half a compressed stream": half_a_compressed_stream,
    "a body that memory does not hold": a_large_body,
}


@pytest.mark.parametrize("leave", LEFT.values(), ids=LEFT.keys())
def test_what_was_under_way_is_on_the_record_up_to_its_last_byte(
    killed: Killed, leave: Callable[[Live], bytes | None]
) -> None:
    expected = leave(killed.begin("one"))
    (record,) = folded(killed)
    assert (record.id, record.listener, record.error, record.timestamp) == ("one", "model", CUT_OFF, 1700000000.0)
    if expected is None:
        assert record.response is None
    else:
        assert record.response
        assert record.response.ended is None
        kept = body_bytes(record.response)
        assert kept
        assert expected.startswith(kept)
        assert kept == expected or record.response.header("content-type") == "text/event-stream"


def test_a_conversation_keeps_its_messages(killed: Killed) -> None:
    live = killed.begin("one")
    live.note(frames.RESPONSE, response_facts() | {"status_code": 101})
    live.note(frames.WEBSOCKET, {})
    live.conversation.add(message_kind(from_client=True, is_text=True), 1700000002.5, b'{"type":"response.create"}')
    live.conversation.add(message_kind(from_client=False, is_text=False), 1700000003.5, b"\xff\x00")
    (record,) = folded(killed)
    assert record.websocket
    assert [(one.timestamp, one.direction, one.type) for one in record.websocket.messages] == [
        (1700000002.5, "client", "text"),
        (1700000003.5, "server", "binary"),
    ]
    assert record.websocket.close_code is None


def test_secrets_are_found_that_no_file_told(killed: Killed) -> None:
    live = killed.begin("one")
    live.tee_request(json.dumps({"key": KEY, "echo": f"Bearer {TOKEN}", "plain": "correct horse"}).encode())
    known = (killed.folder / FOLDER / KNOWN).read_text()
    for secret in (KEY, TOKEN, "correct-horse-battery"):
        assert secret not in known
    (record,) = folded(killed)
    assert record.request.redactions == 2
    assert record.request.body["plain"] == "correct horse"
    marks = {killed.redactor.mark(KEY), killed.redactor.mark(TOKEN)}
    assert {record.request.body["key"], record.request.body["echo"].removeprefix("Bearer ")} == marks


def test_a_record_that_was_written_is_not_written_again(killed: Killed) -> None:
    live = killed.begin("one")
    half_a_stream(live)
    live.note(frames.ERROR, {"error": "stopped"})
    killed.writer.append(live.record())
    # As when it is killed before the journal is removed.
    assert [record.id for record in folded(killed)] == ["one"]


@pytest.mark.parametrize("cut", [1, 40, 100, -1])
def test_a_torn_record_is_written_whole(killed: Killed, cut: int) -> None:
    done, torn = killed.begin("done"), killed.begin("torn")
    half_a_stream(torn)
    done.note(frames.ERROR, {"error": "nobody answered"})
    killed.writer.append(done.record())
    done.close(written=True)
    before = (killed.folder / TRAFFIC).read_bytes()
    killed.writer.append(torn.record())
    line = (killed.folder / TRAFFIC).read_bytes()[len(before) :]
    (killed.folder / TRAFFIC).write_bytes(before + line[:cut])
    assert [record.id for record in folded(killed)] == ["done", "torn"]


def test_a_torn_line_that_no_journal_explains_stays(killed: Killed) -> None:
    half_a_stream(killed.begin("one"))
    (killed.folder / TRAFFIC).write_bytes(b'{"schema":1,"id":"another","listener":')
    killed.die()
    assert fold_in(killed.folder, killed.folder) == 1
    first, second = (killed.folder / TRAFFIC).read_bytes().splitlines()
    assert first == b'{"schema":1,"id":"another","listener":'
    assert json.loads(second)["id"] == "one"


def test_an_empty_journal_tells_of_nothing(killed: Killed) -> None:
    (killed.folder / FOLDER / "one").touch()
    assert folded(killed) == []


def test_nothing_is_touched_while_a_proxy_writes(killed: Killed) -> None:
    half_a_stream(killed.begin("one"))
    assert fold_in(killed.folder, killed.folder) is None
    assert (killed.folder / FOLDER / "one").exists()


def test_without_the_salt_nothing_is_folded_in_and_nothing_is_lost(killed: Killed) -> None:
    half_a_stream(killed.begin("one"))
    killed.die()
    (killed.folder / SALT).unlink()
    with pytest.raises(OSError, match="-salt"):
        fold_in(killed.folder, killed.folder)
    assert (killed.folder / FOLDER / "one").exists()


DAMAGES = {
    "a fact that is no JSON": b"Q" + bytes(8) + b"\x01\0\0\0{",
    "a fact without its fields": b"Q" + bytes(8) + b"\x02\0\0\0{}",
    "a kind of frame that there is none of": b"?" + bytes(12),
    "a count of losses that is none": b"L" + bytes(8) + b"\x01\0\0\0x",
}


@pytest.mark.parametrize("frame", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_journal_that_no_proxy_wrote_is_told_and_left_where_it_is(killed: Killed, frame: bytes) -> None:
    killed.begin("one")
    killed.die()
    path = killed.folder / FOLDER / "one"
    path.write_bytes(path.read_bytes() + frame)
    with pytest.raises(OSError, match="a file is damaged"):
        fold_in(killed.folder, killed.folder)
    assert path.exists()
    path.unlink()
    assert fold_in(killed.folder, killed.folder) == 0


def test_what_is_no_journal_is_not_waited_for(killed: Killed) -> None:
    killed.begin("one")
    killed.die()
    os.mkfifo(killed.folder / FOLDER / "pipe")
    (killed.folder / FOLDER / "link").symlink_to("/dev/zero")
    with pytest.raises(OSError, match=r"plain file|link|symbolic"):
        fold_in(killed.folder, killed.folder)


SALTS: dict[str, Callable[[Path], object]] = {
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a file of another length": lambda path: path.write_bytes(bytes(33)),
    "another salt": lambda path: path.write_bytes(bytes(32)),
}


@pytest.mark.parametrize("put", SALTS.values(), ids=SALTS.keys())
def test_only_the_salt_of_the_recording_is_taken_for_it(killed: Killed, put: Callable[[Path], object]) -> None:
    half_a_stream(killed.begin("one"))
    killed.die()
    (killed.folder / SALT).rename(killed.folder / "kept")
    put(killed.folder / SALT)
    with pytest.raises(OSError, match="salt"):
        fold_in(killed.folder, killed.folder)
    data_dir = killed.folder / "data"
    data_dir.mkdir()
    (killed.folder / "kept").rename(data_dir / SALT)
    assert fold_in(killed.folder, data_dir) == 1


def test_the_salt_is_found_where_the_run_is(tmp_path: Path) -> None:
    run = tmp_path / "data" / "target" / "run"
    run.mkdir(parents=True)
    killed = Killed(run)
    half_a_stream(killed.begin("one"))
    killed.die()
    (run / SALT).rename(tmp_path / "data" / SALT)
    assert fold_in(run, tmp_path) == 1


def test_no_file_of_a_run_names_another(killed: Killed) -> None:
    half_a_stream(killed.begin("one"))
    killed.die()
    for path in (killed.folder / FOLDER).iterdir():
        assert str(killed.folder).encode() not in path.read_bytes()
    head, *_ = (killed.folder / FOLDER / KNOWN).read_text().splitlines()
    assert set(json.loads(head)) == {"salt", "headers", "keep"}


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


KNOWN_FILES: dict[str, Callable[[Path], object]] = {
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a terabyte of nothing": sparse,
    "more than any run has": lambda path: path.write_bytes(b"\n" * ((64 << 20) + 1)),
    "a path of a salt": lambda path: path.write_text('{"salt_file": "/dev/zero", "headers": [], "keep": false}'),
    "no text": lambda path: path.write_bytes(b"\xff"),
    "JSON that is too deep": lambda path: path.write_text("[" * 100_000),
}


@pytest.mark.parametrize("put", KNOWN_FILES.values(), ids=KNOWN_FILES.keys())
def test_what_stands_in_the_place_of_the_known_values_is_refused(killed: Killed, put: Callable[[Path], object]) -> None:
    half_a_stream(killed.begin("one"))
    killed.die()
    (killed.folder / FOLDER / KNOWN).unlink()
    put(killed.folder / FOLDER / KNOWN)
    with pytest.raises(OSError):  # noqa: PT011 - each has words of its own
        fold_in(killed.folder, killed.folder)
    assert (killed.folder / FOLDER / "one").exists()


def test_a_journal_of_a_terabyte_of_nothing_is_refused(killed: Killed) -> None:
    killed.begin("one")
    killed.die()
    sparse(killed.folder / FOLDER / "two")
    with pytest.raises(OSError, match="has holes"):
        fold_in(killed.folder, killed.folder)
