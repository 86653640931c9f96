"""A run's manifest knows what surrounded it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probe.places import PROJECT
from probe.record.manifest import Manifest
from probe.slots.environment import environment_of
from probe.slots.slots import Slots


def test_a_manifest_without_anything_has_no_slots(tmp_path: Path) -> None:
    environment = environment_of(Manifest(tmp_path, {}))
    assert dict(environment.folders) == {"run": str(tmp_path.resolve())}
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


def test_other_folders_and_the_time_zone_of_a_run_are_known(tmp_path: Path) -> None:
    data = {
        "folder": "/home/me/repo",
        "folders": {"home": "/home/me", "run": "/data/run", "CODEX_HOME": "/home/me/.codex"},
        "command": ["/opt/agents/x/node_modules/.bin/codex"],
        "started": "2026-11-21T23:11:10.746950Z",
        "utc_offset": 3600,
        "platform": "Linux-6.18-x86_64",
    }
    environment = environment_of(Manifest(tmp_path, data))
    slots = Slots(environment)
    assert slots.text("/home/me/.codex/a /home/me/.cache /data/run/b /home/me/repo/c") == (
        "⟨codex_home⟩/a ⟨home⟩/.cache ⟨run⟩/b ⟨cwd⟩/c"
    )
    assert slots.text("/opt/agents/x/node_modules/codex/skills") == "⟨program⟩/node_modules/codex/skills"
    # An hour east of UTC it is the next day already.
    assert slots.text("2026-11-22 2026-11-21") == "⟨date⟩ 2026-11-21"
    assert (environment.facts["os"], environment.facts["utc_offset"]) == ("Linux", "3600")


DAMAGED: dict[str, dict[str, Any]] = {
    "an offset of years": {"started": "2026-11-21T23:11:10Z", "utc_offset": 10**9},
    "the first second of all": {"started": "0001-01-01T00:00:00Z", "utc_offset": -3600},
    "the last day of all": {"started": "9999-12-31T23:59:59Z"},
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_start_that_is_no_day_of_a_calendar_makes_no_slot(tmp_path: Path, data: dict[str, Any]) -> None:
    assert Slots(environment_of(Manifest(tmp_path, data))).text("2026-11-21") == "2026-11-21"


NAMED = {
    "a tag": r"<environment_context>\n  <cwd>/tmp/x</cwd>",
    "a line": r"\n - Primary working directory: /tmp/x\n - Is a git",
    "another line": r"Current working directory: /tmp/x\"",
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED.keys())
def test_a_working_folder_that_a_manifest_lacks_is_found_in_the_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "traffic.jsonl").write_text(f'{{"request": {{"body": "{text}"}}}}\n')
    assert environment_of(Manifest(tmp_path, {})).folders["cwd"] == "/tmp/x"


@pytest.mark.parametrize("run", ["codex/sample", "codex/tool-loop", "codex/tool-loop-websocket", "demo/sample"])
def test_bundled_samples_have_an_environment(run: str) -> None:
    environment = environment_of(Manifest.read(PROJECT / "data" / run))
    assert environment.started
    assert Slots(environment).text("claude-sonnet-4-5-20250929") == "claude-sonnet-4-5-20250929"


def test_folders_are_known_from_the_working_folder_too(tmp_path: Path) -> None:
    data = {"folder": "/w/repo", "folders": {"home": "/w/home", "run": "/w/data/run", "QWEN_HOME": "/w/home/.qwen"}}
    slots = Slots(environment_of(Manifest(tmp_path, data)))
    assert slots.text("from ../home/.qwen/a.md, ../data/run/b.md and ../other") == (
        "from ⟨qwen_home⟩/a.md, ⟨run⟩/b.md and ../other"
    )
