"""What all tests share: golden files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

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
        expected = file.read_bytes().decode() if file.exists() else ""
        assert normalised(text) == expected, f"{file} differs: pytest --update-golden, then read the diff"

    return check


def normalised(text: str) -> str:
    """Take out what differs from run to run."""
    return _GENERATED.sub("- Generated at: (time)", text)
