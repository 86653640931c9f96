"""Write the structure of the payloads: the most frequent key paths of both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probe.report.markdown.escape import code
from probe.report.markdown.tables import plural, table
from probe.trace.shapes import MAX_DEPTH, MAX_PATHS, Structure

TOP = 30
"""Key paths that are shown for each side."""


def payload_structure(sides: Mapping[str, Structure]) -> str:
    """Write the most frequent key paths of both sides."""
    parts = [f"### {name}\n\n{_paths(side)}" for name, side in sides.items()]
    return "## Payload structure\n\n" + "\n".join(parts)


def _paths(structure: Structure) -> str:
    paths, left = structure.paths()
    if not paths:
        return "No payloads.\n"
    rows: Iterable[tuple[str, ...]] = (
        (code(path.path), ", ".join(_type(*one, total=path.count) for one in path.types), f"{path.count:,}")
        for path in paths[:TOP]
    )
    more = len(paths) - TOP
    notes = f"\n{plural(more, 'further path')}.\n" if more > 0 else ""
    if left:
        notes += f"\n{plural(left, 'value')} not counted: beyond {MAX_PATHS:,} distinct paths or {MAX_DEPTH} levels.\n"
    return table(("key path", "types", "count"), rows) + notes


def _type(name: str, count: int, *, total: int) -> str:
    return name if count == total else f"{name} ({count:,})"
