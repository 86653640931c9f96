"""A run that was exported and imported again is compared with what it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.compare.__main__ import main as compare
from probe.export import main as export
from probe.import_run import main as import_run
from probe.record.manifest import Manifest
from tests.compare.comparing import Recording

FORMATS = ("har", "flows", "claude-tap")
VERSIONED = "demo/sample"


def imported(run: Path, format: str, folder: Path) -> Path:
    """Return the run that an export of another is imported to."""
    file, again = folder / f"a.{format}", folder / "again"
    assert export(["--run", str(run), "--to", format, "--raw", "--output", str(file)]) == 0
    assert import_run([str(file), "--from", format, "--output-dir", str(again)]) == 0
    return again


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("sample", [VERSIONED, "codex/tool-loop"])
def test_the_same_record_has_no_difference_though_one_manifest_knows_less(
    sample: str, format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = Recording(sample)
    home = "/home/someone-else"
    recording.manifest["folders"] = {"home": home}
    assert recording.manifest["versions"]["agent"]
    for headers in recording.headers:
        headers["x-place"] = f"{home}/.settings"
    run = recording.write(tmp_path / "data" / "mine" / "a-run")
    again = imported(run, format, tmp_path)
    assert "agent" not in Manifest.read(again).facts.versions
    for pair in ((run, again), (again, run)):
        capsys.readouterr()
        assert compare([*map(str, pair), "--fail-on", "any"]) == 0, capsys.readouterr().out


def test_another_version_in_an_imported_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = Recording(VERSIONED)
    run = recording.write(tmp_path / "data" / "demo" / "a-run")
    recording.replace("demo-agent/1.0", "demo-agent/2.0")
    other = recording.write(tmp_path / "data" / "demo" / "other")
    again = imported(other, "har", tmp_path)
    capsys.readouterr()
    assert compare([str(run), str(again), "--fail-on", "any"]) == 1
    assert 'user-agent is "demo-agent/2.0", no longer "demo-agent/1.0"' in capsys.readouterr().out
