"""Describe the protocol that many runs show."""

from __future__ import annotations

from argparse import Namespace

from probe.fleet.command import read_fleet, report_problems, write_documents
from probe.protocol.describing import described
from probe.protocol.documents import documents
from probe.protocol.protocol_statistics import ProtocolStatistics


def main(arguments: Namespace) -> int:
    """Run `fleet protocol`; return the exit code."""
    statistics = read_fleet(arguments)
    whole = ProtocolStatistics()
    for _, group in sorted(statistics.groups.items()):
        whole.merge(group.protocol)
    write_documents(arguments, "protocol", list(documents(described(whole))))
    return report_problems(statistics)
