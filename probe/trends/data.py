"""Compute the numbers of the page out of the published tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probe.errors import UserError
from probe.questions.connection import load_duckdb, open_tables
from probe.questions.sql_errors import FILES_MISSING, sql_error
from probe.record.agent_versions import VersionKey, version_key
from probe.trends import queries

_OTHERS = "others"
"""Tools, and kinds of error, that have no name in the page."""

Value = Any
"""A value of JSON."""


def trends_of(tables: Path, pattern: str = "*") -> dict[str, Value]:
    """Return what the page shows of the runs whose names fit a pattern. Raises UserError."""
    with open_tables(tables) as connection:
        try:
            first, *others = queries.STEPS
            connection.execute(first, {"pattern": pattern})
            for step in others:
                connection.execute(step)
            return _Reader(connection).read()
        except load_duckdb().Error as error:
            # The statements are right, so a file is not.
            reason = str(sql_error(error, "", connection)).partition(" (line ")[0]
            raise UserError(f"the tables cannot be read: {reason}", FILES_MISSING) from error


class _Reader:
    """Reads the points out of the tables that the steps have made; each column is a list of its own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._points = self._rows(queries.POINTS)
        found: dict[str, set[str]] = {}
        for row in self._points:
            found.setdefault(row["target"], set()).update([row["version"]] if row["version"] else [])
        self._targets = sorted(found)
        self._versions = {target: sorted(versions, key=_version_order) for target, versions in found.items()}

    def read(self) -> dict[str, Value]:
        """Return everything."""
        (about,) = self._rows(queries.LEFT_OUT)
        return {
            "about": about,
            "limits": {"days": queries.DAYS, "versions": queries.VERSIONS, "targets": queries.TARGETS},
            "targets": [{"name": name, "versions": self._versions[name]} for name in self._targets],
            "points": self._point_columns(),
            "tools": self._named(queries.TOOL_CALLS, ("calls", "failed")),
            "errors": self._named(queries.ERRORS, ("count",)),
            "runs": self._names(),
        }

    def _point_columns(self) -> dict[str, list[Value]]:
        rows = [dict(row) for row in self._points]
        for row in rows:
            row.update({"first_answers": 0, **dict.fromkeys(("first50", "first90", "whole50", "whole90"))})
        for point, count, first, whole in self._connection.execute(queries.LATENCIES).fetchall():
            rows[point]["first_answers"] = count
            for name, values in (("first", first), ("whole", whole)):
                rows[point] |= {f"{name}50": milliseconds(values, 0), f"{name}90": milliseconds(values, 1)}
        for row in rows:
            self._place(row)
        names = rows[0] if rows else {}
        return {name: [plain(row[name]) for row in rows] for name in names}

    def _place(self, row: dict[str, Value]) -> None:
        """Put numbers in the places of names: of the target, and of the version among those of the target."""
        versions = self._versions[row["target"]]
        row["version"] = -1 if row["version"] is None else versions.index(row["version"])
        row["target"] = self._targets.index(row["target"])

    def _named(self, query: str, columns: Sequence[str]) -> dict[str, Value]:
        """Return amounts by point and name, the names as numbers."""
        rows = self._connection.execute(query).fetchall()
        names = list(dict.fromkeys(row[1] or _OTHERS for row in rows))
        places = {name: place for place, name in enumerate(names)}
        return {
            "names": names,
            "point": [row[0] for row in rows],
            "name": [places[row[1] or _OTHERS] for row in rows],
            **{column: [row[2 + at] for row in rows] for at, column in enumerate(columns)},
        }

    def _names(self) -> dict[str, list[Value]]:
        rows = self._rows(queries.NAMES)
        for row in rows:
            self._place(row)
        return {name: [row[name] for row in rows] for name in ("target", "version", "day", "name")}

    def _rows(self, query: str) -> list[dict[str, Value]]:
        found = self._connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _version_order(version: str) -> VersionKey:
    """Return the order of versions in reports of fleets; the page has them by target."""
    return version_key(f"- {version}")


def milliseconds(values: Sequence[float] | None, place: int) -> float | None:
    """Return one of some quantiles, which are in microseconds."""
    return None if values is None or values[place] is None else round(values[place] / 1000, 1)


def plain(value: Value) -> Value:
    """Return a number as short as it can be written without loss of what a reader sees."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else float(f"{value:.7g}")
