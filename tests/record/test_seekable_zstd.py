"""A compressed record is read by range, by any zstd program, and says where it is damaged."""

from __future__ import annotations

import io
import pickle
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import pyzstd
from hypothesis import given
from hypothesis import strategies as st

from probe.errors import UserError
from probe.record.frame_table import LARGEST, DamagedRecordError, Frame, frames_of, table_bytes
from probe.record.open_record import open_record, read_range, record_sha256, record_size
from probe.record.seekable_zstd import FrameReader, write_frames

LINES = b"".join(b'{"number": %d, "text": "%s"}\n' % (number, b"word " * (number % 40)) for number in range(400))
"""About 40 KB."""
MOST = 1000
PROGRAMS = [["zstd", "-q"]] * bool(shutil.which("zstd")) + [[sys.executable, "-m", "pyzstd"]]
"""Debian's, where it is installed, and one in Python."""


def packed(content: bytes, most: int = MOST) -> tuple[bytes, list[Frame]]:
    """Return a record compressed, and its frames."""
    out = io.BytesIO()
    frames = write_frames(io.BytesIO(content), out, most)
    return out.getvalue(), frames


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Return the path of a record that is compressed."""
    (tmp_path / "traffic.jsonl.zst").write_bytes(packed(LINES)[0])
    return tmp_path / "traffic.jsonl"


CONTENTS = st.lists(st.binary(max_size=60), max_size=40).map(b"\n".join)


@given(CONTENTS, st.integers(1, 200), st.lists(st.tuples(st.integers(0, 2600), st.integers(0, 2600)), max_size=8))
def test_any_range_is_a_slice_of_the_record(content: bytes, most: int, ranges: list[tuple[int, int]]) -> None:
    data, frames = packed(content, most)
    with io.BufferedReader(FrameReader(io.BytesIO(data), "it"), 64) as file:
        assert file.read() == content
        for offset, length in ranges:
            assert file.seek(offset) == offset
            assert file.read(length) == content[offset : offset + length]
        assert file.seek(0, io.SEEK_END) == len(content)
        file.seek(0)
        assert list(file) == io.BytesIO(content).readlines()
    assert all(0 < frame.length <= most for frame in frames)


@given(CONTENTS, st.integers(1, 200))
def test_another_program_reads_it_by_range(content: bytes, most: int) -> None:
    data, _ = packed(content, most)
    assert pyzstd.SeekableZstdFile.is_seekable_format_file(io.BytesIO(data))
    with pyzstd.SeekableZstdFile(io.BytesIO(data)) as file:
        half = file.seek(len(content) // 2)
        assert file.read() == content[half:]


@given(CONTENTS, st.integers(1, 200), st.integers(0, 2600))
def test_what_another_program_wrote_is_read_by_range(content: bytes, most: int, offset: int) -> None:
    out = io.BytesIO()
    with pyzstd.SeekableZstdFile(out, "w", max_frame_content_size=most) as file:
        file.write(content)
    with io.BufferedReader(FrameReader(io.BytesIO(out.getvalue()), "it")) as read:
        read.seek(offset)
        assert read.read() == content[offset:]


def test_a_frame_ends_with_a_line_unless_the_line_is_too_long_for_one() -> None:
    content = b"a" * 600 + b"\n" + b"b" * 600 + b"\n" + b"c" * 2500 + b"\n" + b"d\n"
    _, frames = packed(content)
    assert [frame.length for frame in frames] == [601, 601, 1000, 1000, 503]


@pytest.mark.parametrize("program", PROGRAMS, ids=[Path(program[0]).name for program in PROGRAMS])
def test_any_zstd_program_gives_the_same_bytes(record: Path, tmp_path: Path, program: list[str]) -> None:
    words = ["-d", str(record.with_name("traffic.jsonl.zst")), "-o", str(tmp_path / "plain")]
    subprocess.run([*program, *words], capture_output=True, check=True, timeout=30)
    assert (tmp_path / "plain").read_bytes() == LINES


@pytest.mark.parametrize("number", [1, 2, 7, -1])
def test_a_range_touches_only_the_frames_that_hold_it(record: Path, number: int) -> None:
    data, frames = packed(LINES)
    frame = frames[number if number < 0 else number - 1]
    # All others are gone: zeros are no frame.
    only = bytearray(frames[-1].place + frames[-1].size) + data[frames[-1].place + frames[-1].size :]
    only[frame.place : frame.place + frame.size] = data[frame.place : frame.place + frame.size]
    record.with_name("traffic.jsonl.zst").write_bytes(only)
    assert read_range(record, frame.offset, frame.length) == LINES[frame.offset : frame.offset + frame.length]
    assert read_range(record, frame.offset + 5, 17) == LINES[frame.offset + 5 : frame.offset + 22]
    with pytest.raises(DamagedRecordError):
        record_sha256(record)


def test_size_and_hash_are_those_of_the_plain_record(record: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.jsonl"
    plain.write_bytes(LINES)
    assert (record_size(record), record_sha256(record)) == (len(LINES), record_sha256(plain))
    named = record.with_name("traffic.jsonl.zst")
    assert (record_size(named), record_sha256(named)) == (len(LINES), record_sha256(plain))


def test_where_both_are_there_the_plain_one_is_read(record: Path) -> None:
    record.write_bytes(b"plain\n")
    with open_record(record) as file:
        assert file.read() == b"plain\n"


def flipped(place: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


FRAMES = packed(LINES)[1]
THIRD = FRAMES[2]
END = FRAMES[-1].place + FRAMES[-1].size
IN_THIRD = f"frame 3, which begins at byte {THIRD.place:,} of "
DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a bit in a frame": (
        flipped(THIRD.place + THIRD.size // 2),
        f"frame 3 of {len(FRAMES)} (bytes {THIRD.place:,} to {THIRD.place + THIRD.size:,}, for {THIRD.length:,} at "
        f"offset {THIRD.offset:,} of the record) is damaged",
    ),
    "a bit in a frame's head": (flipped(THIRD.place), f"frame 3 of {len(FRAMES)}"),
    "a bit in a frame's checksum": (flipped(THIRD.place + THIRD.size - 1), f"frame 3 of {len(FRAMES)}"),
    "cut inside a frame": (lambda data: data[: THIRD.place + 20], IN_THIRD),
    "cut inside a frame's head": (lambda data: data[: THIRD.place + 3], IN_THIRD),
    "cut behind a frame": (lambda data: data[: THIRD.place], "has no table of its frames"),
    "cut inside the table": (lambda data: data[:-5], f"frame {len(FRAMES) + 1}, which begins at byte {END:,} of "),
    "a byte is missing": (
        lambda data: data[: THIRD.place + 9] + data[THIRD.place + 10 :],
        "is cut short or damaged in",
    ),
    "bytes behind the table": (lambda data: data + b"more", f"frame {len(FRAMES) + 2}, which begins at byte "),
    "no zstd at all": (lambda data: LINES, "frame 1, which begins at byte 0 of "),
    "nothing": (lambda data: b"", "has no table of its frames"),
    "a frame that is a bomb": (
        lambda data: data[:END] + table_bytes([one._replace(length=LARGEST + 1) for one in FRAMES]),
        f"frame 1 holds {LARGEST + 1:,} bytes; up to {LARGEST:,} can be read",
    ),
    "a frame that is less than it claims": (
        lambda data: data[:END] + table_bytes([one._replace(length=one.length + 1) for one in FRAMES]),
        f"frame 1 of {len(FRAMES)}",
    ),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_named_by_frame_and_offset(record: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    file = record.with_name("traffic.jsonl.zst")
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DamagedRecordError) as caught, open_record(record) as opened:
        opened.read()
    assert said in caught.value.args[0]
    assert str(file) in caught.value.args[0]
    assert caught.value.code == 1


def test_what_is_before_the_damage_is_read(record: Path) -> None:
    file = record.with_name("traffic.jsonl.zst")
    file.write_bytes(flipped(THIRD.place + 30)(file.read_bytes()))
    assert read_range(record, 0, THIRD.offset) == LINES[: THIRD.offset]


def test_what_any_zstd_program_wrote_is_named_with_what_to_do(record: Path) -> None:
    record.with_name("traffic.jsonl.zst").write_bytes(pyzstd.compress(LINES))
    with pytest.raises(UserError) as caught, open_record(record):
        pass
    assert "has no table of its frames" in caught.value.args[0]
    assert caught.value.hint == "decompress it with: zstd -d"


@given(st.binary(max_size=300), st.integers(0, 20))
def test_any_bytes_are_read_or_refused(noise: bytes, kept: int) -> None:
    data, _ = packed(LINES[:3000])
    for mixed in (noise, data[:kept] + noise, data + noise, noise + data[-kept:]):
        try:
            with io.BufferedReader(FrameReader(io.BytesIO(mixed), "it")) as file:
                file.read()
        except DamagedRecordError:
            continue


def test_the_table_is_the_one_of_the_specification() -> None:
    """Check the bytes themselves: a skippable frame with 8 bytes for each frame, and a footer of 9."""
    table = table_bytes(frames_of([(5, 50), (7, 70)]))
    assert table == struct.pack("<II IIII IBI", 0x184D2A5E, 25, 5, 50, 7, 70, 2, 0, 0x8F92EAB1)


def test_the_error_of_another_process_keeps_its_hint_and_code() -> None:
    error = pickle.loads(pickle.dumps(DamagedRecordError("what", "hint")))
    assert (error.args, error.hint, error.code) == (("what",), "hint", 1)
