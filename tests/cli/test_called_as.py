"""Hints spell commands as the user called this program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from probe.cli.called_as import CALLED_AS, as_called, read_way
from probe.places import PROJECT
from tests.support.running import Running

BIN = f"{PROJECT}/.venv/bin"
WAYS = {
    "uv run invoke": ([f"{BIN}/python", f"{BIN}/invoke", "capture"], True, True, "uv run invoke "),
    "invoke by its path": (["/v/bin/python", "/v/bin/inv", "capture"], False, True, "/v/bin/inv "),
    "python -m invoke": (["python3", "-m", "invoke", "runs"], False, True, "python3 -m invoke "),
    "python -m probe.x": ([".venv/bin/python", "-P", "-m", "probe.runs"], False, True, ".venv/bin/python -P -m "),
    "uv run python -m probe.x, from elsewhere": (
        [f"{BIN}/python", "-m", "probe.runs", "--json"],
        True,
        False,
        f"uv run --project {PROJECT} python -m ",
    ),
    "invoke from elsewhere": (["python", "/v/bin/invoke"], False, False, f"/v/bin/invoke --search-root {PROJECT} "),
    "another program": (["python", "-m", "pytest"], False, False, "invoke "),
}


@pytest.mark.parametrize(("words", "uv", "inside", "way"), WAYS.values(), ids=WAYS.keys())
def test_the_way_of_calling_is_read_from_what_was_typed(words: list[str], uv: bool, inside: bool, way: str) -> None:
    assert read_way(words, uv=uv, inside=inside) == way


def test_every_command_in_a_text_is_spelled_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.cli.called_as._given", "python -m ")
    text = "invoke new-target x, then uv run invoke …; re-invoke it"
    assert as_called(text) == "python -m probe.new_target x, then uv run invoke …; re-invoke it"


SHOW = "import os; print([name for name in os.environ if name.startswith('PROBE_CALLED')])"
CALLS = {
    "the script": ([sys.executable, "-m", "probe.pipeline"], f"{sys.executable} -m probe.doctor --target codex"),
    "the task": (
        [str(Path(sys.executable).with_name("invoke")), "--search-root", str(PROJECT), "pipeline"],
        f"invoke --search-root {PROJECT} doctor --target codex",
    ),
    "the task with uv": (
        [str(Path(sys.executable).with_name("invoke")), "--search-root", str(PROJECT), "pipeline"],
        f"uv run --project {PROJECT} invoke --search-root {PROJECT} doctor --target codex",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_a_script_that_a_task_and_a_pipeline_started_hints_as_the_user_typed(tmp_path: Path, call: str) -> None:
    command, hint = CALLS[call]
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    env |= {"UV_RUN_RECURSION_DEPTH": "1"} if call.endswith("uv") else {}
    words = ["--target", "codex", "--", sys.executable, "-c", SHOW]
    with Running(tmp_path, *words, command=command, env=env) as running:
        assert running.wait() == 1  # nothing captured
        assert f"next: {hint}, or" in running.stderr
        # The agent's environment is not changed by it.
        assert running.stdout.splitlines()[0] == "[]"
        assert CALLED_AS not in running.stderr
