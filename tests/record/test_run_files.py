"""Whatever stands in the place of a run's file, every command that reads runs comes to an end and says so."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from probe import analyze, runs
from probe.addon.plain_files import read_plain
from probe.errors import UserError
from probe.places import PROJECT
from probe.verify.__main__ import main as verify


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


TRAPS: dict[str, Callable[[Path], object]] = {
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to a file": lambda path: path.symlink_to("/etc/hosts"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a terabyte of nothing": _sparse,
}
FILES = (
    "traffic.jsonl",
    "traffic.jsonl.zst",
    "tunnels.jsonl",
    "proxy.log",
    "manifest.json",
    "report.md",
    "summary.json",
    ".live/known.jsonl",
    ".live/journal",
)


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """Make a run whose proxies were killed."""
    run = tmp_path / "codex" / "20260101T000000Z"
    shutil.copytree(PROJECT / "data/codex/tool-loop", run)
    (run / "manifest.json").write_text(json.dumps({"target": "codex", "started": "2026-01-01T00:00:00Z"}))
    (run / ".live").mkdir()
    (run / ".live" / "known.jsonl").touch()
    (run / ".live" / "journal").touch()
    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "trap"),
    [*((name, trap) for name in FILES for trap in TRAPS), (".live", "a link to a device"), (".live", "a pipe")],
)
def test_no_file_of_a_run_is_followed_waited_for_or_read_without_end(killed: Path, name: str, trap: str) -> None:
    shutil.rmtree(killed / name) if (killed / name).is_dir() else (killed / name).unlink(missing_ok=True)
    TRAPS[trap](killed / name)
    for main in (verify, analyze.main):
        with pytest.raises(UserError, match=r"not a file of agent-probe|cannot be|damaged"):
            main([f"--data-dir={killed.parent.parent}", f"--run={killed.name}"])
    runs.main([f"--data-dir={killed.parent.parent}"])


@pytest.mark.parametrize("trap", [TRAPS["a terabyte of nothing"], TRAPS["a pipe"]], ids=["no end", "pipe"])
@pytest.mark.parametrize("name", ["notes", "report.md"])
def test_what_else_lies_in_the_folder_is_not_searched_without_end(
    killed: Path, name: str, trap: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(killed / ".live")
    (killed / name).unlink(missing_ok=True)
    trap(killed / name)
    assert verify([f"--data-dir={killed.parent.parent}", f"--run={killed.name}"]) == 1
    assert ("notes could not be searched" in capsys.readouterr().out) == (name == "notes" and trap is _sparse)


def test_a_manifest_names_no_file_elsewhere(killed: Path) -> None:
    shutil.rmtree(killed / ".live")
    steps = {"analyze": {"inputs": {}, "outputs": {"/dev/zero": ""}}}
    (killed / "manifest.json").write_text(json.dumps({"target": "codex", "steps": steps}))
    with pytest.raises(UserError, match="cannot be read"):
        analyze.main([f"--data-dir={killed.parent.parent}", f"--run={killed.name}"])


def test_a_file_has_its_limit_and_its_folder_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"abc")
    assert read_plain(tmp_path / "real" / "file", 3) == b"abc"
    with pytest.raises(OSError, match="more than 2 bytes"):
        read_plain(tmp_path / "real" / "file", 2)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(OSError, match="link"):
        read_plain(tmp_path / "link" / "file", 3)


def test_a_few_holes_are_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.truncate(tmp_path / "file", 1 << 20)
    assert read_plain(tmp_path / "file", 1 << 20) == bytes(1 << 20)
