"""Every recorded body and event fits the schemas that were made from its record."""

from __future__ import annotations

import jsonschema_rs
import pytest

from probe.protocol.json_schema import DIALECT, bodies_schema
from tests.protocol.recorded import RECORDS, protocol, recorded


@pytest.mark.parametrize("case", RECORDS)
def test_every_recorded_body_and_event_fits_its_own_schema(case: str) -> None:
    document = bodies_schema(protocol(case))
    jsonschema_rs.meta.validate(document)
    validators = {
        name: jsonschema_rs.validator_for({"$schema": DIALECT, **schema}) for name, schema in document["$defs"].items()
    }
    values = [*recorded(RECORDS[case])]
    assert {one.definition for one in values} - validators.keys() == set()
    for one in values:
        error = next(validators[one.definition].iter_errors(one.value), None)
        assert error is None, f"{one.definition}{error.instance_path}: {error.message}"
    assert values or not validators
