"""A run's manifest knows what surrounded it."""

from __future__ import annotations

from pathlib import Path

from probe.record.manifest import Manifest
from probe.slots.environment import environment_of
from probe.slots.slots import Slots


def test_a_manifest_without_anything_has_no_slots(tmp_path: Path) -> None:
    environment = environment_of(Manifest(tmp_path, {}))
    assert dict(environment.folders) == {"run": str(tmp_path)}
    assert environment.started is None
    assert Slots(environment).text("2026-11-21 127.0.0.1:80") == "2026-11-21 127.0.0.1:80"


def test_listeners_upstreams_and_folders_of_a_run_are_known(tmp_path: Path) -> None:
    listener = {"address": "127.0.0.1:8080", "upstream": "http://127.0.0.1:41331/prefix", "upstream_proxy": None}
    manifest = Manifest(
        tmp_path, {"folder": "/w/x", "listeners": {"model": listener}, "started": "2026-11-21T01:11:10.746950Z"}
    )
    slots = Slots(environment_of(manifest))
    assert slots.text("127.0.0.1:8080 127.0.0.1:41331 /w/x on 2026-11-21") == (
        "127.0.0.1:⟨port⟩ 127.0.0.1:⟨port⟩ ⟨cwd⟩ on ⟨date⟩"
    )
