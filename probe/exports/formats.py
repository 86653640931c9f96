"""The formats that a run can be exported to."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from probe.record.runs import Run
from probe.targets.target import Target

Export = Callable[[Run, Target | None, Path], list[str]]
"""Writes a file (or folder); returns what the format cannot hold of the run."""


class Format(NamedTuple):
    """One format."""

    module: str
    """Has the function `export`."""
    name: str
    """Of the file that is written beside the report; one without an ending is a folder of files."""
    opens: str
    """What reads it."""


FORMATS = {
    "har": Format("probe.exports.har", "traffic.har", "Chrome's and Firefox's DevTools, mitmproxy, Playwright"),
    "flows": Format("probe.exports.flows", "traffic.flows", "mitmweb, mitmproxy and mitmdump (-r)"),
    "claude-trace": Format("probe.exports.claude_trace", "claude-trace.jsonl", "claude-trace"),
    "claude-tap": Format("probe.exports.claude_tap", "claude-tap.jsonl", "claude-tap"),
    "otlp": Format("probe.exports.otlp", "spans.jsonl", "receivers of OpenTelemetry's spans"),
    "atif": Format("probe.exports.atif", "trajectory.json", "what reads Harbor's trajectories"),
    "parquet": Format("probe.exports.parquet", "tables", "DuckDB and other engines of SQL"),
}
"""By the word of `--to`."""


def exporter(format: str) -> Export:
    """Return the function that writes a format."""
    export: Export = import_module(FORMATS[format].module).export  # Here: the flows need mitmproxy.
    return export
