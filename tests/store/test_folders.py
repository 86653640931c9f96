"""A store says which folders are directly in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.store.store import Store, store_at

NAMES = ("codex/one/manifest.json", "codex/two/manifest.json", "demo/one/manifest.json", ".fleet/x", "file")


def _store(kind: str, folder: Path) -> Store:
    return store_at(folder if kind == "folder" else f"memory://{folder.name}/{kind}")


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_folders_are_those_directly_below_that_are_not_hidden(kind: str, tmp_path: Path) -> None:
    store = _store(kind, tmp_path)
    assert store.folders() == []
    for name in NAMES:
        store.write(name, b"x")
    assert store.folders() == ["codex", "demo"]


def test_what_is_written_into_a_folder_is_its_owners_alone(tmp_path: Path) -> None:
    store_at(tmp_path / "data").write(".fleet/results/codex/one", b"x")
    data = tmp_path / "data"
    modes = {path.name: path.stat().st_mode & 0o777 for path in (data, *data.rglob("*"))}
    assert modes == {"data": 0o700, ".fleet": 0o700, "results": 0o700, "codex": 0o700, "one": 0o600}
