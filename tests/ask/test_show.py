"""`show` prints a run in short, or a part of it, for people and for programs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe import analyze, compress, get, grep, show
from probe.analysis import prices
from probe.ask.known_run import KnownRun
from probe.ask.printed import VALUES, asking_schema
from probe.cli.edge import printable
from probe.errors import UserError
from probe.places import PROJECT
from tests.analysis.runs import ask, said
from tests.ask.asking import RECORDS, called, form_of_json, known, run_folder

SCHEMA = PROJECT / "docs" / "asking.schema.json"
WHATS = (*(what for what in VALUES if what not in ("turn", "item")), "turn 1", "item 1")
LOOP = "codex/tool-loop"
SAID = "I listed the files in this folder; the tool's output above shows each of them. Nothing was changed."


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("run", ["demo/sample", "codex/tool-loop-websocket"])
def test_all_that_is_asked_of_a_run_has_a_text_and_a_value(
    run: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text, _ = called(show.main, capsys, run, *what.split())
    assert text.strip()
    printed = json.loads(called(show.main, capsys, run, *what.split(), "--json", "--all")[0])
    assert (printed["run"], printed["what"], printed["shortened"], printed["more"]) == (run, what, [], None)
    form = VALUES[what.split()[0]]
    assert msgspec.to_builtins(msgspec.convert(printed["value"], form, strict=False)) == printed["value"]
    form_of_json().validate(printed)


def test_the_schema_is_current_and_describes_each_field(golden: Callable[[Path, str], None]) -> None:
    schema = asking_schema()
    golden(SCHEMA, json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    fields = [(name, *field) for name, one in schema["$defs"].items() for field in one.get("properties", {}).items()]
    assert [(name, field) for name, field, form in fields if not form.get("description")] == []


@pytest.mark.parametrize("name", RECORDS)
def test_every_text_of_every_record_can_be_written(name: str) -> None:
    run = known(RECORDS[name])
    texts: list[Callable[[KnownRun], str]] = [text for text, _ in show._WHOLE.values()]
    texts += [show._writers(["turn", str(number)])[0] for number in range(1, len(run.findings.turns) + 1)]
    texts += [show._writers(["item", str(number)])[0] for number in range(len(run.trace.items.known))]
    for text in texts:
        written = printable(text(run))
        assert all(char.isprintable() or char in "\n\t" for char in written)


def test_a_run_in_short_has_what_was_asked_and_answered_each_turn_and_what_else_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, said = called(show.main, capsys, LOOP)
    assert text.startswith("run codex/tool-loop · codex codex-cli 0.98.0 · 2026-11-21 01:11:12 UTC · 2 turns · ")
    assert "\nasked:\n  (turn 1) List the files\n" in text
    assert f"\nanswered:\n  (turn 2) {SAID}\n" in text
    assert "\n  1  +0.00s  exec_command: ls -la  [1,204 in, 61 out" in text
    assert (
        "show codex/tool-loop WHAT; WHAT is one of: prompt, answer, instructions, tools, costs, files, turn N, item N"
        in said
    )


PARTS = {
    "sub-agents, and what they were asked": (
        "report/a-sub-agent-beside-its-parent",
        "overview",
        "threads:\n  1  the agent, 2 turns\n"
        "  2  sub-agent delegate of thread 1, 2 turns: Find where the total is added up. (asked in turn 1)\n",
    ),
    "what is worth a look": (
        "report/retries-that-fail-then-succeed",
        "overview",
        "worth a look:\n  turn 1: tool failed (run_command: pytest -q)\n  turn 1: 3 failed tries (",
    ),
    "problems": (
        "report/retries-that-fail-then-succeed",
        "overview",
        "  2 calls of the model failed (529: ",
    ),
    "the result of a tool": ("anthropic_messages/streamed-tool-loop", "turn 2", "] message tool, 107 bytes: 3\n"),
    "failed tries": ("report/retries-that-fail-then-succeed", "turn 1", "[turn.1.try.3] failed try before it: "),
    "many failed tries": ("report/unreachable-upstream", "turn 1", "\n… 29 failed tries in all\n"),
    "no answer": ("report/unreachable-upstream", "turn 1", " · no status · +58.0s, no answer came\n"),
    "a side request": (
        "report/side-requests-and-other-exchanges",
        "overview",
        "+0.20s  (title) Rename module ",
    ),
    "what the cache saved": ("codex/tool-loop", "costs", "(1,152 from the cache)"),
}


@pytest.mark.parametrize(("record", "what", "part"), PARTS.values(), ids=PARTS)
def test_a_reader_finds(record: str, what: str, part: str) -> None:
    run, words = known(RECORDS[record]), what.split()
    assert part in show._writers(words)[0](run)


SPELLINGS: dict[str, tuple[str, ...]] = {
    "a run first": (LOOP, "turn", "1"),
    "with a dot": (LOOP, "turn.1"),
    "options between": (LOOP, "--limit", "9000", "turn", "1"),
    "the run as an option": ("turn", "1", "--run", LOOP),
    "the option first": ("--run", LOOP, "turn", "1"),
}


@pytest.mark.parametrize("words", SPELLINGS.values(), ids=SPELLINGS)
def test_a_turn_can_be_spelled_in_several_ways(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = called(show.main, capsys, *words)
    assert text.startswith("turn 1 of run codex/tool-loop (turn, thread 1), line 1 of the record\n")
    assert '\n[turn.1.block.4] calls exec_command (call_e8b7b7b3793f991dd79d37cb)\n  {"cmd":"ls -la"}\n' in text
    assert "\n  [item.4c7183262635] message user, 90 bytes: List the files\n" in text


@pytest.mark.parametrize("words", [(), ("turn", "1"), ("answer",)])
def test_without_a_run_it_is_the_latest(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_folder(tmp_path, "codex/20260101T000000Z", [ask(1.0, said("one"))])
    run_folder(tmp_path, "codex/20260102T000000Z", [ask(1.0, said("two"))], started="2026-01-02T00:00:00Z")
    text, _ = called(show.main, capsys, *words, "--data-dir", str(tmp_path))
    latest, _ = called(show.main, capsys, "latest", *words, "--data-dir", str(tmp_path))
    assert text == latest
    assert "two" in text or "fine" in text


@pytest.mark.parametrize("named", ["as words", "as an option"])
def test_what_else_there_is_has_a_command_that_names_the_run_as_the_user_did(
    named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(run_folder(tmp_path, "codex/20260101T000000Z", [ask(1.0, said("one"))]))
    _, more = called(show.main, capsys, *([run] if named == "as words" else ["--run", run]))
    command, _, listed = more.removeprefix("more: invoke show ").partition("; ")
    assert listed.endswith("costs, files, turn N, item N\n")
    assert called(show.main, capsys, *shlex.split(command.replace("WHAT", "costs")))[0].startswith("cost: ")


def test_a_price_that_only_a_missing_library_knows_has_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prices, "find_spec", lambda name: None)
    for what in ("overview", "costs"):
        text, more = called(show.main, capsys, LOOP, what)
        assert text.count("the price library genai-prices is not installed") == 1
        assert re.search(
            r"^for prices: uv (pip install --python \S+ '?genai-prices\S+|sync --inexact --extra cost .+)$",
            more,
            re.MULTILINE,
        )
    assert called(show.main, capsys, LOOP, "tools")[1] == ""
    replay = run_folder(tmp_path, "codex/replay", [ask(1.0, said("x"))], replay_of=LOOP)
    text, more = called(show.main, capsys, str(replay))
    assert "\ncost: recorded answers, nothing was paid · tokens: " in text
    assert "for prices" not in more


MISTAKES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a wrong word for a part": ((LOOP, "promt"), "show does not know 'promt'", "did you mean 'prompt'? "),
    "a wrong word before a number": (("trun", "1"), "show does not know '1'", "did you mean 'turn'? "),
    "a wrong word alone": (("promt",), "no run 'promt'", "did you mean 'prompt'? "),
    "a run that is none": (("codex/tool-lop", "prompt"), "no run 'codex/tool-lop'", "did you mean 'codex/tool-loop'? "),
    "a turn without its number": ((LOOP, "turn"), "show turn needs one number", "turn 3"),
    "a turn that is none": ((LOOP, "turn", "9"), "no turn 9", "there are 2, from 1"),
    "a turn that is no number": ((LOOP, "turn", "last"), "no turn last", "from 1"),
    "too many words": (
        (LOOP, "costs", "all"),
        "show costs takes nothing more, but got 'all'",
        "show codex/tool-loop costs",
    ),
    "a path": ((LOOP, "turn.1.answer"), "show turn 1: 'answer' is too much", "get codex/tool-loop turn.1.answer"),
    "an item that is none": ((LOOP, "item", "ffffffff"), "has no item 'ffffffff'", "items are 0 to 25"),
    "a limit that is none": ((LOOP, "--limit", "many"), "--limit many: not a number", "--limit 100"),
}


@pytest.mark.parametrize(("words", "problem", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_a_way_out(words: tuple[str, ...], problem: str, hint: str) -> None:
    with pytest.raises(UserError) as raised:
        show.main([*words])
    assert problem in str(raised.value.args[0])
    assert hint in (raised.value.hint or "").replace("invoke ", "")
    assert raised.value.code == 2


@pytest.mark.parametrize("run", ["codex/tool-loop-websocket", "demo/sample"])
def test_its_numbers_are_those_of_the_report(run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / run
    shutil.copytree(RECORDS[run].parent, folder)
    facts = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(facts | {"bundled": False}))
    assert analyze.main(["--run", run, "--data-dir", str(tmp_path)]) == 0
    capsys.readouterr()
    report = json.loads((folder / "summary.json").read_text())
    summary = json.loads(called(get.main, capsys, run, "summary", "--json", "--all", "-d", str(tmp_path))[0])["value"]
    differing = {name for name, value in report.items() if summary[name] != value}
    assert differing <= {"generated_at", "proof", "run"}  # it hashes nothing, and names the record by its whole path
    shown = json.loads(called(show.main, capsys, run, "--json", "--all", "-d", str(tmp_path))[0])["value"]
    for name in ("counts", "cost", "tokens", "time", "threads", "problems", "notes"):
        assert shown[name] == report[name]


def test_a_compressed_run_is_asked_like_any_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_folder(tmp_path, "codex/20260101T000000Z", [ask(1.0, said("needle")), ask(2.0, said("hay"))])
    where = ("--data-dir", str(tmp_path))
    questions: list[tuple[Callable[[list[str]], int], tuple[str, ...]]] = [
        (show.main, ()),
        (show.main, ("turn", "2")),
        (show.main, ("item", "1")),
        (get.main, ("turn.2.request",)),
        (get.main, ("exchange.2",)),
        (grep.main, ("needle",)),
    ]
    plain = [called(main, capsys, *words, *where) for main, words in questions]
    called(compress.main, capsys, "--run", "latest", *where)
    assert not (tmp_path / "codex" / "20260101T000000Z" / "traffic.jsonl").exists()
    assert [called(main, capsys, *words, *where) for main, words in questions] == plain


def test_long_output_is_cut_and_the_next_command_prints_what_follows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "".join(f"line {number}\n" for number in range(9000))
    run_folder(tmp_path, "codex/20260101T000000Z", [ask(1.0, said(text))])
    where = ("--data-dir", str(tmp_path))
    first, more = called(show.main, capsys, "prompt", *where)
    assert 15_000 < len(first) <= 20_000
    (options,) = [line.split(" prompt ")[1].split() for line in more.splitlines() if line.startswith("more: ")]
    second, _ = called(show.main, capsys, "prompt", *options)
    assert text.startswith(first + second)
    assert called(show.main, capsys, "prompt", "--all", *where) == (text, "")
    printed: dict[str, Any] = json.loads(called(show.main, capsys, "prompt", "--json", *where)[0])
    assert printed["shortened"] == ["/0/text"]
    assert "--all" in printed["more"]


def test_what_came_over_the_wire_cannot_act_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_folder(tmp_path, "codex/20260101T000000Z", [ask(1.0, said("\x1b]0;owned\x07 \u202egnp.exe"))])
    for words in ((), ("prompt",), ("turn", "1"), ("prompt", "--json")):
        text, _ = called(show.main, capsys, *words, "-d", str(tmp_path))
        assert all(char.isprintable() or char in "\n\t" for char in text)
