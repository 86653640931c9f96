"""A file is made anew when a line of what makes it changes: code, rules, or a renderer from elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from probe.record import source_hash
from probe.record.source_hash import source_sha256


@pytest.mark.parametrize("changed", ["room/inner/code.py", "room/rules.yaml", "elsewhere.py"])
def test_each_source_counts(changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "room" / "inner").mkdir(parents=True)
    for name in ("room/inner/code.py", "room/rules.yaml", "room/notes.md", "elsewhere.py"):
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(source_hash, "_PROBE", tmp_path)
    module = ModuleType("elsewhere")
    module.__file__ = str(tmp_path / "elsewhere.py")
    before = source_sha256(["room"], [module])
    (tmp_path / "room/notes.md").write_text("2")
    assert source_sha256(["room"], [module]) == before
    (tmp_path / changed).write_text("2")
    assert source_sha256(["room"], [module]) != before
