"""A task may take any number of words; Invoke, which knows none of that, gets them as an option's values."""

from __future__ import annotations

import pytest

from probe.cli import commands, options
from probe.cli.commands import Command
from probe.cli.free_words import with_named_words
from probe.cli.options import Option
from probe.cli.parsing import command_line, parse, usage

CASES = {
    "words around options": (["words", "latest", "-t", "codex", "turn", "3"], ["latest", "turn", "3"]),
    "a value behind =": (["words", "--target=codex", "turn"], ["turn"]),
    "no word": (["words", "--json"], []),
    "a switch has no value": (["words", "--json", "turn"], ["turn"]),
}


@pytest.fixture(autouse=True)
def _task_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(commands.COMMANDS, "words", Command("Words.", "invoke words", ("what", "target", "json")))
    monkeypatch.setitem(options.OPTIONS, "what", Option("What.", None, "WHAT", many=True, positional=True))


@pytest.mark.parametrize(("argv", "words"), CASES.values(), ids=CASES)
def test_each_word_becomes_an_option_and_then_a_word_again(argv: list[str], words: list[str]) -> None:
    named = with_named_words(argv)
    assert [word.removeprefix("--what=") for word in named if word.startswith("--what=")] == words
    given = {"what": words, "target": "codex" if "codex" in " ".join(argv) else None, "json": "--json" in argv}
    assert parse("words", command_line("words", given))[0].what == words


@pytest.mark.parametrize("argv", [["runs", "latest"], ["--list"], ["words", "--", "turn", "3"], []])
def test_all_else_stays_as_it_is(argv: list[str]) -> None:
    assert with_named_words(argv) == argv


def test_the_usage_shows_that_words_may_be_left_out() -> None:
    assert usage("words") == "invoke words [WHAT] [options]"
