"""Describe a comparison's JSON as JSON Schema, with what each field means."""

from __future__ import annotations

from typing import Any

import msgspec

from probe.compare import comparison
from probe.compare.rules import RULES
from probe.report.summary_schema import meanings


def comparison_schema() -> dict[str, Any]:
    """Return the schema of a comparison; the descriptions of fields are those in the source."""
    schema = msgspec.json.schema(comparison.Comparison)
    for (name, field), meaning in meanings(comparison).items():
        schema["$defs"][name]["properties"][field]["description"] = meaning
    schema["$defs"]["Finding"]["properties"]["kind"]["enum"] = sorted(RULES)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "comparison.json", **schema}
