"""A record is read while it grows: each whole line once, a torn one when its end is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.live.growing_record import GrowingRecord
from probe.record.exchange import Exchange, Request
from tests.trace.tracing import lines


def record(*urls: str) -> bytes:
    return lines(Exchange(timestamp=1.0, request=Request(method="GET", url=url)) for url in urls)


def read(growing: GrowingRecord) -> list[tuple[int, str]]:
    return [(one.seq, one.request.url) for one in growing.new()]


@given(cuts=st.lists(st.integers(0, 400), max_size=12))
def test_each_record_comes_once_with_its_line_wherever_the_file_was_cut(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("run") / "traffic.jsonl"
    whole = record("a", "b") + b"\n" + b"not a record\n" + record("c", "é")
    wrong: list[int] = []
    growing = GrowingRecord(path, lambda line, why: wrong.append(line))
    found = read(growing)
    for end in [*sorted(cuts), len(whole)]:
        path.write_bytes(b"") if not path.exists() else None
        with path.open("r+b") as file:
            file.write(whole[:end])
        found += read(growing)
    assert found == [(1, "a"), (2, "b"), (5, "c"), (6, "é")]
    assert wrong == [4]
    assert read(growing) == []


def test_a_line_whose_writer_failed_is_not_read_and_the_next_one_is(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    growing = GrowingRecord(path)
    path.write_bytes(record("a") + record("torn")[:40])
    assert read(growing) == [(1, "a")]
    os.truncate(path, len(record("a")))
    with path.open("ab") as file:
        file.write(record("b"))
    assert read(growing) == [(2, "b")]


@pytest.mark.parametrize("again", [record("c"), record("c", "d", "e")], ids=["shorter", "longer"])
def test_another_file_in_its_place_is_read_from_its_first_line(tmp_path: Path, again: bytes) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(record("a", "b"))
    growing = GrowingRecord(path)
    assert len(read(growing)) == 2
    assert not growing.replaced()
    (tmp_path / "new").write_bytes(again)
    (tmp_path / "new").replace(path)
    assert growing.replaced()
    assert read(growing)[0] == (1, "c")


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(record("a"))
    (tmp_path / "traffic.jsonl").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="link"):
        read(GrowingRecord(tmp_path / "traffic.jsonl"))
