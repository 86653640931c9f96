"""Reads a part of a record for `probe.report.parts`: what to read comes from stdin, what was read goes to stdout."""

from __future__ import annotations

import os
import pickle
import sys

from probe.errors import UserError
from probe.record.reading_memory import tune_memory
from probe.report.parts import PartRead, read_part


def main() -> None:
    """Read a part; its texts go to the open file whose number is the argument."""
    with os.fdopen(int(sys.argv[1]), "w+b") as file:
        tune_memory()
        try:
            found: PartRead | UserError = read_part(pickle.load(sys.stdin.buffer), file)
        except UserError as error:
            found = error  # a damaged record, which the process that asked for this part reports
        pickle.dump(found, sys.stdout.buffer)


if __name__ == "__main__":
    main()
