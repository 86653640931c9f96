"""Write the structure of the payloads: the most frequent key paths of both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from probe.report.markdown.escape import code
from probe.report.markdown.tables import table
from probe.report.plain_text import plural
from probe.trace.shapes import MAX_DEPTH, MAX_PATHS, KeyPath, Structure

TOP = 30
"""Key paths that are shown for each side."""


def payload_structure(sides: Mapping[str, Structure]) -> str:
    """Write the most frequent key paths of both sides."""
    parts = [f"### {name}\n\n{_paths(side)}" for name, side in sides.items()]
    return "## Payload structure\n\n" + "\n".join(parts)


def _paths(structure: Structure) -> str:
    found, left = structure.paths()
    if not found:
        return "No payloads.\n"
    paths, folded = _without_schemas(found)
    rows = ((code(path.path), _types(path, folded[path.path]), f"{path.count:,}") for path in paths[:TOP])
    more = len(paths) - TOP
    notes = f"\n{plural(more, 'further path')}.\n" if more > 0 else ""
    if left:
        notes += f"\n{plural(left, 'value')} not counted: beyond {MAX_PATHS:,} distinct paths or {MAX_DEPTH} levels.\n"
    return table(("key path", "types", "count"), rows) + notes


def _without_schemas(paths: Sequence[KeyPath]) -> tuple[list[KeyPath], Counter[str]]:
    """Return key paths without those within JSON Schemas, and how many these are by the path of the schema.

    A tool's schema has more paths, and is sent more often, than all that the API itself defines.
    """
    names = {path.path for path in paths}
    schemas: tuple[str, ...] = ()
    for name in sorted(names, key=len):
        owner = name.removesuffix(".properties")
        if owner != name and f"{owner}.type" in names and not name.startswith(schemas):
            schemas += (f"{owner}.", f"{owner}[")
    folded: Counter[str] = Counter()
    kept = []
    for path in paths:
        if path.path.startswith(schemas):
            folded[next(schema[:-1] for schema in schemas if path.path.startswith(schema))] += 1
        else:
            kept.append(path)
    return kept, folded


def _types(path: KeyPath, folded: int) -> str:
    types = ", ".join(name if count == path.count else f"{name} ({count:,})" for name, count in path.types)
    return f"{types}: a JSON Schema with {plural(folded, 'path')}" if folded else types
