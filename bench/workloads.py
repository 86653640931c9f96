"""The workloads: what is done with each contender, and what is measured meanwhile."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

from bench.contenders import DIRECT, Contender, ContenderError
from bench.load import KEY, Seen, Work
from bench.meter import forget_peak, peak_megabytes, resident_megabytes, settled_cpu
from bench.upstream import PATH
from probe.places import PROJECT
from probe.wire.process_tree import MARKER

NAMES = ("stream", "latency", "request", "memory", "large", "capture")
"""CPU of streams; latency of paced streams; CPU of large requests; memory over many streams; peak memory of very large
bodies; what `capture` adds to the time that an agent takes."""
CONNECTIONS = 8
STREAMS_A_ROUND = 300
REQUESTS_A_ROUND = 40
REQUEST_BYTES = 2_000_000
PACED_A_ROUND = 4
PACE_SECONDS = 0.005
FIRST_A_ROUND = 15
FIRST_PACE_SECONDS = 0.001
"""Enough that the first event travels alone."""
WARM_UP = 100
PORTIONS = 10
"""Memory is read before the first and after each."""
DOWNLOAD_BYTES, UPLOAD_BYTES = 500_000_000, 200_000_000
_LOAD_SECONDS = 600.0
_CAPTURE_SECONDS = 120.0

Figures = dict[str, list[float]]
"""For each contender, what was measured in each round."""


@dataclass(kw_only=True)
class Bench:
    """One use of the benchmark: how much it does, and what came of it besides figures."""

    rounds: int
    exchanges: int
    marker: str
    """In the environment of all that is started, so that nothing of it is left behind."""
    say: Callable[[str], None]
    problems: list[str] = field(default_factory=list)
    """What could not be measured, in words."""

    def paired(
        self, what: str, contenders: Sequence[Contender], measure: Callable[[Contender], Mapping[str, float]]
    ) -> dict[str, Figures]:
        """Measure each contender once a round, in another order each time; give figure -> contender -> rounds."""
        figures: dict[str, Figures] = {}
        working = [*contenders]
        for number in range(self.rounds):
            self.say(f"{what}: round {number + 1} of {self.rounds}")
            first = number % len(contenders) if contenders else 0
            for contender in [*contenders[first:], *contenders[:first]]:
                if contender not in working:
                    continue
                try:
                    measured = measure(contender)
                except ContenderError as error:
                    self.problems.append(f"{what}: {error}")
                    working.remove(contender)
                    continue
                for name, value in measured.items():
                    figures.setdefault(name, {}).setdefault(contender.name, []).append(value)
        left = {contender.name for contender in working}
        return {name: {who: by[who] for who in by if who in left} for name, by in figures.items()}

    def load(self, contender: Contender, work: Work) -> Seen:
        """Send work through a contender. Raises ContenderError when one exchange does not come back as it was sent."""
        command = [sys.executable, "-m", "bench.load", json.dumps(asdict(work))]
        try:
            done = subprocess.run(
                command, cwd=PROJECT, capture_output=True, timeout=_LOAD_SECONDS, check=True, start_new_session=True
            )
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode(errors="replace").strip().splitlines()
            raise ContenderError(f"{contender.name}: {lines[-1] if lines else error}") from error
        except subprocess.TimeoutExpired as error:
            raise ContenderError(f"{contender.name}: not done after {_LOAD_SECONDS:g} seconds") from error
        contender.sent += work.count
        seen = Seen(**json.loads(done.stdout))
        contender.streams += seen.streams
        contender.uploads += seen.uploads
        if seen.failures:
            failed = f"{len(seen.failures)} of {work.count} exchanges failed"
            raise ContenderError(f"{contender.name}: {failed}, the first by {seen.failures[0]}")
        return seen

    def streams(self, contender: Contender, count: int, pace: float = 0.0) -> Work:
        """Return work that reads streams, each with an id of its own: paced ones one by one, others many at once."""
        name = secrets.token_hex(4)
        connections = 1 if pace else min(CONNECTIONS, count)
        return Work(kind="stream", port=contender.port, count=count, connections=connections, name=name, pace=pace)

    # -- the workloads ----------------------------------------------------------------------------------------

    def warm_up(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Let every contender do what it does once only; give those that work."""
        working = []
        for contender in contenders:
            try:
                self.load(contender, self.streams(contender, min(WARM_UP, self.exchanges)))
                working.append(contender)
            except ContenderError as error:
                self.problems.append(f"warming up: {error}")
        return working

    def stream(self, contenders: Sequence[Contender]) -> dict[str, Figures]:
        """Measure the CPU time of each proxy for one stream, in milliseconds."""
        count = min(STREAMS_A_ROUND, self.exchanges)
        proxies = [contender for contender in contenders if contender.name != DIRECT]
        return self.paired("CPU of streams", proxies, lambda proxy: self._cpu(proxy, self.streams(proxy, count)))

    def request(self, contenders: Sequence[Contender]) -> dict[str, Figures]:
        """Measure the CPU time of each proxy for one large request, in milliseconds."""
        count = min(REQUESTS_A_ROUND, self.exchanges)
        proxies = [contender for contender in contenders if contender.name != DIRECT]

        def measure(proxy: Contender) -> dict[str, float]:
            work = Work(kind="upload", port=proxy.port, count=count, connections=2, size=REQUEST_BYTES)
            return self._cpu(proxy, work)

        return self.paired("CPU of 2 MB requests", proxies, measure)

    def _cpu(self, proxy: Contender, work: Work) -> dict[str, float]:
        """Return the CPU time of one exchange: `cpu` in the proxy, `whole` with what it has started."""
        try:
            before = settled_cpu(proxy.pid)
            self.load(proxy, work)
            after = settled_cpu(proxy.pid)
            names = {"cpu": after.own - before.own, "whole": after.whole - before.whole}
            return {name: seconds / work.count * 1e3 for name, seconds in names.items()}
        except OSError as error:
            raise ContenderError(f"{proxy.name} has ended: {error}") from error

    def latency(self, contenders: Sequence[Contender]) -> dict[str, Figures]:
        """Measure how long events are under way, and how long the first one takes, in milliseconds.

        A proxy has to open two connections where a client opens one, so the first stream of a connection is separate.
        """

        def measure(contender: Contender) -> dict[str, float]:
            lags = self.load(contender, self.streams(contender, PACED_A_ROUND, pace=PACE_SECONDS)).lags
            new, *kept_open = self.load(
                contender, self.streams(contender, FIRST_A_ROUND, pace=FIRST_PACE_SECONDS)
            ).first
            hundredths = quantiles(lags, n=100)
            return {"first": median(kept_open), "first_new": new, "p50": hundredths[49], "p99": hundredths[98]}

        return self.paired("latency of events", contenders, measure)

    def memory(self, contenders: Sequence[Contender]) -> Figures:
        """Return the megabytes of memory of each proxy before, and after each tenth of many streams."""
        figures: Figures = {proxy.name: [resident_megabytes(proxy.pid)] for proxy in contenders}
        for number in range(PORTIONS):
            self.say(f"memory: part {number + 1} of {PORTIONS}")
            count = self.exchanges * (number + 1) // PORTIONS - self.exchanges * number // PORTIONS
            for proxy in contenders:
                if count:
                    self.load(proxy, self.streams(proxy, count))
                settled_cpu(proxy.pid)
                figures[proxy.name].append(resident_megabytes(proxy.pid))
        return figures

    def large(
        self, contenders: Sequence[Contender], download: int = DOWNLOAD_BYTES, upload: int = UPLOAD_BYTES
    ) -> dict[str, dict[str, float | None]]:
        """Return the most memory that each proxy took for one very large answer, and for one very large request."""
        peaks: dict[str, dict[str, float | None]] = {"download": {}, "upload": {}}
        for proxy in contenders:
            for kind, size in (("download", download), ("upload", upload)):
                self.say(f"memory: {kind} of {size / 1e6:.0f} MB through {proxy.name}")
                forget_peak(proxy.pid)
                self.load(proxy, Work(kind=kind, port=proxy.port, count=1, size=size))
                # Writing stalls at times, until the disk is ready.
                settled_cpu(proxy.pid, quiet=0.5)
                peaks[kind][proxy.name] = peak_megabytes(proxy.pid)
        return peaks

    def capture(self, upstream: int, folder: Path) -> Figures:
        """Return how many seconds a small agent takes alone, and under `capture`."""
        figures: Figures = {"alone": [], "captured": []}
        for number in range(self.rounds):
            self.say(f"capture: round {number + 1} of {self.rounds}")
            for name in ("alone", "captured") if number % 2 else ("captured", "alone"):
                figures[name].append(_seconds(name, upstream, folder, self.marker))
        return figures


