"""A manifest is typed, older ones are read as today's, and what a later version wrote is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from probe.record.manifest import Manifest
from probe.record.manifest_fields import SCHEMA, Counts, CoverageFacts, ListenerFacts, ObserverChange, Recovered
from probe.record.problem import Problem, ProblemKind


def written(folder: Path, **data: Any) -> Manifest:
    """Write a manifest as another version of this project would have, and read it."""
    (folder / "manifest.json").write_text(json.dumps(data))
    return Manifest.read(folder)


def test_a_folder_without_a_manifest_has_an_empty_one(tmp_path: Path) -> None:
    manifest = Manifest.read(tmp_path)
    assert (manifest.data, manifest.facts.counts, manifest.facts.problems) == ({}, None, [])


def test_what_is_set_is_on_the_disk_and_typed_when_it_is_read(tmp_path: Path) -> None:
    problem = Problem(ProblemKind.LOST, "gone")
    listener = {"address": "127.0.0.1:1", "upstream": "https://api.example", "upstream_proxy": None}
    Manifest(tmp_path, {}).update(
        target="codex",
        started="2026-01-01T00:00:00.500000Z",
        counts={"seen": 2, "written": 1, "cut_short": 0, "websocket_messages": 0},
        problems=[problem],
        listeners={"model": listener},
        coverage={"watched": True, "source": "default", "seen": 0, "noted": 0, "sha256": None},
        observer_changes=[ObserverChange("a", "b")],
        recovered={"exchanges": 1, "at": "2026-01-01T00:00:00Z"},
        settings={"keep_secrets": {"value": True, "source": "command line"}},
    )
    facts = Manifest.read(tmp_path).facts
    assert facts.started == datetime(2026, 1, 1, 0, 0, 0, 500000, UTC)
    assert facts.counts == Counts(seen=2, written=1, cut_short=0, websocket_messages=0)
    assert facts.problems == [problem]
    assert facts.listeners == {"model": ListenerFacts("127.0.0.1:1", "https://api.example")}
    assert facts.coverage == CoverageFacts(watched=True, source="default", seen=0, noted=0, sha256=None)
    assert facts.observer_changes == [ObserverChange("a", "b")]
    assert facts.recovered == Recovered(1, "2026-01-01T00:00:00Z")
    assert facts.keeps_secrets
    assert json.loads((tmp_path / "manifest.json").read_text())["schema"] == SCHEMA


def test_a_key_that_a_manifest_does_not_have_cannot_be_set(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="promt"):
        Manifest(tmp_path, {}).update(promt="x")
    assert not (tmp_path / "manifest.json").exists()


def test_keys_of_a_later_version_are_kept_with_its_number(tmp_path: Path) -> None:
    written(tmp_path, schema=99, later=[1], problems=[]).update(prompt="x")
    assert Manifest.read(tmp_path).data == {"schema": 99, "later": [1], "problems": [], "prompt": "x"}


OLDER: dict[str, tuple[dict[str, Any], list[Problem], list[str]]] = {
    "problems were sentences": (
        {"schema": 1, "problems": ["one", "two"]},
        [Problem(ProblemKind.UNKNOWN, "one"), Problem(ProblemKind.UNKNOWN, "two")],
        [],
    ),
    "no number at all": ({"problems": ["one"]}, [Problem(ProblemKind.UNKNOWN, "one")], []),
    "a credential in the prompt": ({"prompt": "use [REDACTED:abc]"}, [], ["prompt"]),
    "a credential in the command": ({"own_command": ["x", "[REDACTED:abc]"]}, [], ["own_command"]),
    "nothing of it": ({"schema": 1, "prompt": "hello", "own_command": []}, [], []),
}


@pytest.mark.parametrize(("data", "problems", "not_kept"), OLDER.values(), ids=OLDER.keys())
def test_an_older_manifest_is_read_as_one_of_today(
    tmp_path: Path, data: dict[str, Any], problems: list[Problem], not_kept: list[str]
) -> None:
    facts = written(tmp_path, **data).facts
    assert (facts.schema, facts.problems, facts.not_kept) == (SCHEMA, problems, not_kept)


@pytest.mark.parametrize("kind", ["", "of another kind", 5, None])
def test_a_problem_of_a_kind_that_there_is_not_is_refused(tmp_path: Path, kind: Any) -> None:
    with pytest.raises(Exception, match="cannot be read"):
        written(tmp_path, schema=SCHEMA, problems=[{"kind": kind, "text": "x"}])
