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
