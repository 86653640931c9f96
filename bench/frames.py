"""Measure what frames of each size make of a record, beside one long window, and what reading it compressed costs."""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import zstandard
from rich.console import Console
from rich.table import Table

from bench.commands import took
from probe.record.frame_table import Frame
from probe.record.seekable_zstd import FRAME, FrameReader, write_frames

_SIZES = (128 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20)
_LONG = zstandard.ZstdCompressionParameters.from_level(9, window_log=27, enable_ldm=True)
"""As `zstd -9 --long=27`: one frame that looks back 128 MiB."""


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench frames`."""
    parser = argparse.ArgumentParser(prog="python -m bench frames", description=__doc__)
    parser.add_argument("file", type=Path, help="the record, plain")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="probe-bench-") as name:
            analysis = _analysis(arguments.file.resolve(), Path(name), arguments.rounds)
        table = Table("frames of", "frames", "KB", "times smaller", "beside one long window", "to write", "one range")
        for row in _rows(arguments.file.read_bytes()):
            table.add_row(*row)
        Console(width=None if sys.stdout.isatty() else 120).print(table)
        print(analysis)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _rows(content: bytes) -> Iterator[list[str]]:
    """Yield a row for each size of frames, and one for a single frame with a long window."""
    began = time.thread_time()
    whole = len(zstandard.ZstdCompressor(compression_params=_LONG).compress(content))
    yield ["one long window", "1", *_size(content, whole, whole), f"{time.thread_time() - began:.2f} s", ""]
    for most in _SIZES:
        out, began = io.BytesIO(), time.thread_time()
        frames = write_frames(io.BytesIO(content), out, most)
        seconds = time.thread_time() - began
        named = f"{most >> 10} KiB" if most < 1 << 20 else f"{most >> 20} MiB"
        mark = " (used)" if most == FRAME else ""
        sizes = _size(content, len(out.getvalue()), whole)
        yield [named + mark, str(len(frames)), *sizes, f"{seconds:.2f} s", f"{_milliseconds(out, frames):.2f} ms"]


def _size(content: bytes, size: int, whole: int) -> list[str]:
    return [f"{size / 1e3:,.0f}", f"{len(content) / size:.1f}", f"{size / whole:.2f} x"]


def _milliseconds(file: io.BytesIO, frames: Sequence[Frame]) -> float:
    """Return what it takes to read some bytes anywhere: a frame is decompressed for them."""
    taken = []
    with FrameReader(file, "record") as reader:
        for frame in frames:
            began = time.perf_counter()
            reader.seek(frame.offset)
            reader.read(1)
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


def _analysis(plain: Path, folder: Path, rounds: int) -> str:
    """Return what `analyze` takes for the compressed record, as ratios to the plain one, in pairs."""
    packed = folder / "traffic.jsonl.zst"
    with plain.open("rb") as source, packed.open("wb") as out:
        write_frames(source, out, FRAME)
    commands = [
        [sys.executable, "-m", "probe.analyze", f"--input={file}", f"--output={folder}/report.md"]
        for file in (plain, packed)
    ]
    pairs = [[took(command, folder) for command in commands] for _ in range(rounds)]
    ratios = [after.cpu / before.cpu for before, after in pairs]
    return (
        f"analyze: {statistics.median(ratios):.2f} x the CPU of the plain record"
        f" (pairs: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )
