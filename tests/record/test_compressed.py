"""A run's record is compressed and made plain again without a moment in which anything could be lost."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from probe.addon.journal import JournalFolder
from probe.addon.plain_files import open_folder
from probe.errors import UserError
from probe.live.growing_record import GrowingRecord
from probe.places import PROJECT
from probe.record import compressed
from probe.record.changed_files import changed_files
from probe.record.compressed import compress, decompress
from probe.record.files import file_sha256
from probe.record.open_record import record_sha256
from probe.record.runs import Run, all_runs, find_run, has_records
from tests.support.killed_compressing import run_in

SAMPLE = PROJECT / "data" / "codex" / "tool-loop"
RECORD = (SAMPLE / "traffic.jsonl").read_bytes()
PLAIN, PACKED = ["manifest.json", "report.md", "traffic.jsonl"], ["manifest.json", "report.md", "traffic.jsonl.zst"]


def changes(folder: Path) -> list[str]:
    """Return how a run's files are not as its manifest has them."""
    run = run_in(folder)
    return list(changed_files(run, record_sha256(run.traffic)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a run of one's own, whose record is several frames when it is compressed."""
    monkeypatch.setattr(compressed, "FRAME", 5000)
    run = tmp_path / "data" / "codex" / "20260101T000000Z"
    shutil.copytree(SAMPLE, run)
    manifest = run / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"bundled": False}))
    os.utime(run / "traffic.jsonl", ns=(10**18, 10**18))
    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_manifest_names_the_file_with_both_hashes(folder: Path) -> None:
    before = run_in(folder).manifest.data
    made = compress(run_in(folder))
    assert made
    packed, data = folder / "traffic.jsonl.zst", run_in(folder).manifest.data
    assert names(folder) == PACKED
    assert (made.size, made.record_size) == (packed.stat().st_size, len(RECORD))
    assert data.pop("compressed") == {
        "file": "traffic.jsonl.zst",
        "sha256": file_sha256(packed),
        "size": made.size,
        "record_size": len(RECORD),
    }
    assert data == before
    assert data["traffic_sha256"] == sha256(RECORD).hexdigest()
    assert changes(folder) == []


def test_undoing_it_leaves_the_run_as_it_was(folder: Path) -> None:
    before = run_in(folder).manifest.data
    compress(run_in(folder))
    decompress(run_in(folder))
    assert names(folder) == PLAIN
    assert (folder / "traffic.jsonl").read_bytes() == RECORD
    assert run_in(folder).manifest.data == before | {"compressed": None}
    assert changes(folder) == []


def test_the_new_file_is_private_and_has_the_time_of_the_old_one(folder: Path) -> None:
    with (folder / "traffic.jsonl").open("ab") as file:
        file.write(b" \n" * 700_000)  # a last piece that waits in a buffer
    os.utime(folder / "traffic.jsonl", ns=(10**18, 10**18))
    for change, name in ((compress, "traffic.jsonl.zst"), (decompress, "traffic.jsonl")):
        change(run_in(folder))
        status = (folder / name).stat()
        assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o600, 10**18)


