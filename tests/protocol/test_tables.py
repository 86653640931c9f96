"""The tables of protocol.md say something of each number, describe JSON in headers, and have all places of ids."""

from __future__ import annotations

import re

import pytest

from probe.protocol.markdown import markdown
from probe.protocol.tied_places import tied_places
from tests.protocol.recorded import RECORDS, protocol


def _cells(case: str) -> list[list[str]]:
    return [line[2:-2].split(" | ") for line in markdown(protocol(case)).splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("case", RECORDS)
def test_each_place_of_an_id_is_in_a_table(case: str) -> None:
    known = {cells[0].strip("`") for cells in _cells(case)}
    for tie in tied_places(protocol(case)):
        for place in tie.places:
            side, _, inner = re.sub(r"^\S+ \S+ ", "", place).partition(" ")
            for one in inner.split(" or "):
                last = one.rpartition(" ")[2] if side == "answer" else one.removeprefix("headers.")
                assert last in known, place


@pytest.mark.parametrize(
    ("case", "tied"),
    [
        (
            "codex/tool-loop-websocket",
            "WS /v1/responses request client_metadata.x-codex-turn-metadata→.session_id",
        ),
        ("codex/tool-loop", "POST /v1/responses request prompt_cache_key"),
    ],
)
def test_ids_are_written_as_in_the_tables(case: str, tied: str) -> None:
    assert tied in {place for tie in tied_places(protocol(case)) for place in tie.places}


@pytest.mark.parametrize("case", RECORDS)
def test_each_number_has_a_value(case: str) -> None:
    assert [
        cells for cells in _cells(case) if cells[-2:-1] in (["integer"], ["number"]) and not cells[-1].strip()
    ] == []


def test_a_header_that_holds_json_is_described_inside() -> None:
    places = [cells[0] for cells in _cells("codex/tool-loop-websocket")]
    assert "`x-codex-turn-metadata→.session_id`" in places
