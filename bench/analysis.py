"""Measure what `analyze` takes: beside one pass of orjson over the lines, another command, and an empty file."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.commands import Took, in_turns

_FLOOR = """
import sys, orjson
with open(sys.argv[1], "rb", buffering=1 << 20) as file:
    for line in file:
        line.isspace() or orjson.loads(line)
"""


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench analysis`."""
    parser = argparse.ArgumentParser(prog="python -m bench analysis", description=__doc__)
    parser.add_argument("file", type=Path, help="the record")
    parser.add_argument("--beside", metavar="COMMAND", help="another analyser, with {file} and {out} (a folder)")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args(argv)
    record = arguments.file.resolve()
    with tempfile.TemporaryDirectory(prefix="probe-bench-") as name:
        folder = Path(name)
        (folder / "empty.jsonl").touch()
        commands = _commands(record, folder, arguments.beside)
        try:
            found = in_turns(commands, arguments.rounds, folder)
            report = (folder / "1.md").stat().st_size
            # An empty file is no record, which is an exit code of its own.
            found |= in_turns({"empty": _analyze(folder / "empty.jsonl", folder, 1)}, arguments.rounds, folder,
                              may_fail=True)  # fmt: skip
        except subprocess.CalledProcessError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    Console(width=None if sys.stdout.isatty() else 120).print(_table(found))
    _print_ratios(found, report / record.stat().st_size)
    return 0


def _commands(record: Path, folder: Path, beside: str | None) -> dict[str, list[str]]:
    commands = {"floor": [sys.executable, "-c", _FLOOR, str(record)]}
    if beside:
        commands["other"] = [
            word.replace("{file}", str(record)).replace("{out}", str(folder / "other")) for word in shlex.split(beside)
        ]
    return commands | {"one process": _analyze(record, folder, 1), "two processes": _analyze(record, folder, 2)}


def _analyze(record: Path, folder: Path, jobs: int) -> list[str]:
    options = [f"--input={record}", f"--output={folder / f'{jobs}.md'}", f"--jobs={jobs}"]
    return [sys.executable, "-m", "probe.analyze", *options]


def _table(found: Mapping[str, Took]) -> Table:
    table = Table("", "CPU s", "wall s", "most MiB")
    for name, one in found.items():
        table.add_row(name, f"{one.cpu:.2f}", f"{one.wall:.2f}", f"{one.megabytes * 1e6 / (1 << 20):.0f}")
    return table


def _print_ratios(found: Mapping[str, Took], report: float) -> None:
    one, floor = found["one process"], found["floor"]
    empty = found["empty"].cpu
    print(f"CPU: {one.cpu / floor.cpu:.2f} x the floor; less the empty file {(one.cpu - empty) / floor.cpu:.2f} x")
    if other := found.get("other"):
        print(f"CPU: {one.cpu / other.cpu:.2f} x the other; less the empty file {(one.cpu - empty) / other.cpu:.2f} x")
    print(f"wall: two processes take {found['two processes'].wall / one.wall:.2f} x one")
    print(f"report: {report:.2%} of the record")
