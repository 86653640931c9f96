"""Describe the JSON of many runs as JSON Schema, with what each field means."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec

from probe.compare import comparison as of_two_runs
from probe.compare.rules import RULES
from probe.fleet import comparison, summary
from probe.fleet.remarks import KINDS
from probe.report.summary_schema import meanings


def fleet_summary_schema() -> dict[str, Any]:
    """Return the schema of the summary of many runs."""
    schema = _described(summary.FleetSummary, "summary.json", (summary,))
    schema["$defs"]["Remark"]["properties"]["kind"]["enum"] = [*KINDS]
    return schema


def fleet_comparison_schema() -> dict[str, Any]:
    """Return the schema of a comparison of groups of runs."""
    schema = _described(comparison.FleetComparison, "comparison.json", (of_two_runs, comparison))
    schema["$defs"]["Finding"]["properties"]["kind"]["enum"] = sorted(RULES)
    return schema


def _described(form: type[msgspec.Struct], title: str, modules: tuple[ModuleType, ...]) -> dict[str, Any]:
    """Return the schema of a form; the descriptions of fields are those in the source."""
    schema = msgspec.json.schema(form)
    for module in modules:
        for (name, field), meaning in meanings(module).items():
            if name in schema["$defs"]:
                schema["$defs"][name]["properties"][field]["description"] = meaning
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}
