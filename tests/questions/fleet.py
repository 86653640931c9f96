"""Some synthetic runs with their published tables, their summaries and their records as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from probe.exports.reading import read_run
from probe.fleet.run_result import RunResult, result_of
from probe.fleet.tables import local_tables, publish, write_chunk
from probe.questions.asking import Answer, ask
from probe.questions.connection import open_tables
from probe.record.runs import Run, all_runs
from probe.report.summary import Summary
from probe.store.store import store_at
from probe.targets.finding import load_target
from tests.support.synthetic_runs import write_runs

RUNS = 24
OVERLOADED = 12
"""Number of the run whose last call is answered with an error."""
_PRICES = '"*": {input: 1.5, output: 7, cache_read: 0.25}\n'
_HOME = TemporaryDirectory(prefix="questions-")  # it goes with this process


class One(NamedTuple):
    """One run."""

    run: Run
    result: RunResult
    summary: Summary
    record: Sequence[dict[str, Any]]

    @property
    def key(self) -> str:
        """Return its name as tables have it."""
        return self.result.run

    @property
    def version(self) -> tuple[str, str]:
        """Return the agent and its version."""
        return self.result.target, str(self.run.manifest.facts.versions["agent"])

    @property
    def is_real(self) -> bool:
        """Check whether it is no replay."""
        return self.result.replay_of is None


class Fleet(NamedTuple):
    """All of them."""

    data_dir: Path
    tables: Path
    runs: Sequence[One]

    @property
    def real(self) -> list[One]:
        """Return the runs that are no replays."""
        return [one for one in self.runs if one.is_real]


@cache
def fleet() -> Fleet:
    """Return the runs, in two chunks."""
    folder = Path(_HOME.name) / "data"
    overload(folder / write_runs(folder, RUNS)[OVERLOADED])
    with pytest.MonkeyPatch.context() as patch:
        (folder / "prices.yaml").write_text(_PRICES)
        patch.setenv("PROBE_PRICES", str(folder / "prices.yaml"))
        runs = [read(run) for run in sorted(all_runs(folder), key=lambda one: (one.target, one.name))]
    results = [one.result for one in runs]
    tables = published(folder, {"first": results[: RUNS // 2], "rest": results[RUNS // 2 :]})
    return Fleet(folder, tables, runs)


def read(run: Run) -> One:
    """Read a run both ways."""
    target, _ = load_target(run.target)
    record = [json.loads(line) for line in run.traffic.read_bytes().splitlines()]
    return One(run, result_of(run, target), read_run(run, target, None).summary, record)


def published(data_dir: Path, chunks: dict[str, Iterable[RunResult]]) -> Path:
    """Write and publish tables; return their folder."""
    store = store_at(data_dir)
    lists = {name: list(results) for name, results in chunks.items()}
    for name, results in lists.items():
        write_chunk(store, name, results)
    publish(store, list(chunks), runs=sum(map(len, lists.values())), pattern="*/20*")
    return local_tables(store)


def overload(folder: Path) -> None:
    """Let the last call of a run be answered with an error."""
    *lines, last = (folder / "traffic.jsonl").read_text().splitlines()
    exchange = json.loads(last)
    body = {"error": {"type": "overloaded_error", "message": "Overloaded"}}
    exchange["response"] |= {"status_code": 529, "body": body, "body_kind": "json", "pieces": []}
    (folder / "traffic.jsonl").write_text("\n".join([*lines, json.dumps(exchange, separators=(",", ":"))]) + "\n")


def asked(sql: str, tables: Path | None = None) -> Answer:
    """Return what the tables answer."""
    if tables is None:
        return ask(_connection(), sql, 1000)
    with open_tables(tables) as connection:
        return ask(connection, sql, 1000)


@cache
def _connection() -> Any:
    return open_tables(fleet().tables)


def rows(sql: str, tables: Path | None = None) -> list[dict[str, Any]]:
    """Return the rows of an answer."""
    answer = asked(sql, tables)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
