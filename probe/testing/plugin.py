"""The pytest plugin: the fixture `recorded_run`. All that it needs is imported when a test uses it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from probe.testing.served_run import RecordedRun


@pytest.fixture
def recorded_run() -> Callable[..., AbstractContextManager[RecordedRun]]:
    """Serve a recording in place of a model's API: `with recorded_run("codex/tool-loop") as run: …`."""
    from probe.testing import recorded_run

    return recorded_run
