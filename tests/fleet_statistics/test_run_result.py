"""What one run contributes: its record is read once, and whatever is wrong with it costs this run alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import pytest

from probe.exports.parquet import export
from probe.exports.parquet_tables import TABLES
from probe.fleet.measures import SUMS
from probe.fleet.plain_bytes import DamagedBytesError
from probe.fleet.run_measures import nano_dollars
from probe.fleet.run_result import RunResult, code_key, decode, encode, result_of
from probe.fleet.statistics import FleetStatistics
from probe.record.compressed import compress
from probe.record.manifest import Manifest
from probe.record.runs import Run
from probe.slots.rules import Rule
from probe.targets.finding import load_target
from probe.targets.target import ListenerSpec, Target
from tests.fleet_statistics.runs import LINES, write_run
from tests.support.bundled import BUNDLED

TARGET = Target(description="", listeners={"model": ListenerSpec(port=1, upstream="https://api.example")})


class Opened:
    """Notes the files that are opened."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.watching = False
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watching and event == "open":
            self.names.append(Path(str(arguments[0])).name)


def statistics_of(result: RunResult) -> FleetStatistics:
    """Return the statistics of a run."""
    return FleetStatistics.from_bytes(result.statistics)


def exported(run: Run, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of a run as `export` writes them, times as microseconds."""
    export(run, load_target(run.target)[0], folder)
    found = {}
    for name, columns in TABLES.items():
        table = pyarrow.parquet.read_table(folder / f"{name}.parquet")
        for number, column in enumerate(columns):
            if column.type == "time":
                table = table.set_column(number, column.name, table[column.name].cast(pyarrow.int64()))
        found[name] = table.to_pylist()
    return found


@pytest.mark.parametrize("name", ["codex/tool-loop-websocket", "demo/sample"])
def test_rows_are_those_of_the_tables_of_the_run(name: str, tmp_path: Path) -> None:
    run = BUNDLED[name]
    result = result_of(run, load_target(run.target)[0])
    whole = {
        table: [{column.name: row.get(column.name) for column in TABLES[table]} for row in rows]
        for table, rows in result.rows.items()
    }
    assert whole == exported(run, tmp_path / "tables")


def test_a_record_is_opened_once_and_never_hashed(tmp_path: Path) -> None:
    run = write_run(tmp_path / "codex" / "r", LINES[:2], folder="/home/user", traffic_sha256="0" * 64)
    opened = Opened()
    opened.watching = True
    result = result_of(run, None)
    opened.watching = False
    assert opened.names.count("traffic.jsonl") == 1
    assert result.rows["runs"][0]["record_sha256"] == "0" * 64


def test_sums_are_those_of_the_rows() -> None:
    for run in BUNDLED.values():
        result = result_of(run, load_target(run.target)[0])
        (totals,) = filter(None, statistics_of(result).totals.values())
        turns, (row,) = result.rows["turns"], result.rows["runs"]
        for name in SUMS.keys() & turns[0].keys():
            assert totals.get(name, 0) == sum(turn[name] or 0 for turn in turns)
        for name in SUMS.keys() & row.keys():
            assert totals.get(name, 0) == (row[name] or 0)
        firsts = [turn["first_token"] - turn["started"] for turn in turns if turn["first_token"]]
        assert totals["first_token_microseconds"] == sum(firsts)
        assert totals.get("nano_dollars", 0) == pytest.approx(1e9 * (row["dollars"] or 0), abs=len(turns))
        assert totals["calls"] == len(turns)


def test_a_result_is_the_same_wherever_the_run_is_and_whatever_was_read_before(tmp_path: Path) -> None:
    found = []
    for place in ("one", "a/longer/path"):
        for name in ("tool-loop", "sample"):
            folder = shutil.copytree(BUNDLED[f"codex/{name}"].folder, tmp_path / place / "codex" / name)
            run = Run(folder=folder, target="codex", manifest=Manifest.read(folder))
            found.append(encode(result_of(run, load_target("codex")[0])))
    assert found[:2] == found[2:]


@pytest.mark.slow
def test_a_result_is_the_same_in_every_process() -> None:
    code = """
from probe.fleet.run_result import encode, result_of
from tests.support.bundled import BUNDLED
import hashlib
print([hashlib.sha256(encode(result_of(run, None))).hexdigest() for run in BUNDLED.values()])
"""
    environments = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2")]
    one, other = (
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, timeout=100).stdout
        for env in environments
    )
    assert one == other


@pytest.mark.slow
def test_a_run_takes_less_than_one_and_a_half_times_the_cpu_of_its_report(tmp_path: Path) -> None:
    run = write_run(tmp_path / "codex" / "r", [*LINES * 40])
    commands = {
        "result": f"""
from pathlib import Path
from probe.record.manifest import Manifest
from probe.record.reading_memory import tune_memory
from probe.record.runs import Run
from probe.fleet.run_result import encode, result_of
tune_memory()
folder = Path({str(run.folder)!r})
encode(result_of(Run(folder=folder, target="codex", manifest=Manifest.read(folder)), None))
""",
        "report": f"""
from probe.analyze import main
main(["--input", {str(run.traffic)!r}, "--output", {str(tmp_path / "report.md")!r}])
""",
    }
    took: dict[str, float] = {}
    for _ in range(3):
        for name, code in commands.items():
            before = os.times()
            subprocess.run([sys.executable, "-c", code], check=True, timeout=100, capture_output=True)
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            took[name] = min(took.get(name, cpu), cpu)
    assert took["result"] < 1.5 * took["report"]


DOLLARS = {"0.0000000005": 0, "0.0000000015": 2, "1.23456789012": 1_234_567_890, "0": 0, "-1": 0}


@pytest.mark.parametrize(("dollars", "nano"), DOLLARS.items())
def test_dollars_are_rounded_once_to_the_nearest_even_billionth(dollars: str, nano: int) -> None:
    assert nano_dollars(Decimal(dollars)) == nano


# -- what is wrong with a run -------------------------------------------------------------------------------------


def no_record(run: Run) -> None:
    run.traffic.unlink()


def a_pipe(run: Run) -> None:
    run.traffic.unlink()
    os.mkfifo(run.traffic)


def cut_compressed(run: Run) -> None:
    compress(run)
    packed = run.traffic.with_name("traffic.jsonl.zst")
    packed.write_bytes(packed.read_bytes()[:-40])


DAMAGE: dict[str, tuple[Callable[[Run], None], str]] = {
    "no record": (no_record, "traffic.jsonl"),
    "a pipe in its place": (a_pipe, "not a plain file"),
    "a cut compressed record": (cut_compressed, "traffic.jsonl.zst"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_run_fails_and_counts_as_that(damage: Callable[[Run], None], reason: str, tmp_path: Path) -> None:
    run = write_run(tmp_path / "codex" / "r", LINES[:1])
    damage(run)
    result = result_of(run, None)
    assert reason in (result.failed or "")
    assert result.rows == {}
    found = statistics_of(result)
    assert (found.runs, found.groups, found.failed) == ({"failed": 1}, {}, {"codex/r": result.failed})
    assert decode(encode(result)) == result


def test_a_renderer_that_is_not_there_costs_its_runs_alone(tmp_path: Path) -> None:
    run = write_run(tmp_path / "codex" / "r", LINES[:1])
    target = msgspec.structs.replace(TARGET, renderer="not.there")
    result = result_of(run, target)
    assert "unknown renderer 'not.there'" in (result.failed or "")
    assert code_key(target) != code_key(TARGET)


def test_a_renderer_that_raises_costs_its_exchanges_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "raises_always.py").write_text(
        "def format_request_body(body):\n    raise KeyError('x')\n\nformat_response_body = format_request_body\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    run = write_run(tmp_path / "codex" / "r", LINES[:2])
    result = result_of(run, msgspec.structs.replace(TARGET, renderer="raises_always"))
    assert result.failed is None
    assert statistics_of(result).totals["real"]["exchanges"] == 2


def test_lines_that_are_no_records_are_counted(tmp_path: Path) -> None:
    result = result_of(write_run(tmp_path / "codex" / "r", [LINES[0], b"{}\n", b"\xff\n", LINES[1]]), None)
    assert (result.malformed, result.failed, len(result.rows["exchanges"])) == (2, None, 2)
    found = statistics_of(result)
    assert found.malformed == {"codex/r": 2}
    assert (found.totals["real"]["malformed_runs"], found.totals["real"]["malformed_lines"]) == (1, 2)


def test_a_run_without_a_manifest_is_known_by_its_name(tmp_path: Path) -> None:
    run = write_run(tmp_path / "codex" / "20261121T235959Z", LINES[:1])
    run.manifest.path.unlink()
    bare = Run(folder=run.folder, target="codex", manifest=Manifest.read(run.folder))
    result = result_of(bare, None)
    assert (result.date, result.agent, result.failed) == ("2026-11-21", "codex", None)


def test_the_day_is_that_of_the_start_in_utc(tmp_path: Path) -> None:
    run = write_run(tmp_path / "codex" / "r", LINES[:1], started="2026-11-22T23:30:00-05:00", versions={"agent": "1.2"})
    result = result_of(run, None)
    assert (result.date, result.agent) == ("2026-11-23", "codex 1.2")
    group = statistics_of(result).groups["codex 1.2"]
    assert (group.real.first, group.real.last, set(group.real.tables["days"])) == (*["2026-11-23"] * 2, {"2026-11-23"})


def test_a_redacted_copy_counts_as_that_alone(tmp_path: Path) -> None:
    result = result_of(write_run(tmp_path / "codex" / "r", LINES[:1], redaction={"of": "codex/original"}), None)
    assert (result.is_copy, result.rows, statistics_of(result).runs) == (True, {}, {"copies": 1})


def hostile(line: bytes) -> bytes:
    """Return an exchange with numbers and texts that no table can hold."""
    record = json.loads(line)
    record["request"]["body"] |= {"model": "\ud800", "metadata": {"\udfff": "\ud800", "large": 10**30}}
    record["response"]["body"] = record["response"]["body"].replace('"input_tokens":', f'"input_tokens":{10**30},"x":')
    return json.dumps(record).encode() + b"\n"


def test_texts_and_numbers_that_fit_nowhere_cost_nothing(tmp_path: Path) -> None:
    result = result_of(write_run(tmp_path / "codex" / "r", [hostile(LINES[0]), LINES[1]]), None)
    assert result.failed is None
    assert decode(encode(result)) == result
    found = statistics_of(result)
    assert found.to_bytes() == result.statistics
    assert found.totals["real"]["exchanges"] == 2


# -- storing ------------------------------------------------------------------------------------------------------


def test_damaged_bytes_are_known_as_such(tmp_path: Path) -> None:
    result = result_of(write_run(tmp_path / "codex" / "r", LINES[:1]), None)
    data = encode(result)
    assert decode(data) == result
    for damaged in (b"", data[:-1], data[: len(data) // 2], data[:40] + bytes([data[40] ^ 1]) + data[41:]):
        with pytest.raises(DamagedBytesError):
            decode(damaged)
    with pytest.raises(DamagedBytesError):
        decode(result.statistics)
    with pytest.raises(DamagedBytesError):
        FleetStatistics.from_bytes(data)


def test_the_key_changes_with_all_that_results_depend_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("demo-1: {input: 1, output: 2}\n")
    (tmp_path / "of_a_user.py").write_text(
        "def format_request_body(body):\n    return ''\n\nformat_response_body = str\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    changed: dict[str, dict[str, Any]] = {
        "slots": {"slots": [Rule(slot="x", pattern="y+")]},
        "ids": {"ids": {"session": ["header x-session"]}},
        "renderer": {"renderer": "of_a_user"},
    }
    keys = {name: code_key(msgspec.structs.replace(TARGET, **change)) for name, change in changed.items()}
    keys |= {"target": code_key(TARGET), "none": code_key(None)}
    monkeypatch.setenv("PROBE_PRICES", str(prices))
    keys["prices"] = code_key(TARGET)
    assert keys["target"] == keys["none"]
    assert len(set(keys.values())) == len(keys) - 1
