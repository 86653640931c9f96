"""Measure the page of a record: what making it takes beside one pass of orjson, and how it does in browsers."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.page_in_browsers import in_browser
from probe.places import PROJECT

_FLOOR = """
import sys, time, json, orjson
began = time.thread_time()
with open(sys.argv[1], "rb", buffering=1 << 20) as file:
    for line in file:
        line.isspace() or orjson.loads(line)
print(json.dumps([time.thread_time() - began, 0, 0]))
"""
_MAKE = """
import sys, time, json, contextlib, resource
from probe.analyze import main
from probe.record.reading_memory import tune_memory
tune_memory()
began, all_began = time.thread_time(), time.process_time()
with contextlib.redirect_stdout(sys.stderr):
    code = main(["--html", f"--input={sys.argv[1]}", f"--output={sys.argv[2]}"])
own, all = time.thread_time() - began, time.process_time() - all_began
print(json.dumps([own, all - own, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
sys.exit(code)
"""


class _Made(NamedTuple):
    """What a process took: seconds of CPU in its main thread, seconds of those that compress, and its memory."""

    cpu: float
    compression: float
    memory: int


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench page`."""
    parser = argparse.ArgumentParser(prog="python -m bench page", description=__doc__)
    parser.add_argument("file", type=Path, help="the record")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--browser", action="append", choices=["chrome", "firefox"], help="only this one")
    parser.add_argument("--word", action="append", help="what is searched for; any number of times")
    arguments = parser.parse_args(argv)
    record = arguments.file.resolve()
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="probe-bench-") as name:
        page = Path(name, "page.html")
        try:
            _make(record, page, arguments.rounds)
        except subprocess.CalledProcessError as error:
            print(f"error: {error.stderr.strip() or error}", file=sys.stderr)
            return 1
        print(
            f"size: {page.stat().st_size / 1e6:.1f} MB, {page.stat().st_size / record.stat().st_size:.2%} of the record"
        )
        for browser in arguments.browser or ["chrome", "firefox"]:
            table = Table("what", "figures", title=browser, title_justify="left")
            for row in in_browser(browser, page, arguments.word or ["function", "in no place of it"]):
                table.add_row(*row)
            console.print(table)
    return 0


def _make(record: Path, page: Path, rounds: int) -> None:
    """Print what making the page takes, in pairs with the floor: what else the machine does is the same for both."""
    floors, made = [], []
    for _ in range(rounds):
        floors.append(_took(_FLOOR, record))
        made.append(_took(_MAKE, record, page))
    ratios = [one.cpu / max(floor.cpu, 1e-9) for floor, one in zip(floors, made, strict=True)]
    print(
        f"making: {min(one.cpu for one in made):.2f} s of CPU, {statistics.median(ratios):.2f} x one pass of orjson"
        f" (pairs: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )
    memory = max(one.memory for one in made) / (1 if sys.platform == "darwin" else 1 / 1024) / 1e6
    print(f"compression: {min(one.compression for one in made):.2f} s of CPU beside it; memory: {memory:.0f} MB")


def _took(code: str, *paths: Path) -> _Made:
    command = [sys.executable, "-c", code, *map(str, paths)]
    # As for a user, modules are compiled once.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=True, timeout=900)
    return _Made(*json.loads(done.stdout))