def test_a_record_without_a_manifest_gets_none_by_this(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    compress(run_in(folder))
    assert names(folder) == ["report.md", "traffic.jsonl.zst"]
    decompress(run_in(folder))
    assert names(folder) == ["report.md", "traffic.jsonl"]


def test_a_run_is_found_and_listed_by_its_compressed_record_alone(folder: Path) -> None:
    data, own = folder.parent.parent, {"target": "codex", "started": "2026-01-01T00:00:00Z"}
    (folder / "manifest.json").write_text(json.dumps(own))
    listed = [(run.name, run.started) for run in all_runs(data)]
    compress(run_in(folder))
    assert [(run.name, run.started) for run in all_runs(data)] == listed
    assert has_records(folder)
    (folder / "manifest.json").unlink()
    assert [run.name for run in all_runs(data)] == [folder.name]
    assert find_run("latest", data).folder == folder


def _another(folder: Path) -> None:
    compress(run_in(folder))
    (folder / "traffic.jsonl").write_bytes(b"{}\n")


def _damaged(folder: Path) -> None:
    compress(run_in(folder))
    (folder / "traffic.jsonl").write_bytes(RECORD)
    os.truncate(folder / "traffic.jsonl.zst", 100)


def _both(folder: Path) -> None:
    compress(run_in(folder))
    (folder / "traffic.jsonl").write_bytes(RECORD)


def _left(folder: Path) -> None:
    for name in ("traffic.jsonl", "traffic.jsonl.zst"):
        (folder / f".{name}.0123456789abcdef").write_bytes(b"half")


@pytest.mark.parametrize("prepare", [_both, _damaged, _left])
@pytest.mark.parametrize(("change", "after"), [(compress, PACKED), (decompress, PLAIN)])
def test_it_goes_on_where_it_was_killed(
    folder: Path, prepare: Callable[[Path], None], change: Callable[[Run], object], after: list[str]
) -> None:
    prepare(folder)
    change(run_in(folder))
    assert names(folder) == after
    assert record_sha256(folder / "traffic.jsonl") == sha256(RECORD).hexdigest()


@pytest.mark.parametrize("change", [compress, decompress])
def test_two_different_records_are_both_kept(folder: Path, change: Callable[[Run], object]) -> None:
    _another(folder)
    with pytest.raises(UserError, match=r"traffic\.jsonl\.zst holds another record than .*traffic\.jsonl, which"):
        change(run_in(folder))
    assert names(folder) == [*PLAIN, "traffic.jsonl.zst"]
    assert record_sha256(folder / "traffic.jsonl.zst") == sha256(RECORD).hexdigest()
    (text,) = (one for one in changes(folder) if "another" in one)
    assert text == "traffic.jsonl.zst holds another record than traffic.jsonl, which is the one that is read"


def test_a_record_that_proxies_still_write_is_not_compressed(folder: Path) -> None:
    journals = JournalFolder(folder)
    with pytest.raises(UserError, match=r"exchanges of run codex/.* are still being written"):
        compress(run_in(folder))
    journals.close()
    assert names(folder) == PLAIN
    compress(run_in(folder))


def test_only_one_process_at_a_time_changes_the_record(folder: Path) -> None:
    fd = open_folder(folder)
    fcntl.flock(fd, fcntl.LOCK_EX)
    with pytest.raises(UserError, match="another process compresses run codex/"):
        compress(run_in(folder))
    os.close(fd)
    compress(run_in(folder))


def test_a_record_that_grows_meanwhile_stays_plain(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def grow(_run: Run, made: object) -> None:
        with (folder / "traffic.jsonl").open("ab") as file:
            file.write(b"{}\n" if made else b"")

    monkeypatch.setattr(compressed, "_note", grow)
    with pytest.raises(UserError, match="changed while it was compressed"):
        compress(run_in(folder))
    assert (folder / "traffic.jsonl").read_bytes() == RECORD + b"{}\n"
    assert names(folder) == PLAIN


def test_who_follows_the_run_does_not_see_that_it_is_compressed(folder: Path) -> None:
    growing = GrowingRecord(folder / "traffic.jsonl")
    first = len(list(growing.new()))
    compress(run_in(folder))
    assert not growing.replaced()
    assert list(growing.new()) == []
    assert first == len(list(GrowingRecord(folder / "traffic.jsonl").new())) == RECORD.count(b"\n")


@pytest.mark.parametrize(("change", "after"), [("compress", PACKED), ("decompress", PLAIN)])
def test_whenever_it_is_killed_the_record_is_whole_and_the_next_one_goes_on(
    folder: Path, tmp_path: Path, change: str, after: list[str]
) -> None:
    command = [sys.executable, "-m", "tests.support.killed_compressing", change, str(folder), str(tmp_path / "copy")]
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr
    points = [json.loads(line) for line in said.stdout.splitlines()]
    assert [one["killed"] for one in points] == [True] * (len(points) - 1) + [False]
    assert all(one["whole"] and one["went_on"] for one in points)
    # A manifest that was not finished is left, as by any command that is killed.
    assert {name for one in points for name in one["after"] if not name.startswith(".manifest.json.")} == set(after)
    # It was killed before, while and after there were both files.
    found = {tuple(name for name in one["files"] if not name.startswith(".")) for one in points}
    assert found == {tuple(PLAIN), (*PLAIN, "traffic.jsonl.zst"), tuple(PACKED)}
