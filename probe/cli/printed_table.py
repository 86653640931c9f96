"""Print a table: as wide as a terminal, or with whole lines into a pipe or a file."""

from __future__ import annotations

import io
import sys

from rich.console import Console
from rich.table import Table

_UNLIMITED = 10_000


def width() -> int:
    """Return how many characters a line of a table may have."""
    return Console().width if sys.stdout.isatty() else _UNLIMITED


def print_table(table: Table) -> None:
    """Print a table; into a pipe or a file each row is one line, however long, and ends with its last word."""
    if sys.stdout.isatty():
        Console().print(table)
        return
    table.expand = False
    whole = Console(width=_UNLIMITED, file=io.StringIO(), record=True)
    whole.print(table)
    print("\n".join(line.rstrip() for line in whole.export_text().splitlines()))
