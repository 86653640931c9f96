"""Small runs: folders with some lines of recordings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probe.record.manifest import Manifest
from probe.record.runs import Run
from tests.protocol.recorded import RECORDS

CASES = ("codex/tool-loop", "codex/tool-loop-websocket", "demo/sample", "codex/sample")
LINES = [line for case in CASES for line in RECORDS[case].read_bytes().splitlines(keepends=True)]
"""Exchanges of two agents; one is a WebSocket."""


def write_run(place: Path, lines: Sequence[bytes], **facts: Any) -> Run:
    """Write a run; its target and its name are those of the folder."""
    place.mkdir(parents=True)
    (place / "traffic.jsonl").write_bytes(b"".join(lines))
    started = "2026-11-22T10:15:00Z"
    (place / "manifest.json").write_text(json.dumps({"schema": 2, "started": started, **facts}))
    return Run(folder=place, target=place.parent.name, manifest=Manifest.read(place))
