"""Compare the versions and agents of many runs."""

from __future__ import annotations

from argparse import Namespace

from probe.fleet.command import read_fleet, report_problems, write_documents
from probe.fleet.compared import comparison_documents


def main(arguments: Namespace) -> int:
    """Run `fleet compare`; return the exit code."""
    statistics = read_fleet(arguments)
    write_documents(arguments, "compare", comparison_documents(statistics))
    return report_problems(statistics)