_AGENT = (
    "import os, urllib.request; "
    f"url = os.environ['OPENAI_BASE_URL'] + '{PATH.removeprefix('/v1')}?answer=stream&id=agent'; "
    "assert urllib.request.urlopen(url, data=b'{}', timeout=30).read().count(b'event: ') == 40"
)
"""A whole agent: one question, one answer."""


def _seconds(name: str, upstream: int, folder: Path, marker: str) -> float:
    """Run the agent and give how long that took."""
    url = f"http://127.0.0.1:{upstream}"
    command = [sys.executable, "-c", _AGENT]
    if name == "captured":
        options = [f"--data-dir={folder / 'data'}", "--target=codex", "--upstream-proxy="]
        options += [f"--upstream={listener}={url}" for listener in ("model", "backend")]
        command = [sys.executable, "-m", "probe.capture", *options, "--", *command]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(PROJECT)}
    env |= {"CODEX_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1", MARKER: marker}
    began = time.monotonic()
    try:
        done = subprocess.run(
            command,
            env=env,
            cwd=folder,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_CAPTURE_SECONDS,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ContenderError(f"the agent, {name}: not done after {_CAPTURE_SECONDS:g} seconds") from error
    seconds = time.monotonic() - began
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ContenderError(f"the agent, {name}: exit code {done.returncode}: {said[-1] if said else ''}")
    return seconds
