"""Run every agent of the matrix with every fault, and write docs/faults.md: what each of them does.

Results are kept in docs/faults.json after each cell; a cell that is there is not run again. Agents come from their
registries, answers from recordings that are made on the spot with the local provider.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from bench.agent_runs import SUBJECTS, TARGETS, matrix, record
from bench.fault_cell import CELL_SECONDS, Cell, run_cell
from bench.fault_tables import document
from probe.cli.edge import say
from probe.places import PROJECT

RESULTS = PROJECT / "docs" / "faults.json"
DOCUMENT = PROJECT / "docs" / "faults.md"
FAULTS = (
    *("429 once", "429 always", "429 quota", "500 once", "500 always", "529 once", "401", "403", "404", "413"),
    *("400 context length", "html 502", "redirect", "empty 200"),
    *("reset before first", "cut after 3 events", "reset after 3 events", "cut inside utf-8", "close 1011 after 3"),
    *("end after 3 events", "no end event", "error event after 3"),
    *("malformed json 3", "cut a data line after 2", "line break in data 3", "invalid utf-8 3", "duplicate event 3"),
    *("missing event 3", "unknown event", "empty event", "comments", "crlf", "bom"),
    *("stall 30s after first", "slow first byte 30s", "no answer", "trickle", "byte by byte"),
    *("wrong content-length", "short content-length", "wrong content-type", "wrong content-encoding"),
)
"""The rows of the matrix: without a word when, the first answer of the agent's own work is hit."""
AT_ONCE = 3
Results = dict[str, dict[str, Cell]]
"""Cells by agent, then by fault."""


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench faults`."""
    parser = argparse.ArgumentParser(prog="python -m bench faults", description=__doc__)
    parser.add_argument("--agent", action="append", default=[], help="only agents whose name begins so: codex, pi")
    parser.add_argument("--fault", action="append", default=[], choices=FAULTS, metavar="FAULT", help="only this row")
    parser.add_argument("--again", action="store_true", help="run cells that are done, too")
    parser.add_argument("--render", action="store_true", help="only write the document anew")
    arguments = parser.parse_args(argv)
    os.environ["PROBE_TARGETS"] = str(TARGETS)  # Where the file of one of the agents is.
    results = read()
    if not arguments.render:
        _run(results, matrix(arguments.agent), arguments.fault or FAULTS, again=arguments.again)
    write(results)
    print(DOCUMENT)
    return 0


def read(path: Path = RESULTS) -> Results:
    """Return the results so far."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else {}


def write(results: Results) -> None:
    """Write results and document."""
    ordered = {
        name: {fault: results[name][fault] for fault in FAULTS if fault in results[name]}
        for name in SUBJECTS
        if name in results
    }
    text = msgspec.json.format(msgspec.json.encode(ordered), indent=1)
    for path, data in ((RESULTS, text + b"\n"), (DOCUMENT, document(ordered, FAULTS).encode())):
        path.with_suffix(".part").write_bytes(data)
        path.with_suffix(".part").replace(path)


def _run(results: Results, names: Sequence[str], faults: Sequence[str], *, again: bool) -> None:
    todo = [(fault, name) for fault in faults for name in names if again or fault not in results.get(name, {})]
    say(f"{len(todo)} cells, at most {CELL_SECONDS:.0f} s each, {AT_ONCE} at a time")
    lock = threading.Lock()
    with tempfile.TemporaryDirectory(prefix="probe-faults-", ignore_cleanup_errors=True) as folder:
        recordings = {}
        for name in dict.fromkeys(name for _, name in todo):
            recordings[name] = record(SUBJECTS[name], Path(folder) / name)

        def run(number: int, fault: str, name: str) -> None:
            try:
                cell = run_cell(SUBJECTS[name], recordings[name], fault, Path(folder) / f"cell-{number:04d}")
            except Exception as error:
                say(f"WARNING: {name}, {fault}: {type(error).__name__}: {error}")
                return
            with lock:
                results.setdefault(name, {})[fault] = cell
                write(results)
            say(f"{name}, {fault}: {cell.end} after {cell.tries} ({cell.seconds:.0f} s)")

        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for future in [pool.submit(run, number, fault, name) for number, (fault, name) in enumerate(todo)]:
                    future.result()
            except KeyboardInterrupt:
                # What has begun is left to end; the rest would take hours.
                pool.shutdown(wait=False, cancel_futures=True)
                raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
