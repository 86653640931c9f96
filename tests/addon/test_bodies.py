"""A body in the record is the body on the wire."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import secrets
import zlib
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has no type information
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.addon.bodies import BodyBuffer
from probe.addon.journal import RESPONSE_DATA, Journal
from probe.addon.kept_body import IN_ONE_PIECE
from probe.addon.piece_buffer import IN_MEMORY
from probe.addon.redaction.redactor import Redactor
from probe.addon.writer import encoded
from tests.support.encodings import encode

PLAIN = Redactor(b"salt")


def fields_of(
    folder: Path, pieces: list[bytes], content_type: str = "", encoding: str = "", redactor: Redactor = PLAIN
) -> dict[str, Any]:
    """Feed pieces and give the fields as a reader of the file sees them."""
    journal = Journal(folder / secrets.token_hex(8))
    body = BodyBuffer(RESPONSE_DATA, journal, folder)
    for number, piece in enumerate(pieces):
        body.add(piece, float(number))
    fields = as_read(body, content_type, encoding, redactor)
    body.close()
    journal.close(remove=True)
    return fields


def as_read(body: BodyBuffer, content_type: str = "", encoding: str = "", redactor: Redactor = PLAIN) -> dict[str, Any]:
    """Return a body's fields as a reader of the file sees them."""
    line = b"".join(encoded({"body": body.fields(content_type, encoding, redactor)}))
    fields: dict[str, Any] = json.loads(line)["body"]
    return fields


def rebuilt(fields: dict[str, Any]) -> bytes:
    """Make the body's bytes out of its fields."""
    match fields["body_kind"]:
        case "none":
            return b""
        case "base64":
            return base64.b64decode(fields["body"])
        case "json" if "body_text" not in fields:
            return json.dumps(fields["body"], ensure_ascii=False, separators=(",", ":")).encode()
        case "json":
            return bytes(fields["body_text"].encode())
        case _:
            return bytes(fields["body"].encode())


KINDS = {
    "nothing": (b"", "application/json", "none"),
    "compact JSON": (b'{"a":[1,2.5,"\xc3\xa9",null,true]}', "application/json", "json"),
    "spaced JSON": (b'{ "a": 1 }\n', "application/json; charset=utf-8", "json"),
    "JSON without a content type": (b'{"a":1}', "", "json"),
    "JSON with an escape that a dump would not write": (b'{"a":"\\u00e9\\/"}', "application/json", "json"),
    "a number that a dump would write in another way": (b'{"a":1e3,"b":1.50}', "application/json", "json"),
    "a key that appears twice": (b'{"a":1,"a":2}', "application/json", "text"),
    "an integer beyond 64 bits": (b'{"a":18446744073709551616}', "application/json", "text"),
    "the largest integer in 64 bits": (b'{"a":18446744073709551615}', "application/json", "json"),
    "an infinite number": (b'{"a":1e999}', "application/json", "text"),
    "NaN": (b'{"a":NaN}', "application/json", "text"),
    "a lone surrogate": (b'{"a":"\\ud800"}', "application/json", "text"),
    "200 levels": (b"[" * 200 + b"]" * 200, "application/json", "json"),
    "201 levels": (b"[" * 201 + b"]" * 201, "application/json", "text"),
    "100,000 levels": (b"[" * 100_000 + b"]" * 100_000, "application/json", "text"),
    "broken JSON": (b'{"a":', "application/json", "text"),
    "JSON lines": (b'{"a":1}\n{"a":2}\n', "application/x-ndjson", "text"),
    "an event stream": (b'event: a\r\ndata: {"x":1}\n\n', "text/event-stream; charset=utf-8", "sse"),
    "text with control characters": (b"a\x00b\x1b[31m\xe2\x80\xa8", "text/plain", "text"),
    "bytes that are not UTF-8": (b"\xff\xfe\x00", "application/json", "base64"),
    "an image": (b"\x89PNG\r\n\x1a\n\x00", "image/png", "base64"),
}


