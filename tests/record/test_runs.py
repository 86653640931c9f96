"""Runs are found by the words that a user has for them."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.record.files import file_sha256
from probe.record.manifest import Manifest, utc_now
from probe.record.runs import all_runs, find_run, has_records, is_alive, new_run


def make(data: Path, target: str, name: str, started: str, **more: object) -> Path:
    folder = data / target / name
    folder.mkdir(parents=True)
    (folder / "traffic.jsonl").write_text("{}\n")
    (folder / "manifest.json").write_text(json.dumps({"target": target, "started": started, **more}))
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make(tmp_path, "codex", "20260101T000000Z", "2026-01-01T00:00:00.000000Z")
    make(tmp_path, "codex", "20260102T000000Z", "2026-01-02T00:00:00.000000Z")
    make(tmp_path, "demo", "20260103T000000Z", "2026-01-03T00:00:00.000000Z")
    make(tmp_path, "codex", "sample", "2027-01-01T00:00:00.000000Z", bundled=True)
    make(tmp_path, "codex", "sample-two", "2027-01-02T00:00:00.000000Z", bundled=True)
    (tmp_path / ".mitmproxy").mkdir()
    return tmp_path


def test_a_hint_that_leaves_runs_out_counts_them(data: Path) -> None:
    for day in range(4, 9):
        make(data, "codex", f"2026010{day}T000000Z", f"2026-01-0{day}T00:00:00.000000Z")
    with pytest.raises(UserError) as error:
        find_run("nothing-like-it", data)
    assert str(error.value.hint).endswith("codex/20260108T000000Z, codex/sample, codex/sample-two, … (2 older)")


WORDS = {
    "the newest over all targets, never a sample": ("latest", None, "demo/20260103T000000Z"),
    "the newest of a target": ("latest", "codex", "codex/20260102T000000Z"),
    "one before": ("latest~1", None, "codex/20260102T000000Z"),
    "two before": ("latest~2", None, "codex/20260101T000000Z"),
    "a name": ("20260101T000000Z", None, "codex/20260101T000000Z"),
    "a prefix": ("20260103", None, "demo/20260103T000000Z"),
    "an exact name before a prefix": ("sample", None, "codex/sample"),
    "target and name": ("codex/20260102T000000Z", None, "codex/20260102T000000Z"),
    "target and prefix": ("codex/20260102", None, "codex/20260102T000000Z"),
}


@pytest.mark.parametrize(("word", "target", "expected"), WORDS.values(), ids=WORDS.keys())
def test_a_run_is_found(data: Path, word: str, target: str | None, expected: str) -> None:
    assert find_run(word, data, target).folder == data / expected


def test_a_run_is_found_by_its_path(data: Path) -> None:
    assert find_run(str(data / "codex" / "sample"), Path("/nowhere")).name == "sample"


NOT_FOUND = {
    "an ambiguous prefix": ("2026010", None, "ambiguous"),
    "an unknown name": ("never", None, "no run 'never'"),
    "too far back": ("latest~9", None, "3 recorded"),
    "too far back, with what there is": ("latest~9", None, "latest~2 is the oldest"),
    "too far back of one": ("latest~1", "demo", "latest is the only one"),
    "a target without runs": ("latest", "other", "of target 'other'"),
    "nothing": ("", None, "no run"),
}


@pytest.mark.parametrize(("word", "target", "part"), NOT_FOUND.values(), ids=NOT_FOUND.keys())
def test_a_word_that_means_no_run_is_told(data: Path, word: str, target: str | None, part: str) -> None:
    with pytest.raises(UserError) as raised:
        find_run(word, data, target)
    assert part in str(raised.value)


HERE = {
    "an archive": ("out.zip", "out.zip is an archive", "unzip it, then name its folder: ./FOLDER"),
    "an archive, by its path": ("./out.zip", "./out.zip is an archive", "unzip it, then name its folder: ./FOLDER"),
    "a run's folder without its path": ("demo-one-redacted", "a folder right here is", "write ./demo-one-redacted"),
}


@pytest.mark.parametrize(("word", "part", "hint"), HERE.values(), ids=HERE.keys())
def test_a_file_or_folder_right_here_is_named_as_what_it_is(
    data: Path, monkeypatch: pytest.MonkeyPatch, word: str, part: str, hint: str
) -> None:
    make(data, "here", "demo-one-redacted", "2026-01-04T00:00:00.000000Z")
    with zipfile.ZipFile(data / "here" / "out.zip", "w") as archive:
        archive.writestr("demo-one-redacted/traffic.jsonl", "{}\n")
    monkeypatch.chdir(data / "here")
    with pytest.raises(UserError, match=part) as raised:
        find_run(word, Path("/nowhere"))
    assert raised.value.hint == hint


def test_runs_of_a_target_elsewhere_are_found(data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    made = make(elsewhere, "aider", "20260104T000000Z", "2026-01-04T00:00:00.000000Z")
    made.rename(elsewhere / made.name)
    (elsewhere / "aider").rmdir()
    assert find_run("latest", data, None, {"aider": elsewhere}).target == "aider"
    assert [run.target for run in all_runs(data, "aider", {"aider": elsewhere})] == ["aider"]


def test_the_latest_to_replay_is_no_replay_that_a_user_asked_for(data: Path) -> None:
    for day, source in (("05", "targets/demo.yaml"), ("06", "command line")):
        settings = {"replay": {"value": "codex/sample", "source": source}}
        started = f"2026-01-{day}T00:00:00.000000Z"
        make(data, "codex", f"202601{day}T000000Z", started, replay_of="codex/sample", settings=settings)
    assert find_run("latest", data).name == "20260106T000000Z"
    assert find_run("latest", data, replays=False).name == "20260105T000000Z"
    assert find_run("latest~1", data, replays=False).name == "20260103T000000Z"


def test_runs_that_start_in_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(20) as pool:
        folders = list(pool.map(lambda _: new_run(tmp_path / "codex", None), range(60)))
    assert len(set(folders)) == 60
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in folders)


def test_an_output_folder_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    assert new_run(tmp_path, tmp_path / "mine") == tmp_path / "mine"
    (tmp_path / "mine" / "traffic.jsonl").write_text("{}\n")
    assert has_records(tmp_path / "mine")
    with pytest.raises(UserError, match="already holds a run"):
        new_run(tmp_path, tmp_path / "mine")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be created"):
        new_run(tmp_path / "file" / "codex", None)


def test_a_step_is_up_to_date_until_an_input_or_an_output_changes(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, {})
    (tmp_path / "report.md").write_text("one")
    manifest.finished_step("analyze", {"traffic.jsonl": "a"}, {"report.md": file_sha256(tmp_path / "report.md") or ""})
    again = Manifest.read(tmp_path)
    assert again.up_to_date("analyze", {"traffic.jsonl": "a"})
    assert not again.up_to_date("analyze", {"traffic.jsonl": "b"})
    assert not again.up_to_date("capture", {})
    (tmp_path / "report.md").write_text("two")
    assert not again.up_to_date("analyze", {"traffic.jsonl": "a"})
    (tmp_path / "report.md").unlink()
    assert not again.up_to_date("analyze", {"traffic.jsonl": "a"})


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        Manifest.read(tmp_path)


def test_the_manifest_is_private(tmp_path: Path) -> None:
    Manifest(tmp_path, {}).update(prompt="x")
    assert (tmp_path / "manifest.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_process_that_only_has_the_same_number_keeps_no_run_alive(tmp_path: Path) -> None:
    running = {"pid": os.getpid()}
    make(tmp_path, "codex", "20990101T000000Z", "2099-01-01T00:00:00.000000Z", **running)
    make(tmp_path, "codex", "20200101T000000Z", "2020-01-01T00:00:00.000000Z", **running)
    assert [is_alive(run) for run in all_runs(tmp_path)] == [False, True]


def test_a_process_that_is_dead_but_not_yet_waited_for_records_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        make(tmp_path, "codex", "run", utc_now(), pid=zombie.pid)
        (run,) = all_runs(tmp_path)
        assert not is_alive(run)
