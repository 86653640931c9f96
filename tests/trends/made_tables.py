"""Tables as a fleet has them, out of a few words about each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from probe.fleet.run_result import RunResult
from probe.fleet.tables import local_tables, publish, write_chunk
from probe.store.store import store_at


class Call(NamedTuple):
    """One call of the model."""

    first: float | None = 0.4
    """Seconds to its first token; None where none came."""
    whole: float = 2.0
    status: int | None = 200
    complete: bool = True
    tools: tuple[tuple[str, bool | None], ...] = ()
    """Tools that it calls, each with whether that failed."""
    is_side: bool = False
    failed_try: bool = False
    problem: str | None = None


class MadeRun(NamedTuple):
    """One run."""

    run: str
    agent: str | None = "codex 1.0.0"
    day: str | None = "2026-11-01"
    input: int | None = 1000
    cached: int | None = 400
    output: int | None = 100
    reasoning: int | None = 20
    dollars: float | None = 0.01
    instructions: int = 500
    tools: int = 300
    calls: tuple[Call, ...] = (Call(),)
    replay_of: str | None = None

    @property
    def started(self) -> datetime | None:
        """Return its start."""
        return datetime.fromisoformat(f"{self.day}T08:00:00+00:00") if self.day else None


def write_tables(data: Path | str, runs: Iterable[MadeRun], *, by_day: bool = False) -> Path:
    """Publish the tables of runs; return their folder. Not `by_day`: all days in one file, which is faster."""
    store = store_at(data)
    results = [_result(one, by_day=by_day) for one in runs]
    write_chunk(store, "chunk", results)
    publish(store, ["chunk"], runs=len(results), pattern="*/*")
    return local_tables(store)


def _result(one: MadeRun, *, by_day: bool) -> RunResult:
    target, _, name = one.run.partition("/")
    return RunResult(
        run=one.run,
        target=target,
        name=name,
        date=(one.day or "unknown") if by_day else "2026-11-01",
        agent=one.agent or "",
        rows=dict(_rows(one)),
    )


def _rows(one: MadeRun) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    started = one.started or datetime(2026, 11, 1, tzinfo=UTC)
    usage = {"input_tokens": one.input, "output_tokens": one.output, "cache_read_tokens": one.cached}
    money = {"reasoning_tokens": one.reasoning, "dollars": one.dollars}
    key: dict[str, Any] = {"run": one.run}
    about = {"target": one.run.partition("/")[0], "agent": one.agent, "replay_of": one.replay_of}
    yield "runs", [{**key, **about, "started": one.started, **usage, **money}]
    sizes = (("setting", 10), ("instructions", one.instructions), ("tool", one.tools), ("message", 70))
    yield "items", [key | {"item": number, "kind": kind, "bytes": size} for number, (kind, size) in enumerate(sizes)]
    yield "turns", [_turn(number, call, started, one) for number, call in enumerate(one.calls, 1)]
    yield (
        "tool_calls",
        [
            key | {"turn": number, "place": place, "name": name, "failed": failed}
            for number, call in enumerate(one.calls, 1)
            for place, (name, failed) in enumerate(call.tools)
        ],
    )


def _turn(number: int, call: Call, started: datetime, one: MadeRun) -> dict[str, Any]:
    begin = started + timedelta(minutes=number)
    return {
        "run": one.run,
        "turn": number,
        "failed_try": call.failed_try,
        "is_side": call.is_side,
        "started": begin,
        "first_token": None if call.first is None else begin + timedelta(seconds=call.first),
        "ended": begin + timedelta(seconds=call.whole),
        "status": call.status,
        "complete": call.complete,
        "problem": call.problem,
        "input_tokens": one.input and one.input // len(one.calls),
        "items": [0, 1, 2, 3],
    }


def many_runs(count: int, *, targets: Sequence[str] = ("codex",), days: int = 365, versions: int = 50) -> list[MadeRun]:
    """Return runs at random days, of random versions: the most points that so many runs can have."""
    random = Random(7)
    return [_random_run(random, number, targets, days, versions) for number in range(count)]


def _random_run(random: Random, number: int, targets: Sequence[str], days: int, versions: int) -> MadeRun:
    target, version = random.choice(targets), random.randrange(versions)
    day = date(2026, 11, 22) - timedelta(days=random.randrange(days))
    size = int(random.lognormvariate(9, 1)) + 20 * version
    calls = tuple(_random_call(random) for _ in range(random.randint(1, 4)))
    return MadeRun(
        run=f"{target}/{day:%Y%m%d}T{random.randrange(10**6):06d}Z-{number:06d}",
        agent=f"{target} 0.{90 + version}.0",
        day=day.isoformat(),
        input=size,
        cached=int(size * random.uniform(0.2, 0.9)),
        output=int(random.lognormvariate(6, 1)),
        reasoning=random.randrange(400),
        dollars=size * 3e-6 if random.random() < 0.9 else None,
        instructions=4000 + 60 * version + random.randrange(30),
        tools=9000 + 30 * version,
        calls=calls,
        replay_of=f"{target}/sample" if random.random() < 0.03 else None,
    )


def _random_call(random: Random) -> Call:
    names = ("exec_command", "apply_patch", "web_search", "update_plan", "view_image")
    used = tuple((random.choice(names), random.choice((None, False, False, True))) for _ in range(random.randint(0, 2)))
    first, status = random.lognormvariate(-0.5, 0.6), random.choices((200, 429, 500, None), (90, 4, 1, 1))[0]
    whole = first + random.lognormvariate(1, 0.7)
    return Call(first, whole, status, complete=random.random() < 0.98, tools=used if status == 200 else ())
