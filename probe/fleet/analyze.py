"""Analyze many runs: what agents do, by version, and the tables that questions are asked of."""

from __future__ import annotations

from argparse import Namespace

from probe.fleet.command import read_fleet, report_problems, write_documents
from probe.fleet.report import analysis_documents


def main(arguments: Namespace) -> int:
    """Run `fleet analyze`; return the exit code."""
    statistics = read_fleet(arguments, tables=True)
    write_documents(arguments, "analyze", analysis_documents(statistics))
    return report_problems(statistics)
