"""Which runs of earlier watches are deleted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from probe.record.manifest import utc_now
from probe.record.runs import all_runs
from probe.store.store import store_at
from probe.watch.old_runs import delete_old, run_name
from tests.compare.comparing import Recording

OLD = "20260101T000000Z-watch-1.0.0-one"
NEW = run_name("1.0.0", "one")
RUNS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "a new one": (NEW, {}, False),
    "an old one": (OLD, {}, True),
    "a half one": (NEW, {"ended": None}, True),
    "one that was stopped": (NEW, {"interrupted": True}, True),
    "one that is superseded": (NEW.replace("1.0.0", "0.9.0"), {}, True),
    "one that is kept": (OLD.replace("1.0.0", "1.1.0"), {}, False),
    "one under way": (OLD, {"ended": None, "pid": os.getpid(), "started": utc_now()}, False),
    "one with another recording": (OLD, {"replay_of": "codex/x-one"}, False),
    "a recording of that name": (OLD, {"replay_of": None}, False),
    "a replay of another name": ("20260101T000000Z", {}, False),
}


@pytest.mark.parametrize("name", RUNS)
def test_runs_that_nothing_needs_are_deleted(name: str, tmp_path: Path) -> None:
    folder, changes, is_deleted = RUNS[name]
    Recording("codex/tool-loop").write(tmp_path / "codex" / "one")
    run = Recording("codex/tool-loop")
    run.manifest |= {"bundled": False, "run": folder, "replay_of": "codex/one", **changes}
    run.write(tmp_path / "codex" / folder)
    (recording,) = (one for one in all_runs(tmp_path) if one.name == "one")
    superseded, kept = [NEW.replace("1.0.0", "0.9.0")], [OLD.replace("1.0.0", "1.1.0")]
    delete_old(tmp_path, store_at(tmp_path), recording, superseded, kept)
    assert (tmp_path / "codex" / folder).exists() is not is_deleted
    assert recording.folder.exists()
