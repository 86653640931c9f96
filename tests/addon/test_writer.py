"""Records are whole lines, whoever writes beside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from probe.addon.kept_body import Fragment
from probe.addon.writer import Writer, encoded


def test_a_fragment_goes_into_the_line_as_it_is() -> None:
    body = Fragment(lambda: iter([b'{"a"', b":1}"]))
    line = b"".join(encoded({"id": "x", "request": {"url": "u", "body": body}, "error": None}))
    assert line == b'{"id":"x","request":{"url":"u","body":{"a":1}},"error":null}\n'


def test_a_record_after_half_a_line_begins_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b'{"id":"torn')
    writer = Writer(path)
    writer.append({"id": "whole"})
    writer.close()
    assert path.read_bytes() == b'{"id":"torn\n{"id":"whole"}\n'


def test_a_record_that_fails_midway_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    def breaks() -> object:
        yield b'"' + b"x" * 2_000_000
        raise OSError(28, "No space left on device")

    writer = Writer(tmp_path / "traffic.jsonl")
    writer.append({"id": "one"})
    with pytest.raises(OSError, match="No space"):
        writer.append({"id": "two", "request": {"body": Fragment(breaks)}})  # type: ignore[arg-type]
    writer.append({"id": "three"})
    writer.close()
    assert (tmp_path / "traffic.jsonl").read_bytes() == b'{"id":"one"}\n{"id":"three"}\n'


def test_the_file_is_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Writer(tmp_path / "traffic.jsonl").close()
    finally:
        os.umask(old)
    assert (tmp_path / "traffic.jsonl").stat().st_mode & 0o777 == 0o600


WRITE_MANY = """
import sys
from pathlib import Path
from probe.addon.kept_body import Fragment
from probe.addon.writer import Writer
writer = Writer(Path(sys.argv[1]))
for number in range(60):
    chunks = [b'"'] + [sys.argv[2].encode() * 40_000] * 8 + [b'"']
    writer.append({"id": f"{sys.argv[2]}{number}", "request": {"body": Fragment(lambda: iter(chunks))}})
"""


def test_several_processes_write_whole_lines_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    processes = [subprocess.Popen([sys.executable, "-c", WRITE_MANY, str(path), name]) for name in "abcd"]
    assert [process.wait(60) for process in processes] == [0] * 4
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert sorted(record["id"] for record in records) == sorted(f"{name}{n}" for name in "abcd" for n in range(60))
    assert all(record["request"]["body"] == record["id"][0] * 320_000 for record in records)
