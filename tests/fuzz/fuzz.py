"""Let a coverage-guided fuzzer look for input that breaks a promise.

    uv run --group fuzz python -m tests.fuzz.fuzz TARGET|all SECONDS

It starts from the golden cases and the bundled samples. What it finds is printed, and becomes a file in
`tests/fuzz/cases/TARGET/`, which the ordinary tests run from then on.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
_LONGEST = 20_000
"""Bytes of an input; what takes more is a matter of size, and has tests of its own."""
_HANG_SECONDS = 20
_MEMORY_MB = 2048
_GRACE_SECONDS = 120
"""What starting and the last input may take besides."""


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz one target or all; exit 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.fuzz", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("seconds", type=int)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.folder:
        _fuzz(arguments.target, arguments.seconds, arguments.folder)
    from tests.fuzz.targets import TARGETS

    if arguments.target not in ("all", *TARGETS):
        parser.error(f"targets are: all, {', '.join(TARGETS)}")
    names = list(TARGETS) if arguments.target == "all" else [arguments.target]
    return max(_run(name, arguments.seconds) for name in names)


def _run(name: str, seconds: int) -> int:
    """Fuzz a target in a process of its own, since the fuzzer ends its process; print what it found."""
    from tests.fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory(prefix="probe-fuzz-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate([*TARGETS[name][1](), *map(Path.read_bytes, cases(name))]):
            (corpus / f"seed-{number}").write_bytes(seed)
        command = [sys.executable, "-m", "tests.fuzz.fuzz", name, str(seconds), "--in", folder]
        with Path(folder, "log").open("w+b") as log:
            try:
                code = subprocess.run(command, stdout=log, stderr=log, timeout=seconds + _GRACE_SECONDS).returncode
            except subprocess.TimeoutExpired:
                code = 1
            log.seek(0)
            said = log.read().decode(errors="replace")
        last = re.findall(r"(?m)^#\d+.*$", said)[-1:]
        print(f"{name}: {'FAIL' if code else 'ok'}  {''.join(last)}", flush=True)
        if code:
            print("\n".join(said.splitlines()[-40:]))
        for found in sorted(Path(folder).glob("found-*")):
            print(f"input ({found.name}), to be put into {CASES / name}:\n{found.read_bytes()!r}")
        return 1 if code else 0


def cases(name: str) -> list[Path]:
    """Return the files of what was found before."""
    return sorted((CASES / name).glob("*"))


def _fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzz; this does not return."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["probe"]):
        from tests.fuzz.targets import TARGETS

    options = {
        "max_total_time": seconds,
        "max_len": _LONGEST,
        "timeout": _HANG_SECONDS,
        "rss_limit_mb": _MEMORY_MB,
        "artifact_prefix": f"{folder}/found-",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], str(folder / "corpus"), *(f"-{option}={value}" for option, value in options.items())]
    atheris.Setup(arguments, TARGETS[name][0])
    atheris.Fuzz()


if __name__ == "__main__":
    raise SystemExit(main())
