"""What tests of whole scripts share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.captures import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a fresh machine."""
    return Machine(tmp_path)
