"""What is stored about runs that are gone is deleted a day later; what may be in use never is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.fleet.clean_up import AGE_SECONDS, UNUSED, clean_up
from probe.fleet.jobs import result_name
from probe.fleet.listing import FleetRun
from probe.fleet.stored_nodes import FOLDER as NODES
from probe.fleet.tables import FOLDER as TABLES
from probe.fleet.tables import publish, write_chunk
from probe.store.store import FolderStore, Store

_RUN, _CHANGED = FleetRun("codex/1", "k2"), FleetRun("codex/1", "k1")
_GONE, _OTHER = FleetRun("codex/2", "k"), FleetRun("demo/1", "k")
_LATER = AGE_SECONDS + 1


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a data folder with what some commands have stored."""
    made = FolderStore(tmp_path)
    for run in (_RUN, _CHANGED, _GONE, _OTHER):
        made.write(result_name(run), b"")
    for node in ("used", "old"):
        made.write(f"{NODES}/{node}", b"")
        write_chunk(made, node, [])
    return made


def _names(store: Store) -> set[str]:
    return set(store.names(".fleet/")) - {UNUSED}


def test_what_nothing_uses_goes_a_day_after_it_was_found(store: Store) -> None:
    before = _names(store)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0 + AGE_SECONDS / 2)
    assert _names(store) == before
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0 + _LATER)
    gone = {result_name(_CHANGED), result_name(_GONE), f"{NODES}/old", f"{TABLES}/chunks/old"}
    assert _names(store) == before - gone


def test_what_was_used_meanwhile_stays(store: Store) -> None:
    before = _names(store)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0)
    clean_up(store, "*/*", [_RUN, _GONE, _OTHER], {"old", "used"}, 5000.0)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0 + _LATER)
    assert _names(store) == before - {result_name(_CHANGED)}


def test_runs_that_the_pattern_does_not_match_are_not_judged(store: Store) -> None:
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0 + _LATER)
    assert store.read(result_name(_OTHER)) is not None


def test_tables_that_questions_are_asked_of_stay(store: Store) -> None:
    publish(store, ["old"], runs=1)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0 + _LATER)
    assert {f"{TABLES}/chunks/old", f"{TABLES}/published.json"} <= _names(store)
    publish(store, ["used"], runs=1)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0 + _LATER)
    assert f"{TABLES}/chunks/old" not in _names(store)


def test_a_note_of_files_elsewhere_deletes_nothing(store: Store, tmp_path: Path) -> None:
    mine = tmp_path / "codex" / "1"
    mine.mkdir(parents=True)
    (mine / "traffic.jsonl").write_text("{}")
    names = ["codex/1/traffic.jsonl", ".fleet/results/../../codex/1/traffic.jsonl"]
    store.write(UNUSED, json.dumps(dict.fromkeys(names, 0.0)).encode())
    clean_up(store, "demo/*", [_OTHER], {"used"}, _LATER)
    assert (mine / "traffic.jsonl").exists()


@pytest.mark.parametrize("note", [b"{", b"[]", b'{"a": "b"}', b"\xff"])
def test_a_damaged_note_is_begun_anew(store: Store, note: bytes) -> None:
    store.write(UNUSED, note)
    clean_up(store, "codex/*", [_RUN], {"used"}, 1000.0)
    assert len(json.loads(store.read(UNUSED) or b"")) == 4
