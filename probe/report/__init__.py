"""Reports: what a run's record says, written for people."""

from __future__ import annotations

from probe.report.report import write_report
from probe.report.understood import Understood

__all__ = ["Understood", "write_report"]
