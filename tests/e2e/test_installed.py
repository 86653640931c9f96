"""The wheel, installed as users install it: a command for any folder, with an empty home and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from probe.cli.commands import COMMANDS
from probe.places import PROJECT, SAMPLES, TARGETS
from probe.targets.finding import target_names

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SHADOWING = ("invoke", "json", "logging", "mitmproxy", "probe", "sitecustomize", "tasks", "yaml")
"""Modules that a hostile folder may hold, under names that the program imports."""


class Installed:
    """An installation with its own home folder."""

    def __init__(self, folder: Path) -> None:
        self.home, self.work, self.bin = folder / "home", folder / "work", folder / "bin"
        for path in (self.home, self.work):
            path.mkdir()

    def environ(self) -> dict[str, str]:
        """Return the environment of a user who has only this."""
        path = os.pathsep.join((str(self.bin), "/usr/bin", "/bin"))
        return {"HOME": str(self.home), "PATH": path, "LANG": "C.UTF-8"}

    def probe(self, *words: str, code: int = 0) -> str:
        """Run the command in the work folder; return what it prints."""
        done = subprocess.run(
            ["probe", *words], cwd=self.work, env=self.environ(), capture_output=True, text=True, timeout=120,
            executable=str(self.bin / "probe"),
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([_uv(), "build", "-q", "--wheel", "-o", str(folder), str(PROJECT)], check=True, timeout=200)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel for the Python that runs the tests."""
    machine = Installed(tmp_path_factory.mktemp("installed"))
    folders = {"UV_TOOL_DIR": str(machine.bin.with_name("tools")), "UV_TOOL_BIN_DIR": str(machine.bin)}
    command = [_uv(), "tool", "install", "-q", "--python", sys.executable, str(wheel)]
    subprocess.run(command, env=os.environ | folders, check=True, timeout=250)
    return machine


def _uv() -> str:
    """Return the path of uv, with which the README installs everything."""
    return shutil.which("uv") or pytest.fail("uv is not installed; pip install uv")


def test_the_wheel_holds_what_git_holds_and_nothing_of_the_users(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    targets = {Path(name).stem for name in names if name.startswith("probe/bundled/targets/")}
    assert targets == {file.stem for file in TARGETS.glob("*.yaml") if not file.stem.endswith(".local")}
    runs = {name.split("/")[4] for name in names if name.startswith("probe/bundled/data/codex/")}
    listed = subprocess.run(["git", "ls-files", "data/codex"], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert runs == {line.split("/")[2] for line in listed.stdout.split()}
    assert not [name for name in names if name.startswith(("tests/", "bench/", "tasks"))]


def test_it_knows_every_task_but_those_of_the_checkout(installed: Installed) -> None:
    shown = installed.probe("--help")
    assert all(f"  {name} " in shown for name in COMMANDS if name != "bench")
    assert "bench" not in shown
    assert "no task 'bench'" in installed.probe("bench", code=2)
    assert set(installed.probe("--complete", "--", "probe capture --target").split()) == set(target_names())


def test_a_run_goes_to_the_platforms_data_folder_and_reads_no_module_of_the_current_one(installed: Installed) -> None:
    for name in SHADOWING:
        (installed.work / f"{name}.py").write_text(f"raise SystemExit('{name} of the current folder')")
    shown = installed.probe("pipeline", "--target", "demo", "--prompt", "Write a prime checker")
    data = installed.home / ".local/share/agent-probe"
    assert f"record: {data}/demo/" in shown
    assert "ended" in installed.probe("runs", "--target", "demo")
    assert "next: probe analyze --run" in installed.probe(
        "capture", "--target", "demo", "--prompt", "Write a prime checker"
    )
    installed.probe("verify")


def test_a_run_is_asked_searched_exported_imported_and_shared(installed: Installed) -> None:
    installed.probe("capture", "--target", "demo", "--prompt", "Write a prime checker")
    assert "asked:\n  (turn 1) Write a prime checker" in installed.probe("show")
    path = installed.probe("grep", "trial division", "--role", "assistant").split()[1]
    assert "trial division" in installed.probe("get", "latest", path)
    installed.probe("export", "--to", "har", "--output", "run.har")
    assert "/demo/" in installed.probe("import", "run.har")
    installed.probe("share", "latest", "--output", "run.zip")
    with zipfile.ZipFile(installed.work / "run.zip") as archive:
        archive.extractall(installed.work)
    (shared,) = {name.split("/")[0] for name in archive.namelist()}
    installed.probe("verify", "--run", f"./{shared}")
    installed.probe("skill", "install", "--agent", "claude-code")
    assert (installed.home / ".claude/skills/agent-probe/SKILL.md").is_file()


def test_bundled_samples_are_listed_read_and_replayed(installed: Installed) -> None:
    assert "tool-loop-websocket" in installed.probe("runs", "--target", "codex")
    report = Path(installed.probe("analyze", "--run", "codex/sample").splitlines()[-1])
    assert report.is_file()
    assert report.is_relative_to(installed.home)
    assert "breaking" in installed.probe("compare", "codex/tool-loop", "codex/tool-loop-websocket")


def test_own_targets_and_what_changes_a_target_are_in_the_users_configuration(installed: Installed) -> None:
    own = installed.home / ".config/agent-probe/targets"
    shown = installed.probe("new-target", "mine", "--command", "my-agent run {prompt}", "--api", "openai")
    assert str(own / "mine.yaml") in shown
    assert "mine" in installed.probe("--complete", "--", "probe doctor --target").split()
    (own / "demo.local.yaml").write_text("report_title: My own title\n")
    installed.probe("analyze", "--run", "demo/sample", "--force")
    report = installed.home / ".local/share/agent-probe/.samples/demo/sample/report.md"
    assert report.read_text().startswith("# My own title")


def test_hints_name_what_can_be_typed_and_opened_here(installed: Installed) -> None:
    assert "hint: make one: probe pipeline --target demo" in installed.probe("analyze", "--data-dir", "none", code=2)
    hint = installed.probe("replay", "--run", "demo/sample", "--fault", "no such fault", code=2)
    guide = next(word for word in hint.split() if word.endswith("faults.md"))
    assert Path(guide).is_file()


def test_the_data_folder_can_be_named(installed: Installed, tmp_path: Path) -> None:
    installed.probe("capture", "--target", "demo", "--prompt", "Write a prime checker", "--data-dir", str(tmp_path))
    assert list(tmp_path.glob("demo/*/traffic.jsonl"))
    assert SAMPLES.is_dir()  # the checkout's own stay what they are
