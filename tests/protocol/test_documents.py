"""The documents of a protocol are valid, as validators of others see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV32SpecValidator

from probe.protocol.asyncapi import asyncapi
from probe.protocol.openapi import openapi
from tests.protocol.recorded import RECORDS, protocol

_EMBEDDED = ("schema", "itemSchema", "contentSchema")


@pytest.mark.parametrize("case", RECORDS)
def test_the_openapi_document_is_valid(case: str) -> None:
    document = openapi(protocol(case))
    errors = [*OpenAPIV32SpecValidator(document).iter_errors()]
    assert [(error.message[:300], [*error.path]) for error in errors] == []


@pytest.mark.parametrize("case", RECORDS)
def test_every_schema_within_a_document_is_one_of_2020_12(case: str) -> None:
    """Validators of OpenAPI are known to pass an invalid `itemSchema`."""
    for document in filter(None, (openapi(protocol(case)), asyncapi(protocol(case)))):
        embedded = [*_schemas(document), *document["components"]["schemas"].values()]
        for schema in embedded:
            jsonschema_rs.meta.validate(schema)
        known = document["components"]["schemas"]
        assert {name for name in _references(document) if name.startswith("schemas/")} <= {
            f"schemas/{one}" for one in known
        }


def test_the_check_of_embedded_schemas_finds_an_invalid_one() -> None:
    document = {"paths": {"/": {"get": {"content": {"text/event-stream": {"itemSchema": {"type": "objekt"}}}}}}}
    (schema,) = _schemas(document)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.meta.validate(schema)


def _schemas(document: Any) -> Iterator[Any]:
    for key, one in document.items() if isinstance(document, dict) else enumerate(document):
        if key in _EMBEDDED and isinstance(one, dict):
            yield one
        if isinstance(one, dict | list):
            yield from _schemas(one)


def _references(document: Any) -> Iterator[str]:
    for key, one in document.items() if isinstance(document, dict) else enumerate(document):
        if key == "$ref":
            yield one.removeprefix("#/components/")
        elif isinstance(one, dict | list):
            yield from _references(one)
