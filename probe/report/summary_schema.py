"""Describe `summary.json` as JSON Schema, with what each field means."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any

import msgspec

from probe.report import summary


def summary_schema() -> dict[str, Any]:
    """Return the schema of a summary; the descriptions of fields are those in the source."""
    schema = msgspec.json.schema(summary.Summary)
    meanings = _meanings(summary)
    for name, definition in schema["$defs"].items():
        for field, form in definition.get("properties", {}).items():
            if meaning := meanings.get((name, field)):
                form["description"] = meaning
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "summary.json", **schema}


def _meanings(module: ModuleType) -> dict[tuple[str, str], str]:
    """Return the text below each field, by class and field."""
    found = {}
    for one in ast.parse(inspect.getsource(module)).body:
        for field, text in zip(one.body, one.body[1:], strict=False) if isinstance(one, ast.ClassDef) else ():
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                found[one.name, field.target.id] = " ".join(ast.literal_eval(text.value).split())
    return found
