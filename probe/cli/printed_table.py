"""Print a table: as wide as a terminal, or with whole lines into a pipe or a file."""

from __future__ import annotations

import io
import sys

from rich.console import Console
from rich.table import Table


def print_table(table: Table) -> None:
    """Print a table; into a pipe or a file each row is one line, however long, and ends with its last word."""
    if sys.stdout.isatty():
        Console().print(table)
        return
    table.expand = False
    whole = Console(width=10_000, file=io.StringIO(), record=True)
    whole.print(table)
    print("\n".join(line.rstrip() for line in whole.export_text().splitlines()))
