"""The whole measurement: which contenders run for which workloads, and the results of all of them as one value."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from bench import claude_tap
from bench.contenders import CLAUDE_TAP, DIRECT, FLOOR, OURS, Contender, ContenderError, running
from bench.figures import Results, paired, targets
from bench.kept import Sent, counted, kept, run_folder
from bench.workloads import PORTIONS, Bench
from probe.places import PROJECT
from probe.record.manifest import project_version

SIDE_BY_SIDE = ("stream", "latency", "request")
"""Workloads of all contenders, which run at the same time and take their turns."""
_VERIFY_SECONDS = 600.0


def measure(bench: Bench, names: Sequence[str], only: Sequence[str], folder: Path) -> Results:
    """Do the workloads in `only` with these contenders, in a new folder."""
    results: Results = {"machine": _machine(), "left_out": {}, "workloads": {}, "kept": {}}
    other = None
    if CLAUDE_TAP in names and any(name in only for name in SIDE_BY_SIDE):
        bench.say(f"looking for claude-tap {claude_tap.VERSION}; it is installed on first use")
        try:
            other = claude_tap.installed()
        except claude_tap.NotInstalledError as error:
            results["left_out"][CLAUDE_TAP] = f"cannot be installed: {error}"
    names = [name for name in names if name != CLAUDE_TAP or other]
    results["versions"] = _versions(with_claude_tap=other is not None)
    phases = _Phases(bench, folder, other, results)
    if any(name in only for name in SIDE_BY_SIDE):
        phases.side_by_side(names, [name for name in SIDE_BY_SIDE if name in only])
    for name, phase in (("memory", phases.memory), ("large", phases.large), ("capture", phases.capture)):
        if name in only:
            phase()
    results["targets"] = targets(results)
    results["problems"] = bench.problems
    return results


class _Phases:
    """Workloads that share their contenders; each phase starts its own and leaves nothing."""

    def __init__(self, bench: Bench, folder: Path, other: Path | None, results: Results) -> None:
        self._bench, self._folder, self._other = bench, folder, other
        self._workloads, self._kept = results["workloads"], results["kept"]

    def side_by_side(self, names: Sequence[str], only: Sequence[str]) -> None:
        """Do what is measured of all contenders."""

        def work(contenders: list[Contender]) -> None:
            working = self._bench.warm_up(contenders)
            for name in only:
                figures = getattr(self._bench, name)(working)
                self._workloads[name] = {what: paired(by) for what, by in figures.items()}

        self._phase("side-by-side", names, work)

    def memory(self) -> None:
        """Do as many streams as requested, and the same with the floor."""

        def work(contenders: list[Contender]) -> None:
            megabytes = self._bench.memory(self._bench.warm_up(contenders))
            self._workloads["memory"] = {
                name: {"start": all_[0], "half": all_[PORTIONS // 2], "end": all_[-1], "all": all_}
                for name, all_ in megabytes.items()
            }

        self._phase("memory", (FLOOR, OURS), work)

    def large(self) -> None:
        """Do the very large bodies, and the same with the floor."""

        def work(contenders: list[Contender]) -> None:
            self._workloads["large"] = self._bench.large(contenders)

        self._phase("large", (FLOOR, OURS), work)

    def capture(self) -> None:
        """Run an agent alone and under `capture`."""

        def work(contenders: list[Contender]) -> None:
            seconds = self._bench.capture(contenders[0].port, self._folder / "capture")
            added = [captured - alone for captured, alone in zip(seconds["captured"], seconds["alone"], strict=True)]
            self._workloads["capture"] = paired(seconds | {"added": added})

        self._phase("capture", (DIRECT,), work)

    def _phase(self, phase: str, names: Sequence[str], work: Callable[[list[Contender]], None]) -> None:
        """Work with contenders; look afterwards at what they have kept. What fails is a problem, and ends the phase."""
        folder = self._folder / phase
        folder.mkdir()
        try:
            self._bench.say(f"starting {', '.join(names)}")
            with running(folder, names, self._bench.marker, self._other) as contenders:
                work(contenders)
            for contender in contenders:
                self._look(phase, contender)
        except (ContenderError, psutil.Error, OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
            self._bench.problems.append(f"{phase}: {error or type(error).__name__}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _look(self, phase: str, contender: Contender) -> None:
        """Count what a contender has kept; let `verify` prove agent-probe's record too."""
        if contender.name == DIRECT:
            return
        self._bench.say(f"reading what {contender.name} has kept")
        if phase == "large":
            # Hundreds of megabytes a line: only `verify` reads them, piece by piece.
            sent, found = Sent(exchanges=contender.sent), counted(contender.name, contender.folder)
        else:
            sent = Sent(exchanges=contender.sent, streams=len(contender.streams), uploads=len(contender.uploads))
            found = kept(contender.name, contender.folder, {*contender.streams, *contender.uploads})
        self._kept.setdefault(phase, {})[contender.name] = {"sent": sent.as_dict(), **found.as_dict()}
        if contender.name == OURS:
            self._kept[phase][OURS]["verified"] = _verified(contender)


def _verified(contender: Contender) -> bool:
    """Check whether `verify` finds the run complete."""
    command = [sys.executable, "-m", "probe.verify", f"--run={run_folder(contender.folder)}"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=_VERIFY_SECONDS, start_new_session=True)
    return done.returncode == 0


def _machine() -> dict[str, Any]:
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gigabytes": round(psutil.virtual_memory().total / 1e9, 1),
        "load_average_at_start": [round(load, 2) for load in os.getloadavg()],
    }


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _versions(*, with_claude_tap: bool) -> dict[str, str]:
    versions = {
        "agent-probe": project_version(),
        "python": platform.python_version(),
        "mitmproxy": version("mitmproxy"),
    }
    return versions | ({CLAUDE_TAP: claude_tap.VERSION} if with_claude_tap else {})
