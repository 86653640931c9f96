"""What all tests share: golden files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import agents

# No test is judged by a clock.
settings.register_profile("probe", deadline=None)
settings.load_profile("probe")

# The developer's own targets are none of the project's; tests look for targets when they are collected.
os.environ.pop("PROBE_TARGETS", None)

GOLDEN = Path(__file__).parent / "golden"
_GENERATED = re.compile(r"(?m)(?<=; generated at )[-0-9: ]+ UTC$")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files; read the diff")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or rewrite the file."""
    update = request.config.getoption("--update-golden")

    def check(file: Path, text: str) -> None:
        if update:
            file.write_text(normalised(text), encoding="utf-8", newline="\n")
        expected = normalised(file.read_bytes().decode()) if file.exists() else ""
        assert normalised(text) == expected, f"{file} differs: pytest --update-golden, then read the diff"

    return check


def normalised(text: str) -> str:
    """Take out what differs from run to run."""
    return _GENERATED.sub("(time)", text)


@pytest.fixture(params=(agents.CODEX_OLD, agents.CODEX), ids=str)
def codex_binary(request: pytest.FixtureRequest) -> Path:
    """Give a real codex, one version after the other."""
    return require_agent(request.param)


def require_agent(agent: agents.Agent) -> Path:
    """Give a real agent's program; skip the test, with the reason, only where its installer is missing."""
    if reason := agents.missing(agent):
        if os.environ.get(agents.REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    return agents.program(agent)
