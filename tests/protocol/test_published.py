"""What docs/protocols has is shareable, holds no text of a vendor's, and was made by machine to the last line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.protocols import AGENTS, FOLDER
from probe.protocol.description import Protocol
from probe.protocol.markdown import markdown

PUBLISHED = sorted(FOLDER.glob("*.json"))
VALUES = ("constant", "enum", "slot", "keys")


def test_each_agents_protocol_is_published() -> None:
    assert {path.stem for path in PUBLISHED} == {*AGENTS}


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_no_value_is_longer_than_forty_characters_and_there_is_no_example(path: Path) -> None:
    found = [*_values(json.loads(path.read_text()))]
    assert found
    assert [one for one in found if len(str(one)) > 40] == []
    assert '"examples"' not in path.read_text()


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_the_tables_are_those_of_the_json(path: Path) -> None:
    protocol = msgspec.json.decode(path.read_bytes(), type=Protocol)
    assert protocol.shareable
    assert path.with_suffix(".md").read_text() == markdown(protocol), f"python -m bench protocols {path.stem}"


def _values(part: Any) -> Iterator[Any]:
    """Yield all values that were recorded."""
    for name, one in part.items() if isinstance(part, dict) else enumerate(part):
        if name in VALUES and not isinstance(one, dict):
            yield from one if isinstance(one, list) else [one]
        elif isinstance(one, dict | list):
            yield from _values(one)
