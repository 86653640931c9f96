"""`get` prints what is at a path: for people, for programs, or the exact bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe import get
from probe.errors import UserError
from probe.places import guide
from tests.analysis.runs import ask, said
from tests.ask.asking import RECORDS, called, form_of_json, run_folder

LOOP = "codex/tool-loop"
PRINTED = {
    "a text": ("turn.1.call.1/arguments/cmd", "ls -la\n"),
    "a number": ("turn.1/tokens/input", "1204\n"),
    "an object": ("turn.1.call.1/arguments", '{\n  "cmd": "ls -la"\n}\n'),
    "nothing": ("turn.1/part", "null\n"),
}


@pytest.mark.parametrize(("path", "text"), PRINTED.values(), ids=PRINTED)
def test_a_value_is_printed_for_a_reader(path: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(get.main, capsys, LOOP, path) == (text, "")
    assert called(get.main, capsys, path, "--run", LOOP) == (text, "")


def test_an_empty_text_is_said_to_be_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert called(get.main, capsys, LOOP, "turn.1.answer") == (
        "\n",
        "note: turn.1.answer of run codex/tool-loop is empty: it calls a tool instead: turn.1.call.1\n",
    )


@pytest.mark.parametrize("path", ["turn.1", "answer", "exchange.1.request.body/input", "item.0", "manifest/versions"])
def test_a_value_is_printed_for_a_program(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = json.loads(called(get.main, capsys, LOOP, path, "--json")[0])
    form_of_json().validate(printed)
    assert (printed["run"], printed["path"], printed["shortened"], printed["more"]) == (LOOP, path, [], None)


def test_raw_writes_the_bytes_and_nothing_else(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    line = json.loads(RECORDS[LOOP].read_bytes().splitlines()[1])
    assert get.main([LOOP, "exchange.2.response.body", "--raw"]) == 0
    assert capfdbinary.readouterr() == (line["response"]["body"].encode(), b"")


def test_a_long_text_is_printed_in_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_folder(tmp_path, "codex/20260101T000000Z", [ask(1.0, said("0123456789" * 5000))])
    path = "turn.1.request/input/0/content"
    first, more = called(get.main, capsys, "latest", path, "--data-dir", str(tmp_path))
    assert first == "0123456789" * 2000 + "\n"
    assert "--offset=20000" in more
    last, more = called(get.main, capsys, path, "-o", "49990", "--data-dir", str(tmp_path))
    assert (last, more) == ("0123456789\n", "")
    printed = json.loads(called(get.main, capsys, path, "--json", "--data-dir", str(tmp_path))[0])
    assert printed["shortened"] == [""]
    assert "--all" in printed["more"]


WITHOUT_A_TRY = {
    "a wrong word": ("turn.1.anwser", "turn.1 has no part 'anwser'"),
    "a failed try": ("turn.1.try.1", "turn 1 has no failed try"),
    "a failed try without its number": ("turn.1.try", "turn 1 has no failed try"),
}


@pytest.mark.parametrize(("path", "problem"), WITHOUT_A_TRY.values(), ids=WITHOUT_A_TRY)
def test_a_turn_that_did_not_fail_has_no_try_among_its_parts(path: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem) as raised:
        get.main([LOOP, path])
    assert (raised.value.hint or "").endswith("answer, request, response, block.1, call.1, item.1, event.1")


def test_the_page_that_has_all_paths_is_named_where_it_is() -> None:
    with pytest.raises(UserError) as raised:
        get.main([])
    assert f"{guide('asking.md')} has all paths" in (raised.value.hint or "")


MISTAKES = {
    "nothing": ((), "get needs a path"),
    "a run alone": ((LOOP,), "get needs a path in run codex/tool-loop"),
    "three words": ((LOOP, "turn.1", "answer"), "get takes a run and a path, but got: codex/tool-loop turn.1 answer"),
    "two runs": ((LOOP, "turn.1", "--run", LOOP), "get takes a run and a path"),
    "two forms": ((LOOP, "turn.1", "--raw", "--json"), "--raw and --json are different forms"),
    "a part of the bytes": ((LOOP, "turn.1", "--raw", "--limit", "3"), "--raw writes all of it"),
    "no such run": (("codex/none", "turn.1"), "no run 'codex/none'"),
    "no such path": ((LOOP, "turns.1"), "'turns.1' is no path in a run"),
}


@pytest.mark.parametrize(("words", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_a_way_out(words: tuple[str, ...], problem: str) -> None:
    with pytest.raises(UserError) as raised:
        get.main([*words])
    assert problem in str(raised.value.args[0])
    assert raised.value.hint


def test_a_hostile_text_is_escaped_but_for_raw(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    text = "\x1b]0;owned\x07"
    run_folder(tmp_path, "codex/20260101T000000Z", [ask(1.0, said(text))])
    path = ("turn.1.request/input/0/content", "--data-dir", str(tmp_path))
    assert get.main([*path]) == 0
    assert capfdbinary.readouterr().out == b"\\x1b]0;owned\\x07\n"
    assert get.main([*path, "--raw"]) == 0
    assert json.loads(capfdbinary.readouterr().out) == text
