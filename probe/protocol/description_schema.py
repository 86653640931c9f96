"""Describe `protocol.json` as JSON Schema, with what each field means."""

from __future__ import annotations

from typing import Any

import msgspec

from probe.protocol import description, values
from probe.protocol.json_schema import DIALECT
from probe.report.summary_schema import meanings


def description_schema() -> dict[str, Any]:
    """Return the schema of a description; the descriptions of fields are those in the source."""
    schema = msgspec.json.schema(description.Protocol)
    for module in (description, values):
        for (name, field), meaning in meanings(module).items():
            if name in schema["$defs"]:
                schema["$defs"][name]["properties"][field]["description"] = meaning
    return {"$schema": DIALECT, "title": "protocol.json", **schema}
