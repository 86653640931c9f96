"""Reports: what a run's record says, written for people."""

from __future__ import annotations

from probe.report.report import Reported, write_report

__all__ = ["Reported", "write_report"]
