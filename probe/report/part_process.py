"""Reads a part of a record for `probe.report.parts`: what to read comes from stdin, what was read goes to stdout."""

from __future__ import annotations

import os
import pickle
import sys

from probe.record.reading_memory import tune_memory
from probe.report.parts import read_part


def main() -> None:
    """Read a part; its texts go to the open file whose number is the argument."""
    with os.fdopen(int(sys.argv[1]), "w+b") as file:
        tune_memory()
        pickle.dump(read_part(pickle.load(sys.stdin.buffer), file), sys.stdout.buffer)


if __name__ == "__main__":
    main()
