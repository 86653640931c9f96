"""The pytest plugin in somebody's own project: found by its entry point, and free where it is not used."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

SECONDS = 60
USERS_TEST = """
import json, urllib.request

def test_my_client(recorded_run):
    with recorded_run("codex/tool-loop") as run:
        body = json.dumps(run.recorded[0]).encode()
        with urllib.request.urlopen(f"{run.url}/v1/responses", body) as answer:
            assert b"response.completed" in answer.read()
"""
OTHERS_TEST = """
import sys

def test_another():
    assert {name for name in sys.modules if name.partition(".")[0] == "probe"} == {
        "probe", "probe.testing", "probe.testing.plugin",
    }
    assert not {"aiohttp", "msgspec", "yaml", "mitmproxy"} & set(sys.modules)
"""


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest as in another project."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_the_fixture_is_there_without_any_configuration(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(USERS_TEST)
    ran = pytest_in(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_a_test_without_the_fixture_imports_nothing_of_this_project_but_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(OTHERS_TEST)
    ran = pytest_in(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_one_plugin_is_registered() -> None:
    (found,) = [one for one in entry_points(group="pytest11") if one.name == "agent-probe"]
    assert found.value == "probe.testing.plugin"
