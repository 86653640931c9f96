"""Check that a run holds all that crossed its proxies, unchanged."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.called_as import as_called
from probe.cli.edge import one_line, printed_json, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.mirrored_runs import bring, remote_files
from probe.record.runs import (
    has_records,
    is_alive,
)
from probe.verify.checking import check_hashes, digests_of, findings_of
from probe.verify.printed import described, lines_of
from probe.wire.recover_run import open_run
from probe.witness.by_request import requested


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.verify`."""
    arguments, rest = parse("verify", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke verify --run latest")
    found = open_run(arguments, say)
    if is_alive(found):
        pid = found.manifest.facts.pid
        raise UserError(f"run {found.target}/{found.name} is still being recorded (pid {pid})", "wait for its end")
    if not has_records(found.folder):
        counts = found.manifest.facts.counts
        lost = counts and counts.written
        why = f"its manifest lists {lost}: {found.traffic} was deleted or emptied" if lost else "none was captured"
        raise UserError(f"run {found.target}/{found.name} holds no exchange", why, code=1)
    bring(found.folder, remote_files(found.folder))
    findings = findings_of(found, strict=arguments.strict, environ=os.environ)
    digests = digests_of(found, findings)
    check_hashes(found, findings, digests)
    if digests:
        findings.requested = requested(found, arguments, digests, say)
        findings.problems |= {name: texts for name, texts in findings.requested.problems.items() if texts}
        if unsigned := findings.problems.get("signature"):
            findings.problems["signature"] = list(map(as_called, unsigned))
    if arguments.json:
        print(printed_json(described(found, findings)))
    else:
        print("\n".join(map(one_line, lines_of(found, findings))))
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(run(main))
