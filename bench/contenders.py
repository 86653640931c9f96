"""The contenders: what is between the client and the server, each a real process on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.load import KEY
from probe.errors import UserError
from probe.places import PROJECT
from probe.wire.ports import free_ports
from probe.wire.process_tree import MARKER, end, end_marked

DIRECT, FLOOR, NATIVE, OURS, CLAUDE_TAP = "direct", "mitmdump", "mitmdump -w", "probe", "claude-tap"
"""`mitmdump` passes streams on and records nothing: the floor."""
NAMES = (DIRECT, FLOOR, NATIVE, OURS, CLAUDE_TAP)
PROXY_MODULE = "probe.wire.proxy"
FLOWS = "flows.mitm"
"""The native dump, in its contender's folder."""
_START_SECONDS = 60.0
_END_SECONDS = 60.0
"""What is left to write at the end may be many hundred megabytes."""


class ContenderError(Exception):
    """A contender does not run; the text says which and why."""


@dataclass(kw_only=True)
class Contender:
    """One running contender."""

    name: str
    port: int
    pid: int
    """Of the process through which the bytes go."""
    folder: Path
    """All that it writes is in here."""
    sent: int = 0
    """Exchanges that were sent through it."""
    streams: list[str] = field(default_factory=list)
    """SHA-256 of each stream that came through it."""
    uploads: list[str] = field(default_factory=list)
    """SHA-256 of each large request's body."""


Start = Callable[[Path, int, int], list[str]]
"""Folder, own port and upstream port -> command line."""


@contextlib.contextmanager
def running(folder: Path, names: Sequence[str], marker: str, claude_tap: Path | None) -> Iterator[list[Contender]]:
    """Run a server and these contenders in front of it; end them all at the end."""
    with contextlib.ExitStack() as stack:
        # Processes that a killed script leaves behind carry the marker.
        stack.callback(end_marked, marker)
        env = _environment(marker)
        server = _start(stack, [sys.executable, "-m", "bench.upstream"], folder / "server", env)
        assert server.stdout is not None
        upstream = int(server.stdout.readline() or 0)
        if not upstream:
            raise ContenderError(_said("the server", folder / "server"))
        contenders = {DIRECT: Contender(name=DIRECT, port=upstream, pid=server.pid, folder=folder / "server")}
        processes = {}
        proxies = [name for name in names if name != DIRECT]
        for name, port in zip(proxies, free_ports(len(proxies)), strict=True):
            own = folder / name.replace(" ", "")
            command = _COMMANDS[name](own, port, upstream)
            python = str(claude_tap) if name == CLAUDE_TAP else sys.executable
            processes[name] = _start(stack, [python, *command], own, env)
            contenders[name] = Contender(name=name, port=port, pid=processes[name].pid, folder=own)
        for name, process in processes.items():
            _wait_open(contenders[name], process)
        yield [contenders[name] for name in names]


def _environment(marker: str) -> dict[str, str]:
    """Return the environment of all: without the user's settings and proxies."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    # Ours knows the key, as in real use, and looks for it everywhere.
    return kept | {"PYTHONPATH": str(PROJECT), "CODEX_API_KEY": KEY, MARKER: marker}


def _start(stack: contextlib.ExitStack, command: list[str], folder: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    folder.mkdir()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command,
            env=env | {"HOME": str(folder)},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if "bench.upstream" in command else said,
            stderr=said,
            text=True,
            # Ctrl-C is for the benchmark, which then ends them all.
            start_new_session=True,
        )
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[str]) -> None:
    """End a process and what it has started, in an orderly way first."""
    with process, contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        end([one for one in [*family, psutil.Process(process.pid)] if one.is_running()], grace=2.0)


def _wait_open(contender: Contender, process: subprocess.Popen[str]) -> None:
    """Wait until the contender takes connections, and find the process that does."""
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", contender.port), 1.0):
            if contender.name == OURS:
                contender.pid = _proxy_of(process.pid)
            return
        time.sleep(0.05)
    raise ContenderError(_said(contender.name, contender.folder))


def _proxy_of(script: int) -> int:
    family = psutil.Process(script).children(recursive=True)
    return next(process.pid for process in family if PROXY_MODULE in process.cmdline())


def _said(name: str, folder: Path) -> str:
    lines = (folder / "said").read_text(errors="replace").strip().splitlines()
    return f"{name} does not start: {lines[-1] if lines else 'it said nothing'}"


# -- command lines, after the name of a Python ----------------------------------------------------------------


def _mitmdump(folder: Path, port: int, upstream: int) -> list[str]:
    settings = {"stream_large_bodies": "1", "connection_strategy": "lazy", "confdir": str(folder / "confdir")}
    # Not by the name of the program: this is the mitmproxy that agent-probe uses.
    command = ["-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", "-q"]
    command += ["--mode", f"reverse:http://127.0.0.1:{upstream}@127.0.0.1:{port}"]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    return command


def _mitmdump_w(folder: Path, port: int, upstream: int) -> list[str]:
    return [*_mitmdump(folder, port, upstream), "-w", str(folder / FLOWS)]


def _probe(folder: Path, port: int, upstream: int) -> list[str]:
    (other,) = free_ports(1)
    url = f"http://127.0.0.1:{upstream}"
    command = ["-m", "probe.proxies", "--target=codex", f"--data-dir={folder / 'data'}", "--upstream-proxy="]
    command += [f"--upstream={name}={url}" for name in ("model", "backend")]
    return [*command, f"--port=model={port}", f"--port=backend={other}"]


def _claude_tap(_folder: Path, port: int, upstream: int) -> list[str]:
    command = ["-m", "claude_tap", "--tap-no-launch", "--tap-no-live", "--tap-no-open"]
    return [*command, "--tap-host=127.0.0.1", f"--tap-port={port}", f"--tap-target=http://127.0.0.1:{upstream}"]


_COMMANDS: dict[str, Start] = {FLOOR: _mitmdump, NATIVE: _mitmdump_w, OURS: _probe, CLAUDE_TAP: _claude_tap}


def chosen(without: list[str]) -> tuple[str, ...]:
    """Return the contenders that are to run. Raises UserError for an unknown name."""
    dispensable = (NATIVE, CLAUDE_TAP)
    for name in without:
        if name not in dispensable:
            raise UserError(f"--without {name}: cannot be left out", f"these can: {', '.join(dispensable)}")
    return tuple(name for name in NAMES if name not in without)