@pytest.mark.parametrize(("data", "content_type", "kind"), KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_body_can_be_rebuilt(tmp_path: Path, data: bytes, content_type: str, kind: str) -> None:
    fields = fields_of(tmp_path, [data] if data else [], content_type)
    assert fields["body_kind"] == kind
    assert rebuilt(fields) == data
    assert fields["size"] == fields["wire_size"] == len(data)
    assert fields["sha256"] == hashlib.sha256(data).hexdigest()


def test_only_json_that_a_dump_changes_is_kept_twice(tmp_path: Path) -> None:
    assert "body_text" not in fields_of(tmp_path, [b'{"a":1}'], "application/json")
    assert fields_of(tmp_path, [b'{"a": 1}'], "application/json")["body_text"] == '{"a": 1}'


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


TEXT = b'event: a\ndata: {"delta":"' + "é😀".encode() * 50 + b'"}\n\n'
ENCODINGS = {
    "gzip": ("gzip", encode(TEXT, "gzip")),
    "gzip of two members": ("gzip", gzip.compress(TEXT[:40]) + gzip.compress(TEXT[40:])),
    "gzip with something behind it": ("gzip", gzip.compress(TEXT) + b"\r\n"),
    "deflate with its wrapper": ("deflate", zlib.compress(TEXT)),
    "deflate without it": ("deflate", raw_deflate(TEXT)),
    "br": ("br", encode(TEXT, "br")),
    "zstd": ("zstd", encode(TEXT, "zstd")),
    "zstd of two frames": ("zstd", encode(TEXT[:40], "zstd") + encode(TEXT[40:], "zstd")),
    "two encodings": ("gzip, br", brotli.compress(gzip.compress(TEXT))),
    "identity": ("identity", TEXT),
}


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(("encoding", "wire"), ENCODINGS.values(), ids=ENCODINGS.keys())
def test_content_encodings_are_undone_whatever_the_pieces(
    tmp_path: Path, encoding: str, wire: bytes, size: int
) -> None:
    pieces = [wire[start : start + size] for start in range(0, len(wire), size)]
    fields = fields_of(tmp_path, pieces, "text/event-stream", encoding)
    assert rebuilt(fields) == TEXT
    assert (fields["size"], fields["wire_size"]) == (len(TEXT), len(wire))
    offsets = [offset for _, offset in fields["pieces"]]
    assert offsets[0] == 0
    assert offsets == sorted(offsets)
    assert offsets[-1] <= len(TEXT)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_stream_cut_short_keeps_its_readable_prefix(tmp_path: Path, encoding: str) -> None:
    wire = encode(bytes(range(256)) * 40 + TEXT * 30, encoding)
    fields = fields_of(tmp_path, [wire[: len(wire) - 5]], "application/octet-stream", encoding)
    data = rebuilt(fields)
    assert (bytes(range(256)) * 40 + TEXT * 30).startswith(data)
    assert "decode_error" not in fields


UNDECODABLE = {
    "an encoding that nobody knows": ("lzma", b"abc"),
    "gzip that is none": ("gzip", b"not gzip at all"),
    "br that is none": ("br", b"\xff\xff\xff\xff"),
    "zstd that is none": ("zstd", b"not zstd"),
}


@pytest.mark.parametrize(("encoding", "wire"), UNDECODABLE.values(), ids=UNDECODABLE.keys())
def test_what_cannot_be_decoded_is_kept_as_it_came_and_says_so(tmp_path: Path, encoding: str, wire: bytes) -> None:
    fields = fields_of(tmp_path, [wire], "text/plain", encoding)
    assert rebuilt(fields) == wire
    assert encoding in fields["decode_error"]


def test_each_piece_is_found_again_in_a_redacted_stream(tmp_path: Path) -> None:
    redactor = Redactor(b"salt", ["sk-secret-123456"])
    pieces = [b"one sk-secr", b"et-123456 two ", b"sk-secret-123456", b" three"]
    fields = fields_of(tmp_path, pieces, "text/event-stream", redactor=redactor)
    mark = redactor.mark("sk-secret-123456")
    assert fields["body"] == f"one {mark} two {mark} three"
    assert fields["redactions"] == 2
    assert fields["stored_sha256"] == hashlib.sha256(fields["body"].encode()).hexdigest()
    assert fields["sha256"] == hashlib.sha256(b"".join(pieces)).hexdigest()
    begins = [fields["body"].encode()[offset:] for _, offset in fields["pieces"]]
    # The second piece begins inside a secret, which is where its mark stands.
    assert begins[1].startswith(mark.encode())
    assert begins[2].startswith(mark.encode())
    assert begins[3] == b" three"


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "image/png"])
def test_a_body_larger_than_memory_allows_is_whole(tmp_path: Path, content_type: str) -> None:
    chunk = b'{"text":"' + "é".encode() * 30_000 + b'"}\n' if "image" not in content_type else bytes(range(256)) * 300
    pieces = [chunk] * (IN_ONE_PIECE // len(chunk) + 2)
    fields = fields_of(tmp_path, pieces, content_type)
    assert fields["body_kind"] == {"application/json": "text", "text/event-stream": "sse"}.get(content_type, "base64")
    assert hashlib.sha256(rebuilt(fields)).hexdigest() == fields["sha256"]
    assert fields["size"] == len(chunk) * len(pieces) > IN_ONE_PIECE > IN_MEMORY


def test_a_secret_across_the_chunks_of_a_large_body_is_found(tmp_path: Path) -> None:
    redactor = Redactor(b"salt", ["sk-secret-123456"])
    filler = b"x" * (IN_MEMORY // 2 - 5)
    fields = fields_of(tmp_path, [filler, b"sk-sec", b"ret-123456", filler, filler], "text/plain", redactor=redactor)
    assert "sk-secret" not in fields["body"]
    assert fields["redactions"] == 1


def test_nothing_is_kept_after_a_piece_that_did_not_fit_on_the_disk(tmp_path: Path) -> None:
    body = BodyBuffer(RESPONSE_DATA, Journal(tmp_path / "missing" / "journal"), tmp_path)
    body.add(b"a" * 10, 0.0)
    # More than memory takes, and no folder for the file: as on a full disk.
    body.add(b"b" * IN_MEMORY, 1.0)
    body.add(b"c" * 10, 2.0)
    fields = as_read(body, "text/plain")
    assert (fields["size"], fields["lost"], fields["wire_size"]) == (10, IN_MEMORY + 10, IN_MEMORY + 20)
    assert fields["pieces"] == [[0.0, 0]]


@settings(deadline=None)
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=60), max_size=12), content_type=st.sampled_from(["", "text/plain"])
)
def test_any_bytes_in_any_pieces_are_rebuilt(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], content_type: str
) -> None:
    fields = fields_of(tmp_path_factory.getbasetemp(), pieces, content_type)
    assert rebuilt(fields) == b"".join(pieces)
    assert [time for time, _ in fields["pieces"]] == list(range(len(pieces)))


@settings(deadline=None)
@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_json_value_is_rebuilt(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    data = json.dumps(value).encode()
    assert rebuilt(fields_of(tmp_path_factory.getbasetemp(), [data], "application/json")) == data


def test_a_secret_before_the_place_where_decoding_fails_is_replaced(tmp_path: Path) -> None:
    redactor = Redactor(b"salt", ["sk-secret-123456"])
    member = gzip.compress(b"here it is: sk-secret-123456")
    fields = fields_of(tmp_path, [member, b"\x1f\x8bbroken", b"more", b"and more"], "text/plain", "gzip", redactor)
    assert len(fields["pieces"]) == 4
    assert fields["body"] == f"here it is: {redactor.mark('sk-secret-123456')}"
    assert "a credential is in it" in fields["decode_error"]
