"""Compare the versions and agents of many runs."""

from __future__ import annotations

from argparse import Namespace

from probe.compare.rules import check_limit
from probe.fleet.command import read_fleet, report_problems, write_documents
from probe.fleet.compared import compare_fleet, comparison_documents, fails


def main(arguments: Namespace) -> int:
    """Run `fleet compare`; return the exit code."""
    check_limit(arguments.fail_on)
    statistics = read_fleet(arguments)
    code = report_problems(statistics)
    comparison = compare_fleet(statistics, arguments.before, arguments.after)
    write_documents(arguments, "compare", comparison_documents(comparison))
    return 1 if fails(comparison, arguments.fail_on) else code
