"""The formats that a run can be made of."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from probe.imports.source import Source

FORMATS = ("har", "flows", "claude-trace", "claude-tap")
"""The words of `--from`; those of `--to` for the same formats."""


def reader(format: str) -> tuple[Callable[[Path], Source], tuple[str, ...]]:
    """Return the function that reads a format, and what no file of it holds."""
    module = import_module(f"probe.imports.{format.replace('-', '_')}")  # Here: the flows need mitmproxy.
    return module.read, module.MISSING
