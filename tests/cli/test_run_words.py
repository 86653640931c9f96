"""Every task that reads one run takes it as a word, and as an option."""

from __future__ import annotations

import pytest

from probe.cli.commands import COMMANDS
from probe.cli.free_words import takes_run, with_named_words
from probe.cli.parsing import parse

TAKING = {"analyze", "view", "protocol", "verify", "sign", "redact", "share", "export", "compress"}


def test_these_tasks_take_it() -> None:
    assert {name for name in COMMANDS if takes_run(name)} == TAKING


@pytest.mark.parametrize("words", [["latest~1"], ["--run", "latest~1"], ["--run=latest~1"], ["-r", "latest~1"]])
@pytest.mark.parametrize("command", sorted(TAKING))
def test_both_spellings_mean_the_same(command: str, words: list[str]) -> None:
    expected = ["latest~1"] if command == "protocol" else "latest~1"
    for argv in (words, with_named_words([command, *words])[1:]):
        for given in (["--target=demo", *argv], [*argv, "--target=demo"]):
            read = vars(parse(command, given)[0])
            assert (read["run"], read["target"]) == (expected, "demo")


def test_protocol_takes_several() -> None:
    assert with_named_words(["protocol", "latest", "latest~1"]) == ["protocol", "--run=latest", "--run=latest~1"]
    assert parse("protocol", ["latest", "--run", "latest~1"])[0].run == ["latest~1", "latest"]


@pytest.mark.parametrize("words", [["latest", "latest~1"], ["latest", "--run", "latest~1"]])
def test_two_runs_are_one_too_many(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("verify", words)
    assert "one run is enough: latest latest~1" in capsys.readouterr().err


def test_the_value_of_an_option_is_no_run() -> None:
    assert with_named_words(["export", "--to", "har", "latest"]) == ["export", "--to", "har", "--run=latest"]
