"""Describe `summary.json` as JSON Schema, with what each field means."""

from __future__ import annotations

import ast
import inspect
import re
from types import ModuleType
from typing import Any

import msgspec

from probe.report import summary, summary_run, summary_traffic, summary_turn

_WORDS = {"None": "null", "True": "true", "False": "false"}
"""How JSON spells what Python spells so."""


def summary_schema() -> dict[str, Any]:
    """Return the schema of a summary; the descriptions of fields are those in the source."""
    schema = msgspec.json.schema(summary.Summary)
    for module in (summary, summary_run, summary_turn, summary_traffic):
        for (name, field), meaning in meanings(module).items():
            schema["$defs"][name]["properties"][field]["description"] = meaning
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "summary.json", **schema}


def meanings(module: ModuleType) -> dict[tuple[str, str], str]:
    """Return the text below each field, by class and field."""
    found = {}
    classes = (one for one in ast.parse(inspect.getsource(module)).body if isinstance(one, ast.ClassDef))
    for one in classes:
        for field, text in zip(one.body, one.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                words = " ".join(ast.literal_eval(text.value).split())
                found[one.name, field.target.id] = re.sub(r"\b(None|True|False)\b", lambda word: _WORDS[word[0]], words)
    return found
