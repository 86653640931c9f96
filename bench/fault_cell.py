"""One agent and one fault: run it against its recording, and read from the second record what it did."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.agent_runs import Subject, capturing
from probe.record.reader import read_unread
from probe.renderers.loader import load_renderer
from probe.renderers.urls import split_url
from probe.replay.recorded_turn import RecordedTurn, recorded_turns
from probe.targets.finding import load_target, renderer_spec
from probe.trace.exchanges import ExchangeReader
from tests.support.answers import FOUND
from tests.support.loops import NONCE, PROMPT
from tests.support.running import Running

CELL_SECONDS = 120.0
_LEAVE_SECONDS = 20.0
_SEEN = 60
"""Characters of an agent's own line that the document shows."""


class Call(NamedTuple):
    """One call of the model in a record."""

    started: float
    ended: float
    work: bool
    """Whether it is one of the agent's own work: a title request and the like offer fewer tools, or none."""
    later: bool
    """Whether the tool's result is in it."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent did about a fault."""

    tries: int
    """How often it asked for the answer that was hit."""
    waits: tuple[float, ...]
    """Seconds from the end of one try to the next."""
    end: str
    """done, gave up, or still waiting."""
    exit_code: int | None
    """The agent's own; None where it still ran at the end of the time."""
    seconds: float
    seen: str = ""
    """The first line of its output that speaks of the fault."""


def run_cell(subject: Subject, recording: Path, fault: str, folder: Path) -> Cell:
    """Run an agent with a fault in the first answer of its own work; again where a side request was hit."""
    first = next(number for number, call in enumerate(calls_of(subject, recording), 1) if call.work)
    text = fault if fault.endswith(" always") else f"{fault.removesuffix(' once')} on call {first}"
    for number in range(3):
        here = folder / str(number)
        here.mkdir(parents=True)
        began = time.monotonic()
        with capturing(subject, here, f"--replay={recording}", f"--fault={text}", env={}) as run:
            waiting = is_waiting(run)
            cell = _cell(subject, run, waiting=waiting, seconds=time.monotonic() - began)
            calls = calls_of(subject, run.run_folder())
        shutil.rmtree(here, ignore_errors=True)
        if len(calls) < first or calls[first - 1].work or fault.endswith(" always"):
            break
    return cell


def calls_of(subject: Subject, folder: Path) -> list[Call]:
    """Return the calls of the model in a run, in order; warm-ups are none."""
    renderer = load_renderer(renderer_spec(load_target(subject.target)[0]))
    reader, turns = ExchangeReader(renderer, structured=False), []
    for exchange in read_unread(folder / "traffic.jsonl", lambda _line, _why: None, whole=True):
        path = split_url(exchange.request.url).path
        posts = renderer.knows(path) and renderer.api(path).is_call("POST", path)
        turns += [turn for turn in recorded_turns(reader.read(exchange), path, posts=posts) if not turn.warm_up]
    offered = [_tools(turn.request.value) for turn in turns]
    most = max(offered, default=0)
    found = [
        Call(turn.started, _ended(turn), tools == most, str(NONCE).encode() in turn.request.raw)
        for turn, tools in zip(turns, offered, strict=True)
    ]
    return sorted(found)


def is_waiting(run: Running, seconds: float = CELL_SECONDS) -> bool:
    """Wait for the end of a run; end it after its time, and return whether that was necessary."""
    try:
        run.process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        run.send(signal.SIGINT)
    try:
        run.process.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        run.process.kill()
    return True


def _cell(subject: Subject, run: Running, *, waiting: bool, seconds: float) -> Cell:
    calls = [call for call in calls_of(subject, run.run_folder()) if call.work]
    tries = [call for call in calls if not call.later]
    code = run.manifest().get("agent_exit_code")
    done = code == 0 and FOUND[:40] in run.stdout.replace("\n", " ")
    return Cell(
        tries=len(tries),
        waits=tuple(round(max(0.0, later.started - before.ended), 1) for before, later in pairwise(tries)),
        end="still waiting" if waiting else "done" if done else "gave up",
        exit_code=None if waiting else code,
        seconds=round(seconds, 1),
        seen=seen(run.stdout, run.stderr),
    )


_OWN = re.compile(
    r"(?:WARNING|note|hint|capturing|captured|next|total)\b|(?:status|none|\d{3}) \S+ (?:first|-|[\d.]+s) "
    r"|error: (?:the agent ended|nothing was captured)|\[STARTUP\]|.*HTTPSConnectionPool"
)
"""Lines of `capture`, and of what an agent asks other hosts for."""
_TELLING = re.compile(
    r"(?i)error|fail|retry|retri|reconnect|limit|overload|quota|context|timed? ?out|abort|reset|disconnect"
    r"|invalid|refused|unexpected|empty|denied|authent|interrupt|exceed|stream|(?<![\d.,])[45]\d\d(?![\d.,])"
)
_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\))|[\x00-\x08\x0b-\x1f]")
_VOLATILE = (
    (re.compile(r"https?://[^\s)\"',]+"), "URL"),
    (re.compile(r"(?:/[\w.@+-]+){2,}"), "PATH"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b\w+_[0-9a-f]{8,}\b"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?"), "TIME"),
    (re.compile(r"\b\d+(?:\.\d+)?m?s\b"), "TIME"),
)


def seen(stdout: str, stderr: str) -> str:
    """Return the first line of an agent's output that speaks of the fault, without what changes, cut short."""
    for line in _plain(stderr) + _plain(stdout):
        if _OWN.match(line) or PROMPT in line:
            continue
        for pattern, word in _VOLATILE:
            line = pattern.sub(word, line)
        if _TELLING.search(line):
            return line if len(line) <= _SEEN else line[: _SEEN - 1].rstrip() + "…"
    return ""


def _plain(text: str) -> list[str]:
    return [line for one in _ANSI.sub("", text).splitlines() if (line := " ".join(one.split()))]


def _tools(request: Any) -> int:
    """Count the tools that a request offers."""
    listed = request.get("tools") if isinstance(request, dict) else None
    return len(listed) if isinstance(listed, list) else 0


def _ended(turn: RecordedTurn) -> float:
    if turn.websocket:
        return turn.messages[-1].timestamp if turn.messages else turn.started
    response = turn.exchange.response
    return (response.ended if response else None) or turn.exchange.ended or turn.started
