"""Which folders of a data folder are runs of a fleet, and what their keys depend on."""

from __future__ import annotations

from pathlib import Path

from probe.fleet.listing import list_runs
from probe.store.store import FolderStore, Store


def _store(folder: Path, *names: str) -> Store:
    store = FolderStore(folder)
    for name in names:
        store.write(name, b"{}")
    return store


def _names(store: Store, pattern: str) -> list[str]:
    return [run.name for run in list_runs(store, pattern, lambda _: "code").runs]


def test_runs_are_folders_of_targets_with_a_manifest(tmp_path: Path) -> None:
    store = _store(
        tmp_path,
        *("demo/2/manifest.json", "codex/1/manifest.json", "codex/1/traffic.jsonl", "codex/3/traffic.jsonl"),
        *("manifest.json", "codex/manifest.json", "codex/1/deeper/manifest.json", ".samples/codex/9/manifest.json"),
        *(".fleet/results/manifest.json", "codex/1/summary.json"),
    )
    assert _names(store, "*/*") == ["codex/1", "demo/2"]


def test_a_pattern_names_targets_and_runs(tmp_path: Path) -> None:
    store = _store(tmp_path, *(f"{target}/{day}/manifest.json" for target in ("codex", "demo") for day in (11, 12, 21)))
    assert _names(store, "codex/*") == ["codex/11", "codex/12", "codex/21"]
    assert _names(store, "*/1?") == ["codex/11", "codex/12", "demo/11", "demo/12"]
    assert _names(store, "demo/21") == ["demo/21"]
    assert _names(store, "[cd]o*/*[!1]") == ["codex/12"]


def test_a_key_depends_on_the_manifest_and_on_the_code_of_its_target(tmp_path: Path) -> None:
    store = _store(tmp_path, "codex/1/manifest.json", "demo/1/manifest.json")
    code = {"codex": "a", "demo": "a"}
    before = list_runs(store, "*/*", code.__getitem__).runs
    assert len({run.key for run in before}) == 2
    assert list_runs(store, "*/*", code.__getitem__).runs == before
    code["demo"] = "b"
    after = list_runs(store, "*/*", code.__getitem__).runs
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]
    store.write("codex/1/manifest.json", b'{"a": 1}')
    changed = list_runs(store, "*/*", code.__getitem__).runs
    assert [one == other for one, other in zip(after, changed, strict=True)] == [False, True]
