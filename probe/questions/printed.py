"""An answer as a table for a reader, and as JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from probe.cli.edge import one_line
from probe.exports.json_text import json_text
from probe.questions.asking import Answer

_UNLIMITED = 10_000
_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL")


def as_table(answer: Answer, width: int) -> Table:
    """Return an answer as an aligned table; where it is wider, headings have a line for each of their words."""
    table = _table(answer, "_")
    return table if Console(width=_UNLIMITED).measure(table).maximum <= width else _table(answer, "_\n")


def _table(answer: Answer, between: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name, type in zip(answer.columns, answer.types, strict=True):
        is_number = any(one in type for one in _NUMBERS) and not type.endswith("]")
        heading = Text(one_line(name).replace("_", between))
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold", vertical="bottom")
    for row in answer.rows:
        # Text, not a string: a value may hold what rich would take for markup.
        table.add_row(*(Text(one_line(shown(value))) for value in row))
    return table


def as_csv(answer: Answer) -> str:
    """Return an answer as CSV with a heading."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([shown(value) for value in row] for row in answer.rows)
    return file.getvalue()


def as_objects(answer: Answer) -> list[dict[str, Any]]:
    """Return an answer as objects for JSON, one a row."""
    return [dict(zip(answer.columns, map(plain, row), strict=True)) for row in answer.rows]


def shown(value: Any) -> str:
    """Return a value as a reader sees it; null is empty."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if math.isfinite(value) and (abs(value) >= 1e-4 or not value):
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case datetime():
            return value.isoformat(sep=" ")
        case list() | dict() | tuple():
            return json_text(plain(value))
    return str(value)


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Mapping():
            return {str(name): plain(one) for name, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    return str(value)
