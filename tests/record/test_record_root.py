"""The Merkle root of a record: one leaf a line, whatever the line is."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
import rfc8785
from pymerkle import InmemoryTree

from probe.record import long_lines, record_root
from probe.record.files import file_sha256
from probe.record.record_root import record_digests
from tests.support.bundled import BUNDLED


def other_root(entries: list[bytes]) -> str:
    """Return the root by other people's code."""
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    return tree.get_state().hex() if entries else sha256(b"").hexdigest()


@pytest.mark.parametrize("sample", BUNDLED)
def test_the_root_of_a_real_record_is_that_of_other_peoples_code(sample: str) -> None:
    traffic = BUNDLED[sample].folder / "traffic.jsonl"
    found = record_digests(traffic)
    assert found
    values = [json.loads(line) for line in traffic.read_bytes().splitlines()]
    assert found.root == other_root([rfc8785.dumps(value) for value in values])
    assert (found.leaves, found.sha256) == (len(values), file_sha256(traffic))


LINES = {
    "none": (b"", []),
    "spaces and order": (b'{"b": 1.0,  "a": [ ]}\n', [b'{"a":[],"b":1}']),
    "a blank line is none": (b"1\n\n  \n2\n", [b"1", b"2"]),
    "no JSON is its bytes": (b'{"a":\n3\n', [b'{"a":', b"3"]),
    "half a surrogate pair is its bytes": (b'"\\ud800"\n', [b'"\\ud800"']),
    "the last line without its end": (b"1\n[2 ]", [b"1", b"[2]"]),
}


@pytest.mark.parametrize(("content", "entries"), LINES.values(), ids=LINES.keys())
def test_each_line_is_a_leaf(tmp_path: Path, content: bytes, entries: list[bytes]) -> None:
    file = tmp_path / "traffic.jsonl"
    file.write_bytes(content)
    found = record_digests(file)
    assert found
    assert (found.root, found.leaves) == (other_root(entries), len(entries))


LONG = {
    "of one long text": json.dumps({"z": "é\n" * 300, "a": 1}).encode(),
    "of several, in another order": json.dumps({"z": "x" * 600, "a": ["y" * 700, "end"]}, ensure_ascii=False).encode(),
    "with characters over chunks": json.dumps({"t": "\U0001f600€" * 200}, ensure_ascii=False).encode(),
    "without a long text": json.dumps(list(range(400))).encode(),
    "that is no JSON": b'{"a":"' + b"x" * 900,
    "with half a surrogate pair": b'{"a":"' + b"\\ud800" * 200 + b'"}',
}


@pytest.mark.parametrize("line", LONG.values(), ids=LONG.keys())
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_that_is_too_long_to_be_loaded_has_the_same_leaf(
    tmp_path: Path, line: bytes, end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "traffic.jsonl"
    file.write_bytes(b"1\n" + line + b"\n2\n" + line + end)
    loaded = record_digests(file)
    for module, name, value in (
        (record_root, "LONG_LINE", 256),
        (long_lines, "LONG_TEXT", 128),
        (long_lines, "KEPT", 64),
        (long_lines, "_CHUNK", 100),
    ):
        monkeypatch.setattr(module, name, value)
    assert record_digests(file) == loaded


def test_a_name_that_is_too_long_to_be_loaded_makes_a_leaf_of_the_lines_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = json.dumps({"n" * 700: "v" * 700}).encode()
    (tmp_path / "traffic.jsonl").write_bytes(line + b"\n")
    for module, name, value in ((record_root, "LONG_LINE", 256), (long_lines, "LONG_TEXT", 128)):
        monkeypatch.setattr(module, name, value)
    found = record_digests(tmp_path / "traffic.jsonl")
    assert found
    assert found.root == other_root([line])


def test_there_is_no_root_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert record_digests(tmp_path / "none") is None
    assert record_digests(tmp_path / "link") is None
