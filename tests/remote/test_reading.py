"""Every task reads a run in a bucket where it is, and says the same as of a run on the disk."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from probe.record.line_index import line_index
from probe.record.seekable_zstd import write_frames
from tests.remote.conftest import RECORD, Bucket, Machine, manifest_of
from tests.support.s3_proxy import S3Proxy

Make = Callable[[str], Machine]
OLD, NEW = "demo/20261120T100000Z", "demo/20261121T100000Z"
LARGE = RECORD * 400
TASKS = {
    "show": ("show", "{run}"),
    "show of a turn": ("show", "{run}", "turn", "2"),
    "get of a turn's answer": ("get", "{run}", "turn.3.answer"),
    "get of an exchange": ("get", "{run}", "exchange.2.response.body"),
    "grep": ("grep", "prime", "--run", "{run}"),
    "verify": ("verify", "{run}"),
    "compare": ("compare", "{run}", "demo/sample"),
}


def compressed(record: bytes) -> bytes:
    """Return a record as `compress` writes it."""
    out = io.BytesIO()
    write_frames(io.BytesIO(record), out, 1 << 20)
    return out.getvalue()


@pytest.mark.parametrize("words", TASKS.values(), ids=TASKS.keys())
def test_a_task_says_the_same_of_a_run_in_a_bucket_and_on_the_disk(
    words: tuple[str, ...], bucket: Bucket, machine: Make, tmp_path: Path
) -> None:
    bucket.put_run(OLD)
    local = tmp_path / "data" / OLD
    local.mkdir(parents=True, mode=0o700)
    for name, data in (("traffic.jsonl", RECORD), ("manifest.json", manifest_of(OLD, RECORD))):
        (local / name).write_bytes(data)
        (local / name).chmod(0o600)
    words = tuple(word.format(run=OLD) for word in words)
    there = machine("a").run(*words)
    here = machine("a").run(*words, PROBE_DATA_DIR=str(tmp_path / "data"))
    assert (there.returncode, there.stdout) == (here.returncode, here.stdout), there.stderr
    assert there.returncode == 0
    assert there.stdout


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_report_is_the_same_by_one_or_more_processes(jobs: str, bucket: Bucket, machine: Make) -> None:
    bucket.put_run(NEW, RECORD * 100)
    report = Path(machine("a").printed("analyze", NEW, "--jobs", jobs).strip()).read_text()
    assert "300 turns" in report


WORDS = {
    "latest": NEW,
    "latest~1": OLD,
    "20261120": OLD,
    "20261120T100000Z": OLD,
    NEW: NEW,
    "demo/202611": None,
}


def test_words_name_runs_in_a_bucket(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(OLD, started="2026-11-20T10:00:00Z")
    bucket.put_run(NEW, started="2026-11-21T10:00:00Z")
    one = machine("a")
    for word, key in WORDS.items():
        done = one.run("get", word, "manifest/run")
        if key is None:
            assert "is ambiguous" in done.stderr
            assert done.returncode == 2
        else:
            assert done.stdout.strip() == key.rpartition("/")[2], done.stderr


def test_a_run_without_a_manifest_is_not_there(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(OLD)
    bucket.put(f"{NEW}/traffic.jsonl", RECORD)
    one = machine("a")
    assert [run["run"] for run in json.loads(one.printed("runs", "--json"))] == [OLD.rpartition("/")[2]]
    done = one.run("show", NEW)
    assert done.returncode == 2
    assert f"no run '{NEW}' in {bucket.url}" in done.stderr


def test_a_run_that_was_deleted_in_the_bucket_is_gone(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(OLD)
    bucket.put_run(NEW)
    one = machine("a")
    assert len(json.loads(one.printed("runs", "--json"))) == 2
    bucket.client.delete_object(Bucket=bucket.name, Key=f"team/{NEW}/manifest.json")
    assert [run["run"] for run in json.loads(one.printed("runs", "--json"))] == [OLD.rpartition("/")[2]]


FORMS = {
    "a plain record": ("traffic.jsonl", LARGE),
    "a compressed record": ("traffic.jsonl.zst", compressed(RECORD * 4000)),
}


@pytest.mark.parametrize(("name", "data"), FORMS.values(), ids=FORMS.keys())
def test_an_exchange_is_got_without_downloading_the_record(
    name: str, data: bytes, bucket: Bucket, machine: Make, proxy: S3Proxy, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    bucket.put_run(NEW, data, name)
    bucket.put(f"{NEW}/traffic.lines", line_index(tmp_path / "traffic.jsonl"))
    found = machine("a").printed("get", NEW, "exchange.1001.request.url")
    assert found == machine("b").printed("get", "demo/sample", "exchange.2.request.url")
    assert 0 < proxy.read(f"/{name}") < len(data) / 5


def test_a_record_without_an_index_of_its_lines_is_read_up_to_the_line(
    bucket: Bucket, machine: Make, proxy: S3Proxy
) -> None:
    bucket.put_run(NEW, LARGE)
    assert machine("a").printed("get", NEW, "exchange.1001.request.url")
    assert len(LARGE) / 2 < proxy.read("/traffic.jsonl") < len(LARGE)


def test_an_index_of_another_record_is_not_believed(bucket: Bucket, machine: Make, tmp_path: Path) -> None:
    (tmp_path / "traffic.jsonl").write_bytes(RECORD[: len(RECORD) // 2])
    bucket.put_run(NEW)
    bucket.put(f"{NEW}/traffic.lines", line_index(tmp_path / "traffic.jsonl"))
    assert machine("a").printed("get", NEW, "exchange.3.id") == machine("a").printed(
        "get", "demo/sample", "exchange.3.id"
    )


def flipped(data: bytes, place: int) -> bytes:
    """Return bytes of which one is another."""
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


DAMAGED = {
    "a byte of a plain record": ("traffic.jsonl", RECORD, flipped(RECORD, 30_000)),
    "a byte of a compressed record": ("traffic.jsonl.zst", compressed(RECORD), flipped(compressed(RECORD), 3_000)),
    "the end of a plain record": ("traffic.jsonl", RECORD, RECORD[:40_000]),
    "the end of a compressed record": ("traffic.jsonl.zst", compressed(RECORD), compressed(RECORD)[:3_000]),
}


@pytest.mark.parametrize(("name", "data", "damaged"), DAMAGED.values(), ids=DAMAGED.keys())
def test_verify_reads_the_whole_record_and_finds_damage_in_the_bucket(
    name: str, data: bytes, damaged: bytes, bucket: Bucket, machine: Make, proxy: S3Proxy
) -> None:
    bucket.put(f"{OLD}/{name}", data)
    bucket.put(f"{OLD}/manifest.json", manifest_of(OLD, RECORD))
    one = machine("a")
    assert one.run("verify", OLD).returncode == 0
    assert proxy.read(f"/{name}") >= len(data)
    bucket.put(f"{OLD}/{name}", damaged)
    done = one.run("verify", OLD)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL" in done.stdout
    assert f"{bucket.url}/{OLD}/{name}" in done.stdout or "SHA-256" in done.stdout


def test_the_second_command_asks_for_what_is_new_alone(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    for number in range(40):
        bucket.put_run(f"demo/20261101T1000{number:02d}Z")
    one = machine("a")
    one.printed("runs")
    assert proxy.count("GET", "/manifest.json") == 40
    proxy.clear()
    bucket.put_run(OLD)
    one.printed("runs")
    assert proxy.count("GET", "/manifest.json") == 1
    assert len(proxy.passed) == 3, "two listings and one manifest"


@pytest.mark.slow
def test_of_thousands_of_runs_a_command_asks_for_what_it_needs_once(
    bucket: Bucket, machine: Make, proxy: S3Proxy
) -> None:
    for number in range(2_000):
        bucket.put(f"demo/20261101T{number:06d}Z/manifest.json", b"{}")
    bucket.put_run(OLD)
    for word in ("20261120", OLD):
        proxy.clear()
        machine(f"of {word[:4]}").printed("show", word)
        assert proxy.count("GET", "/manifest.json") == 1
        assert len(proxy.passed) < 12
    proxy.clear()
    one = machine("a")
    assert len(json.loads(one.printed("runs", "--json"))) == 2_001
    assert proxy.count("GET", "/manifest.json") == 2_001
    proxy.clear()
    assert len(json.loads(one.printed("runs", "--json"))) == 2_001
    assert len(proxy.passed) == 4, "one listing of targets, three pages of files"
