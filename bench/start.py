"""Measure what starting takes: `invoke` beside a program with one empty task, `capture` beside two bare mitmproxys."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.commands import in_turns
from probe.places import PROJECT

_EMPTY = "from invoke import task\n\n\n@task\ndef nothing(c):\n    pass\n"


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench start`."""
    parser = argparse.ArgumentParser(prog="python -m bench start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args(argv).rounds
    invoke = [sys.executable, "-m", "invoke"]
    with tempfile.TemporaryDirectory(prefix="probe-bench-") as name:
        folder = Path(name)
        (folder / "tasks.py").write_text(_EMPTY)
        ours = [*invoke, f"--search-root={PROJECT}"]
        for what, task in (("--list", ["--list"]), ("--help", ["--help", "capture"])):
            empty = [*invoke, "--list"] if what == "--list" else [*invoke, "--help", "nothing"]
            found = in_turns({"empty": empty, "ours": [*ours, *task]}, rounds, folder)
            ratio = found["ours"].cpu / found["empty"].cpu
            print(f"invoke {what}: {found['ours'].cpu:.3f} s, {ratio:.2f} x an empty task")
        capture = [sys.executable, "-m", "probe.capture", f"--data-dir={folder / 'data'}", "--target=codex"]
        capture += ["--upstream-proxy=", *(f"--upstream={one}=http://127.0.0.1:9" for one in ("model", "backend"))]
        commands = {
            "mitmproxy": [sys.executable, "-c", "import mitmproxy.tools.main"],
            "capture": [*capture, "--", sys.executable, "-c", "pass"],
        }
        # An agent that sends nothing is an exit code of its own.
        found = in_turns(commands, rounds, folder, may_fail=True)
        ratio = found["capture"].cpu / (2 * found["mitmproxy"].cpu)
        print(f"capture: {found['capture'].cpu:.2f} s, {ratio:.2f} x two starts of Python with mitmproxy")
    return 0
