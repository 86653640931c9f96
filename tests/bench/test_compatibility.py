"""The table of the newest agents: made of its results, and made whatever an agent or its registry does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.agent_runs import NEWER, SUBJECTS, Subject
from bench.compatibility import DOCUMENT, read, tried
from bench.compatibility_table import document
from tests.conftest import require_agent
from tests.support import agents

PI = Subject(agents.PI, "pi", "openai")
SECONDS = 4.0
NEWEST = '[ "$1" = view ] && { echo 9.9.9; exit; }\n'
INSTALLS = f"{NEWEST}bin=${{6}}/node_modules/.bin; mkdir -p $bin; cp $(dirname $0)/agent $bin/pi\n"


def test_the_table_is_made_of_its_results() -> None:
    assert DOCUMENT.read_text() == document(read()), "python -m bench compatibility --render"


def test_each_agent_has_a_row_that_names_its_tested_version() -> None:
    subjects = {subject.agent.name: subject.agent.version for subject in (*SUBJECTS.values(), *NEWER)}
    assert {name: row.checked for name, row in read().items()} == subjects


FAILURES: dict[str, tuple[str, str, str | None, str]] = {
    "the registry knows no version": ("echo E404; exit 1", "", None, "there is no version latest of @mario"),
    "it cannot be installed": (f"{NEWEST}echo npm error postinstall failed; exit 1", "", "9.9.9", "postinstall failed"),
    "it does not end": (INSTALLS, "sleep 600", "9.9.9", "it did not end within 4 s"),
    "it fails": (INSTALLS, "echo 'Error: no such model' >&2; exit 3", "9.9.9", "Error: no such model"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("npm", "agent", "version", "note"), FAILURES.values(), ids=FAILURES.keys())
def test_what_fails_is_in_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, npm: str, agent: str, version: str | None, note: str
) -> None:
    for name, commands in (("npm", npm), ("agent", agent)):
        (tmp_path / name).write_text(f"#!/bin/sh\n{commands}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    row = tried(PI, SECONDS)
    assert (row.version, row.recorded, row.verified, row.replayed) == (version, "no", None, None)
    assert note in row.note
    assert str(tmp_path) not in row.note


@pytest.mark.agents
@pytest.mark.timeout(300)
def test_an_agent_that_works_has_a_row_of_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_agent(agents.PI)
    (tmp_path / "npm").write_text(f"#!/bin/sh\necho {agents.PI.version}\n")
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    row = tried(PI, 120.0)
    assert (row.version, row.recorded, row.verified, row.replayed) == (
        agents.PI.version,
        "tool call, answer",
        True,
        True,
    )
    assert (row.unread, row.hosts, row.note) == ((), (), "")
