"""Make a copy of a run without credentials and personal data."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import printable, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.places import guide
from probe.record.replaced_values import replaced_in_words
from probe.record.runs import is_alive
from probe.redact.copies import new_copy
from probe.redact.redactors import checked_words
from probe.settings.settings import data_dir
from probe.wire.recover_run import open_run


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.redact`."""
    arguments, rest = parse("redact", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke redact latest")
    also = checked_words(arguments.also)
    found = open_run(arguments, say)
    if is_alive(found):
        raise UserError(f"run {found.target}/{found.name} is still being recorded", "wait for its end")
    output = Path(arguments.output_dir).expanduser() if arguments.output_dir else None
    copy = new_copy(found, data_dir(arguments.data_dir, os.environ), output, also, say)
    redaction = copy.manifest.facts.redaction
    counts = replaced_in_words(redaction.replaced if redaction else {})
    say(f"different values that were replaced, each wherever it is: {counts}")
    say(f"what no search can find: {guide('sharing.md')}")
    print(printable(str(copy.folder)))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
