"""Runs to export: the bundled ones and records of every kind, with the numbers that `analyze` has of each."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import msgspec
import pytest

from probe import analyze
from probe.record.manifest import Manifest
from probe.record.runs import TRAFFIC, Run
from probe.report.summary import Summary
from probe.targets.finding import load_target
from probe.targets.target import Target
from tests.conftest import GOLDEN
from tests.report.test_golden import CASES
from tests.support.bundled import BUNDLED

_PRICES = '"*": {input: 1.5, output: 7, cache_read: 0.25}\n'
_WITH_RECORDS = [path for path in sorted(GOLDEN.glob("*/*.jsonl")) if path.stat().st_size]
EVERY = {str(path.relative_to(GOLDEN).with_suffix("")): path for path in _WITH_RECORDS}
"""The golden records of every API."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A run, and what its report says of it."""

    run: Run
    target: Target
    summary: Summary


_HOME = TemporaryDirectory(prefix="exports-")  # it goes with this process


def new_folder() -> Path:
    """Return a new folder that several tests may use."""
    return Path(mkdtemp(dir=_HOME.name))


@cache
def case(name: str) -> Case:
    """Return a bundled run, or one of a golden record as Claude Code's."""
    folder = new_folder()
    run = BUNDLED[name] if name in BUNDLED else _run(CASES.get(name) or EVERY[name], folder)
    with pytest.MonkeyPatch.context() as patch:
        priced(patch, folder)
        words = ["--run", str(run.folder), "--output", str(folder / "report.md")]
        # Malformed lines make its exit code 1.
        assert analyze.main(words) in (0, 1)
    summary = msgspec.json.decode((folder / "summary.json").read_bytes(), type=Summary)
    return Case(run=run, target=load_target(run.target)[0], summary=summary)


def _run(record: Path, folder: Path) -> Run:
    (folder / "run").mkdir()
    shutil.copy(record, folder / "run" / TRAFFIC)
    manifest = Manifest(folder / "run", {"schema": 2, "target": "claude-code", "versions": {"agent": "2.0.1"}})
    manifest.update()
    return Run(folder=folder / "run", target="claude-code", manifest=manifest)


def priced(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Price every model, so that each run costs something."""
    (folder / "prices.yaml").write_text(_PRICES)
    patch.setenv("PROBE_PRICES", str(folder / "prices.yaml"))


_SHAPES = (
    "a-sub-agent-beside-its-parent",
    "anthropic_messages-streamed-tool-loop",
    "gemini_generate_content-streamed-tool-loop",
    "malformed-lines",
    "no-call-of-the-model",
    "openai_responses-websocket-conversation",
    "retries-that-fail-then-succeed",
    "side-requests-and-other-exchanges",
)
KNOWN = [*sorted(BUNDLED), *_SHAPES]
"""The bundled runs, and one of each shape that a run may have."""
