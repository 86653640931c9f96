"""Try the newest version of every agent, and write docs/compatibility.md: which of them are recorded, and how well.

python -m bench compatibility [AGENT …]

Each agent comes from its registry and runs offline against the local provider. What fails is in its row: an agent that
cannot be installed, or that does not end, does not stop the others.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench.agent_runs import NEWER, SUBJECTS, TARGETS, Subject, capturing, recording
from bench.compatibility_table import Results, Row, document
from bench.fault_cell import is_waiting, seen
from probe.cli.edge import say
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.places import PROJECT
from probe.record.manifest import Manifest
from probe.wire.agent_versions import newest_version
from tests.support import agents
from tests.support.answers import FOUND
from tests.support.forward_proxy import proxy_running
from tests.support.loops import NONCE, outside
from tests.support.provider import provider_running
from tests.support.running import Running

RESULTS = PROJECT / "docs" / "compatibility.json"
DOCUMENT = PROJECT / "docs" / "compatibility.md"
SECONDS = 120.0
"""What an agent has for its run, and each of our scripts for its work."""
_NOTE = 160
_REGISTRY = re.compile(r"(registry|pypi)\.")
_NEWEST = {subject.agent.name: subject for subject in (*SUBJECTS.values(), *NEWER)}
"""One subject for each agent: of those with several versions, the last."""


def main(argv: Sequence[str]) -> int:
    """Command line of `python -m bench compatibility`."""
    parser = argparse.ArgumentParser(prog="python -m bench compatibility", description=__doc__)
    parser.add_argument("agent", nargs="*", help="only these agents, for example: codex pi")
    parser.add_argument("--render", action="store_true", help="only write the document anew")
    arguments = parser.parse_args(argv)
    if unknown := next((name for name in arguments.agent if name not in _NEWEST), None):
        raise UserError(f"no agent {unknown!r}", did_you_mean(unknown, _NEWEST) + f"agents are: {', '.join(_NEWEST)}")
    os.environ["PROBE_TARGETS"] = str(TARGETS)  # Where the file of one of the agents is.
    results = read()
    for name in [] if arguments.render else arguments.agent or _NEWEST:
        say(f"{name} …")
        results[name] = tried(_NEWEST[name], SECONDS)
        say(f"{name}: {results[name]}")
        write(results)
    write(results)
    print(DOCUMENT)
    return 0


def read(path: Path = RESULTS) -> Results:
    """Return the results so far."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else {}


def write(results: Results) -> None:
    """Write results and document."""
    ordered = {name: results[name] for name in _NEWEST if name in results}
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")
    DOCUMENT.write_text(document(ordered))


def tried(subject: Subject, seconds: float) -> Row:
    """Try the newest version of an agent; whatever fails is a note of its row."""
    row = Row(checked=subject.agent.version, date=datetime.now(UTC).date().isoformat())
    try:
        version = newest_version(subject.agent.as_package)
        row = msgspec.structs.replace(row, version=version)
        newest = subject._replace(agent=replace(subject.agent, version=version))
        agents.program(newest.agent)
        with tempfile.TemporaryDirectory(prefix="probe-compatibility-", ignore_cleanup_errors=True) as folder:
            return _run(newest, row, Path(folder), seconds)
    except UserError as error:
        problem = str(error.args[0])
        # An installer's whole command says less than its last words, which are the hint.
        problem = problem if len(problem) < _NOTE // 2 else "it cannot be installed"
        return msgspec.structs.replace(row, note=_short(f"{problem}: {error.hint or ''}"))
    except (OSError, subprocess.SubprocessError, RuntimeError, AssertionError, ValueError) as error:
        return msgspec.structs.replace(row, note=_short(f"{type(error).__name__}: {error}"))


def _run(subject: Subject, row: Row, folder: Path, seconds: float) -> Row:
    """Record an agent, verify and analyze the run, and run the agent once more from it."""
    first, again = folder / "first", folder / "again"
    first.mkdir()
    with (
        provider_running() as provider,
        proxy_running() as forward,  # It refuses every host.
        recording(subject, first, provider.url, f"--upstream-proxy={forward.url}", "--coverage") as run,
    ):
        waits = is_waiting(run, seconds)
        row = _recorded(row, run, waits=waits, seconds=seconds)
        row = msgspec.structs.replace(row, hosts=tuple(sorted({_host(name) for name in outside(forward.seen)})))
    if row.recorded == "no":
        return row
    recorded = run.run_folder()
    verified = _script("probe.verify", recorded, seconds)
    summary = _summary(recorded, seconds)
    unread = tuple(one["what"] for one in summary["unknown"])
    replayed, note = _replayed(subject, recorded, again, seconds)
    return msgspec.structs.replace(row, verified=verified, unread=unread, replayed=replayed, note=row.note or note)


def _host(seen_as: str) -> str:
    """Return a host without its port; a registry is named by what it is."""
    return "its package registry" if _REGISTRY.match(seen_as) else seen_as.rpartition(":")[0]


def _recorded(row: Row, run: Running, *, waits: bool, seconds: float) -> Row:
    """Return the row with what was recorded, by the record and by what the agent said."""
    if waits:
        return msgspec.structs.replace(row, note=f"it did not end within {seconds:.0f} s")
    if run.process.returncode:
        return msgspec.structs.replace(
            row, note=_short(seen(run.stdout, run.stderr)) or f"exit {run.process.returncode}"
        )
    called = str(NONCE).encode() in (run.run_folder() / "traffic.jsonl").read_bytes()
    answered = FOUND in " ".join(run.stdout.split())
    how = {(True, True): "tool call, answer", (True, False): "tool call", (False, True): "answer"}
    return msgspec.structs.replace(row, recorded=how.get((called, answered), "no"))


def _replayed(subject: Subject, recorded: Path, folder: Path, seconds: float) -> tuple[bool, str]:
    """Run an agent from its record; return whether it did the same, else what was different."""
    folder.mkdir()
    with capturing(subject, folder, f"--replay={recorded}", "--strict", env={}) as run:
        if is_waiting(run, seconds):
            return False, f"the replay did not end within {seconds:.0f} s"
        problems = Manifest.read(run.run_folder()).data["problems"]
        if run.process.returncode == 0 and not problems:
            return True, ""
        return False, _short(f"replay: {next(iter(problems), seen(run.stdout, run.stderr))}")


def _script(module: str, run: Path, seconds: float) -> bool:
    """Run a script of ours on a run; return whether it found all well."""
    command = [sys.executable, "-m", module, f"--run={run}"]
    return subprocess.run(command, capture_output=True, timeout=seconds, check=False).returncode == 0


def _summary(run: Path, seconds: float) -> dict[str, Any]:
    if not _script("probe.analyze", run, seconds):
        raise RuntimeError("the run cannot be analyzed")
    found: dict[str, Any] = json.loads((run / "summary.json").read_text())
    return found


def _short(text: str) -> str:
    """Return a note: one line, cut, without this machine's folders."""
    line = " ".join(text.replace(str(Path.home()), "~").split()).strip(" :")
    return line if len(line) <= _NOTE else line[: _NOTE - 1].rstrip() + "…"
