"""Compare the versions and agents of many runs."""

from __future__ import annotations

from argparse import Namespace

from probe.cli.edge import say
from probe.compare.rules import check_limit
from probe.fleet.command import read_fleet, report_problems, write_documents
from probe.fleet.compared import check_words, compare_fleet, comparison_documents, fails, summary_line


def main(arguments: Namespace) -> int:
    """Run `fleet compare`; return the exit code."""
    check_limit(arguments.fail_on)
    check_words(arguments.before, arguments.after)
    statistics = read_fleet(arguments)
    code = report_problems(statistics)
    comparison = compare_fleet(statistics, arguments.before, arguments.after)
    write_documents(arguments, "compare", comparison_documents(comparison))
    say(summary_line(comparison))
    if fails(comparison, arguments.fail_on):
        say(f"failed: there are findings that --fail-on {arguments.fail_on} looks for")
        return 1
    return code
