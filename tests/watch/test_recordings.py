"""Which recordings can answer another version of their agent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe.record.manifest import utc_now
from probe.watch.outcome import State
from probe.watch.recordings import recordings, why_unfit
from probe.watch.selection import chosen
from tests.compare.comparing import Recording


def record(data: Path, name: str, *, empty: bool = False, **changes: Any) -> Path:
    """Write a recording of codex."""
    run = Recording("codex/tool-loop")
    run.manifest |= {"bundled": False, "run": name, **changes}
    folder = run.write(data / "codex" / name)
    if empty:
        (folder / "traffic.jsonl").write_text("")
    return folder


UNFIT: dict[str, tuple[dict[str, Any], str | None]] = {
    "a replay": ({"replay_of": "codex/one"}, "its answers are those of another recording"),
    "one of a target that replays": (
        {"settings": {"replay": {"value": "codex/one", "source": ""}}},
        "its answers are those of another recording",
    ),
    "one under way": (
        {"pid": os.getpid(), "ended": None, "started": utc_now()},
        "it is still being recorded",
    ),
    "one that failed": ({"agent_exit_code": 2}, "its agent ended with exit code 2"),
    "one of unknown end": ({"agent_exit_code": None}, "it is not known how its agent ended"),
    "an empty one": ({"empty": True}, "it holds no exchange"),
    "a secret prompt": ({"not_kept": ["prompt"]}, "its prompt or command held a credential, which was not kept"),
    "no prompt": ({"prompt": None}, "it has neither a prompt nor a command that needs no terminal"),
    "a terminal": (
        {"prompt": None, "own_command": ["codex"]},
        "it has neither a prompt nor a command that needs no terminal",
    ),
    "a prompt": ({}, None),
    "a command": ({"prompt": None, "own_command": ["codex", "exec", "hello"]}, None),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_recording_that_cannot_answer_is_named_with_the_reason(name: str, tmp_path: Path) -> None:
    changes, why = UNFIT[name]
    record(tmp_path, "one", **changes)
    record(tmp_path, "other")
    ((_, _, fit),), others = chosen(tmp_path, ["codex"], "codex/o*")
    assert sorted(run.name for run in fit) == (["other"] if why else ["one", "other"])
    # A pattern means no replay.
    assert [(one.recording, one.state, one.why) for one in others] == (
        [("codex/one", State.LEFT_OUT, why)] if why and name != "a replay" else []
    )


CHOICES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bundled one where the user has none": (lambda _: None, "tool-loop-websocket"),
    "the newest": (
        lambda data: [record(data, name, started=f"2026-01-0{at}T00:00:00Z") for at, name in ((2, "b"), (1, "a"))],
        "b",
    ),
    "the run itself, not its redacted copy": (
        lambda data: [record(data, "a"), record(data, "a-redacted", redaction={"of": "codex/a"})],
        "a",
    ),
    "a redacted copy where there is nothing else": (
        lambda data: record(data, "a-redacted", redaction={"of": "codex/a"}),
        "a-redacted",
    ),
}


@pytest.mark.parametrize("name", CHOICES)
def test_each_target_is_watched_with_one_recording(name: str, tmp_path: Path) -> None:
    make, expected = CHOICES[name]
    make(tmp_path)
    ((target, _, runs),) = chosen(tmp_path, ["codex"], None)[0]
    assert (target, [run.name for run in runs]) == ("codex", [expected])


def test_a_bundled_recording_is_listed_once(tmp_path: Path) -> None:
    names = [run.name for run in recordings(tmp_path, "codex") if why_unfit(run) is None]
    assert names == ["tool-loop", "tool-loop-websocket"]
