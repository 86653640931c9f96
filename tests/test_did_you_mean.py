"""A word is suggested where it was probably meant, and nothing where it was not."""

from __future__ import annotations

import pytest

from probe.cli.commands import COMMANDS
from probe.cli.options import flag
from probe.did_you_mean import did_you_mean, runs_there_are
from probe.places import PROJECT

TARGETS = [file.stem for file in (PROJECT / "targets").glob("*.yaml") if not file.stem.endswith(".local")]
CASES: dict[str, tuple[str, list[str], str | None]] = {
    "a letter left out": ("codx", TARGETS, "codex"),
    "the beginning": ("claude", TARGETS, "claude-code"),
    "a misspelled beginning": ("gemni", TARGETS, "gemini-cli"),
    "an option": ("--promt", [flag(name) for name in COMMANDS["capture"].options], "--prompt"),
    "letters in the wrong order": ("piepline", list(COMMANDS), "pipeline"),
    "another spelling": ("analyse", list(COMMANDS), "analyze"),
    "a short word": ("dmo", TARGETS, "demo"),
    "no target": ("nope", TARGETS, None),
    "no task": ("nosuch", list(COMMANDS), None),
    "nothing": ("", TARGETS, None),
}
FOREIGN = {
    ("--json", "doctor"), ("--json", "analyze"), ("--json", "pipeline"), ("--force", "doctor"), ("--full", "doctor"),
}  # fmt: skip


@pytest.mark.parametrize(("word", "known", "meant"), CASES.values(), ids=CASES.keys())
def test_only_a_word_that_is_close_is_suggested(word: str, known: list[str], meant: str | None) -> None:
    assert did_you_mean(word, known) == (f"did you mean {meant!r}? " if meant else "")


@pytest.mark.parametrize(("option", "command"), sorted(FOREIGN))
def test_an_option_of_another_task_suggests_no_unlike_option(option: str, command: str) -> None:
    assert did_you_mean(option, [flag(name) for name in COMMANDS[command].options]) == ""


def test_a_pattern_without_runs_names_the_targets_that_have_some() -> None:
    assert (
        runs_there_are("codx/*", ["codex/1", "demo/1", "codex/2"]) == "did you mean 'codex'? there are: codex/*, demo/*"
    )
    assert runs_there_are("codex/9*", ["codex/1"]) == "there are: codex/*"
    assert runs_there_are("*/9", [f"t{number:02}/1" for number in range(12)]).endswith("t09/*, …")
