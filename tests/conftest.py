"""What all tests share: golden files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import codex

GOLDEN = Path(__file__).parent / "golden"
_GENERATED = re.compile(r"(?m)^- Generated at: .*$")


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
    return _GENERATED.sub("- Generated at: (time)", text)


@pytest.fixture(params=codex.VERSIONS)
def codex_binary(request: pytest.FixtureRequest) -> Path:
    """Give a real codex, one version after the other; skip only where npm is missing."""
    version: str = request.param
    return require_codex(version)


def require_codex(version: str) -> Path:
    """Give the real codex of a version, or skip the test with the reason."""
    found = codex.binary(version)
    if found is None:
        reason = f"npm is missing, so codex {version} cannot be installed (or set {codex.variable(version)})"
        if os.environ.get("PROBE_REQUIRE_CODEX"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found
