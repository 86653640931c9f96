"""Measure what the proxies cost, beside others and none; `analysis`, `faults`, `live`, `protocols` … do the rest."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from bench import analysis, compatibility, faults, fleet, frames, live, page, protocols, replay, start
from bench.contenders import chosen
from bench.measure import measure
from bench.tables import tables
from bench.workloads import NAMES, Bench
from probe.cli.edge import run, say
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError

_WIDTH = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m bench`: of the proxies, or of what `analysis`, `faults`, `live` … say."""
    argv = sys.argv[1:] if argv is None else argv
    modules = (analysis, compatibility, faults, fleet, frames, live, page, protocols, replay, start)
    others = {module.__name__.rpartition(".")[2]: module.main for module in modules}
    if argv and argv[0] in others:
        return int(others[argv[0]](argv[1:]))
    arguments, rest = parse("bench", argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke bench --rounds 9")
    names, only = chosen(arguments.without), _only(arguments.only)
    rounds = _number("rounds", arguments.rounds, 5)
    exchanges = _number("exchanges", arguments.exchanges, 3000)
    for number in (signal.SIGTERM, signal.SIGHUP):
        # As Ctrl-C does: leave, and end on the way what was started.
        signal.signal(number, _leave)
    bench = Bench(rounds=rounds, exchanges=exchanges, marker=secrets.token_hex(16), say=say)
    with tempfile.TemporaryDirectory(prefix="probe-bench-", ignore_cleanup_errors=True) as folder:
        results = measure(bench, names, only, Path(folder))
    results["settings"] = {"rounds": rounds, "exchanges": exchanges, "only": only, "contenders": names}
    if arguments.json:
        print(json.dumps(results, indent=2, ensure_ascii=False))
    else:
        Console(width=None if sys.stdout.isatty() else _WIDTH).print(tables(results))
    for problem in bench.problems:
        say(f"WARNING: could not be measured: {problem}")
    return 1 if bench.problems else 0


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _only(given: list[str]) -> list[str]:
    for name in given:
        if name not in NAMES:
            raise UserError(
                f"--only {name}: no such workload", did_you_mean(name, NAMES) + f"there are: {', '.join(NAMES)}"
            )
    return [name for name in NAMES if name in given or not given]


def _number(name: str, given: str | None, default: int) -> int:
    if given is None:
        return default
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    raise UserError(f"--{name} {given}: not a number from 1 on", f"for example: invoke bench --{name} {default}")


if __name__ == "__main__":
    sys.exit(run(main))
