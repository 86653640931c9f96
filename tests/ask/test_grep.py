"""`grep` searches all runs, the newest first, and samples only by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probe import get, grep
from probe.errors import UserError
from tests.analysis.runs import ask, said
from tests.ask.asking import called, form_of_json, run_folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Make three runs of two targets, a minute apart from each other."""
    for number, name in enumerate(("codex/20260101T000000Z", "demo/20260101T000100Z", "codex/20260101T000200Z")):
        start = 1_767_225_600.0 + 60 * number
        times = {"started": f"2026-01-01T00:0{number}:00Z", "ended": f"2026-01-01T00:0{number}:30Z"}
        run_folder(tmp_path, name, [ask(start + 1, said(f"needle {number}")), ask(start + 9, said("hay"))], **times)
    sample = [ask(1.0, said("needle of a sample"))]
    run_folder(tmp_path, "demo/sample", sample, bundled=True)
    return tmp_path


def found(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(called(grep.main, capsys, *words, "--json", "--data-dir", str(data))[0])
    form_of_json().validate(printed)
    return printed


NARROWED: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "all runs": ((), ["codex/20260101T000200Z", "demo/20260101T000100Z", "codex/20260101T000000Z"]),
    "one target": (("--target", "codex"), ["codex/20260101T000200Z", "codex/20260101T000000Z"]),
    "one run": (("--run", "latest~1"), ["demo/20260101T000100Z"]),
    "a sample by its name": (("--run", "demo/sample"), ["demo/sample"]),
    "since": (("--since", "2026-01-01T00:01:00Z"), ["codex/20260101T000200Z", "demo/20260101T000100Z"]),
    "until": (("--until", "2026-01-01T00:01:00Z"), ["codex/20260101T000000Z"]),
    "another role": (("--role", "tool"), []),
    "the same role by another name": (("--role", "user", "--target", "demo"), ["demo/20260101T000100Z"]),
}


@pytest.mark.parametrize(("words", "runs"), NARROWED.values(), ids=NARROWED)
def test_a_search_can_be_narrowed(
    words: tuple[str, ...], runs: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one["run"] for one in found(capsys, data, "needle", *words)["hits"]] == runs


def test_a_run_outside_the_times_is_not_even_read(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys, data, "needle", "--since", "2026-01-01T00:01:45Z")["runs_searched"] == 1


PATTERNS: dict[str, tuple[tuple[str, ...], int]] = {
    "a regular expression": (("ne+dle [01]",), 2),
    "letters count": (("NEEDLE",), 0),
    "letters do not count": (("NEEDLE", "-i"), 3),
    "as it is": (("needle [01]", "--fixed"), 0),
    "behind --": (("--", "needle"), 3),
}


@pytest.mark.parametrize(("words", "count"), PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_is_taken_as_it_is_meant(
    words: tuple[str, ...], count: int, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, said = called(grep.main, capsys, "--data-dir", str(data), *words)
    assert len(text.splitlines()) == 2 * count
    assert said == f"{count} hit{'' if count == 1 else 's'} in 3 runs\n"


def test_a_hit_is_two_lines_and_its_path_is_one_that_get_takes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = called(grep.main, capsys, "needle 2", "--data-dir", str(data))
    head, line = text.splitlines()
    run, path, *rest = head.split()
    assert (run, rest[:3], line) == ("codex/20260101T000200Z", ["turn", "1,", "user,"], "    needle 2")
    assert called(get.main, capsys, run, path, "--data-dir", str(data)) == ("needle 2\n", "")


def test_hits_come_in_parts_and_the_search_ends_with_the_last_that_is_wanted(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = found(capsys, data, "needle", "--limit", "1")
    assert (len(first["hits"]), first["runs_searched"]) == (1, 2)  # the second shows that there is more
    assert "--offset=1" in first["more"]
    rest = found(capsys, data, "needle", "--limit", "2", "--offset", "1")
    assert ([one["run"][:5] for one in rest["hits"]], rest["more"]) == (["demo/", "codex"], None)
    text, said = called(grep.main, capsys, "needle", "-n", "1", "--data-dir", str(data))
    assert len(text.splitlines()) == 2
    assert said.startswith("more: ")


def test_a_damaged_run_does_not_hide_the_others(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "demo" / "20260101T000100Z" / "manifest.json").write_text("{")
    text, said = called(grep.main, capsys, "needle", "--data-dir", str(data))
    assert len(text.splitlines()) == 4
    assert "WARNING: run demo/20260101T000100Z is not searched: " in said
    assert said.endswith("2 hits in 2 runs; not searched: 1 run that cannot be read\n")


def test_a_run_that_is_not_searched_is_counted_with_the_reason(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_folder(data, "demo/20260101T000300Z", [])
    assert called(grep.main, capsys, "needle", "--data-dir", str(data))[1] == (
        "3 hits in 3 runs; not searched: 1 run without an exchange\n"
    )


TOOLS = {
    "a word that is nearly one": ("exec_comand", "did you mean 'exec_command'? its tools are: apply_patch, "),
    "another word": ("nothing", "is in what was searched: its tools are: "),
}


@pytest.mark.parametrize(("tool", "said"), TOOLS.values(), ids=TOOLS)
def test_a_tool_that_no_run_has_is_said_to_be_none(tool: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = ("--run", "codex/tool-loop")
    assert said in called(grep.main, capsys, ".", "--tool", tool, *run)[1]
    assert "no tool" not in called(grep.main, capsys, "no such text", "--tool", "exec_command", *run)[1]


MISTAKES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "no pattern": ((), "grep needs a pattern", "for example: "),
    "an empty pattern": (("",), "grep needs a pattern", "for example: "),
    "a pattern without quotes": (("two", "words"), "grep takes one pattern, but got 2 words", '"two words"'),
    "a bad pattern": (
        ("a(b",),
        "'a(b' is no regular expression: missing ), ",
        "--fixed",
    ),
    "no such role": (("x", "--role", "usr"), "--role usr: no such role", "did you mean 'user'? "),
    "no such time": (("x", "--since", "soon"), "--since soon: not a time", "2h"),
    "no such target": (("x", "--target", "codx"), "there is no run of target 'codx'", "did you mean 'codex'? "),
    "no such run": (("x", "--run", "nope"), "no run 'nope'", "existing runs: "),
}


@pytest.mark.parametrize(("words", "problem", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_a_way_out(words: tuple[str, ...], problem: str, hint: str, data: Path) -> None:
    with pytest.raises(UserError) as raised:
        grep.main([*words, "--data-dir", str(data)])
    assert problem in str(raised.value.args[0])
    assert hint in (raised.value.hint or "")


def test_samples_alone_are_no_runs_to_search(tmp_path: Path) -> None:
    run_folder(tmp_path, "demo/sample", [ask(1.0, said("x"))], bundled=True)
    with pytest.raises(UserError, match="there is no run in ") as raised:
        grep.main(["x", "--data-dir", str(tmp_path)])
    assert "--run demo/sample" in (raised.value.hint or "")
