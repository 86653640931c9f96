"""What differs between two recordings of one prompt becomes a rule, where it is no slot yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from probe.errors import UserError
from probe.places import PROJECT
from probe.slots.environment import Environment
from probe.slots.learning import Learned, learn
from probe.slots.local_file import with_rules
from probe.slots.rules import BUILT_IN, Rule
from probe.slots.sent import Sent
from probe.targets.finding import load_target

AROUND = (Environment(folders={"cwd": "/tmp/one"}), Environment(folders={"cwd": "/tmp/two"}))


def learned(old: Any, new: Any, rules: tuple[Rule, ...] = BUILT_IN) -> Learned:
    """Return what two bodies teach."""
    before, after = (Sent("POST /v1/responses", {}, body) for body in (old, new))
    return learn([before], [after], AROUND, rules)


TEXT = "line 1\nRequest token {} of /tmp/{}\nline 3"
CASES: dict[str, tuple[Any, Any, list[Rule]]] = {
    "six hexadecimal digits": (
        {"input": [{"tag": "5f3a2b"}]},
        {"input": [{"tag": "abcde1"}]},
        [Rule(slot="hex", at="input[].tag", pattern="^[0-9a-f]{6}$")],
    ),
    "a number": ({"seed": 17}, {"seed": 23456}, [Rule(slot="number", at="seed", pattern=r"^\d+$")]),
    "an epoch": (
        {"when": 1795277514},
        {"when": 1795279999},
        [Rule(slot="time", at="when", pattern=r"^\d+$")],
    ),
    "a part of a text": (
        {"text": TEXT.format("a1B2c3", "one")},
        {"text": TEXT.format("Z9y8x7", "two")},
        [Rule(slot="code", at="text", pattern=r"Request\ token\ ([0-9A-Za-z]{6})(?![0-9A-Za-z⟨])")],
    ),
    "values of several lengths": (
        {"input": [{"tag": "a1b2c3"}, {"tag": "d4"}]},
        {"input": [{"tag": "e5f6a7"}, {"tag": "b8"}]},
        [Rule(slot="hex", at="input[].tag", pattern="^[0-9a-f]+$")],
    ),
    "in JSON in a text": (
        {"meta": json.dumps({"nonce": "a1"})},
        {"meta": json.dumps({"nonce": "b22"})},
        [Rule(slot="hex", at="meta→.nonce", pattern="^[0-9a-f]+$")],
    ),
}


@pytest.mark.parametrize(("old", "new", "rules"), CASES.values(), ids=CASES.keys())
def test_a_value_that_differs_becomes_the_narrowest_rule(old: Any, new: Any, rules: list[Rule]) -> None:
    found = learned(old, new)
    assert (list(found.rules), found.left, found.only) == (rules, [], (0, 0))
    again = learned(old, new, (*BUILT_IN, *rules))
    assert (again.rules, again.left) == ({}, [])


NOT_LEARNED: dict[str, tuple[Any, Any]] = {
    "words": ({"text": "be brief"}, {"text": "be verbose"}),
    "a word for a number": ({"text": "use 2 files"}, {"text": "use many files"}),
    "a member of one side": ({"a": 1, "b": "x1"}, {"a": 1}),
    "another type": ({"a": 1}, {"a": "1"}),
    "nothing but the value": ({"text": "1 x"}, {"text": "2 x"}),
}


@pytest.mark.parametrize(("old", "new"), NOT_LEARNED.values(), ids=NOT_LEARNED.keys())
def test_what_is_no_volatile_value_is_left(old: Any, new: Any) -> None:
    found = learned(old, new)
    assert (found.rules, len(found.left)) == ({}, 1)


RESULTS: dict[str, Any] = {
    "Responses": {"input": [{"type": "function_call_output", "output": "size {}"}]},
    "Messages": {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "size {}"}]}]},
    "Chat Completions": {"messages": [{"role": "tool", "content": "size {}"}]},
    "Generate Content": {"contents": [{"parts": [{"functionResponse": {"response": {"x": "size {}"}}}]}]},
}


@pytest.mark.parametrize("body", RESULTS.values(), ids=RESULTS.keys())
def test_what_a_tool_returned_teaches_nothing(body: Any) -> None:
    old, new = (json.loads(json.dumps(body).replace("{}", number)) for number in ("size 4096", "size 8192"))
    found = learned(old, new)
    assert (found.rules, found.left) == ({}, [])


def test_the_id_of_a_result_teaches_where_what_the_tool_returned_does_not() -> None:
    result = '{"contents": [{"parts": [{"functionResponse": {"id": "{}", "response": {"size": "{}"}}}]}]}'
    old, new = (json.loads(result.replace("{}", number)) for number in ("17", "23"))
    (rule,) = learned(old, new, ()).rules
    assert rule.at == "contents[].parts[].functionResponse.id"


def test_slots_that_are_known_teach_nothing() -> None:
    found = learned({"text": TEXT.format("x", "one")}, {"text": TEXT.format("x", "two")})
    assert (found.rules, found.left) == ({}, [])


def test_requests_without_a_counterpart_are_left_out() -> None:
    one, title = Sent("POST /v1/responses", {}, {"id": "a1"}), Sent("POST /v1/titles", {}, {"id": "t1"})
    other = Sent("POST /v1/responses", {}, {"id": "b2"})
    found = learn([title, one], [other], AROUND, ())
    assert (len(found.rules), found.aligned, found.only) == (1, 1, (1, 0))


RULE = Rule(slot="hex", at="a.b", pattern=r'^"\d: #{6}$')
FILES = {
    "no file": "",
    "other keys": "# mine\nupstream_proxy: null  # none\nenv: {A: b}",
    "rules in lines": "slots:\n  # first\n  - {slot: a, pattern: 'x'}\n  # last\nenv: {A: b}\n",
    "rules without an indent": "slots:\n- slot: a\n  pattern: 'x'\nenv: {A: b} # end\n",
    "rules in one line": "slots: [{slot: a, pattern: 'x'}] # all\nenv: {A: b}\n",
    "an empty list": "env: {A: b}\nslots: []\n",
    "nothing after the key": "slots:\nenv: {A: b}\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_rules_are_added_to_a_local_file_and_all_else_stays(text: str) -> None:
    written = with_rules(with_rules(text, [RULE]), [Rule(slot="b", pattern="y")])
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(written)
    rules = [{"slot": "hex", "at": "a.b", "pattern": RULE.pattern}, {"slot": "b", "pattern": "y"}]
    rules += before.pop("slots", None) or []
    found = after.pop("slots")
    assert sorted(found, key=str) == sorted(rules, key=str)
    assert after == before
    assert [line for line in text.splitlines() if "#" in line and line.split("#")[1] not in written] == []


WRONG = {
    "not a list": ("slots: {a: b}", r"mine\.yaml:2: slots is a list"),
    "an unknown key": ("slots:\n- slot: a\n  patern: x", r"mine\.yaml:4: unknown key 'patern'"),
    "no pattern": ("slots:\n- {slot: a, pattern: x}\n- {slot: a}", r"mine\.yaml:4: slots\.1: .*pattern"),
    "no regular expression": ("slots:\n- {slot: a, pattern: '('}", r"mine\.yaml:3: slots\.0: .*regular expression"),
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a user's own targets."""
    monkeypatch.setenv("PROBE_TARGETS", str(tmp_path))
    return tmp_path


HEAD = "{description: x, listeners: {model: {port: 1, upstream: 'https://api.example'}}"


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=WRONG.keys())
def test_a_targets_rules_are_checked_with_their_line(own: Path, text: str, problem: str) -> None:
    head = "description: x\n" if text else ""
    (own / "mine.yaml").write_text(f"{head}{text}\n")
    with pytest.raises(UserError, match=problem):
        load_target("mine")


def test_rules_of_the_local_file_are_added_to_the_targets(own: Path) -> None:
    (own / "mine.yaml").write_text(f"{HEAD}, slots: [{{slot: a, pattern: x}}]}}\n")
    (own / "mine.local.yaml").write_text("slots: [{slot: b, pattern: y}]\n")
    assert [rule.slot for rule in load_target("mine")[0].slots] == ["a", "b"]


def _recorded(folder: Path, token: str, prompt: str = "Hi") -> Path:
    """Write a run of the target `mine`, as a recording would have."""
    folder.mkdir()
    record = {
        "timestamp": 1795277514.5,
        "request": {"method": "POST", "url": "http://x/v1/y", "headers": {}, "body": {"nonce": token, "text": prompt}},
    }
    (folder / "traffic.jsonl").write_text(json.dumps(record) + "\n")
    facts = {"target": "mine", "prompt": prompt, "run": folder.name, "started": "2026-11-21T16:11:51.674898Z"}
    (folder / "manifest.json").write_text(json.dumps({**facts, "ended": facts["started"]}))
    return folder


def _slots(own: Path, *runs: Path) -> subprocess.CompletedProcess[str]:
    return _script("probe.slots", own, *runs)


def _script(module: str, own: Path, *runs: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", module, *map(str, runs)]
    env = os.environ | {"PROBE_TARGETS": str(own), "PROBE_DATA_DIR": str(own / "data")}
    return subprocess.run(words, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_the_command_writes_rules_once(own: Path) -> None:
    (own / "mine.yaml").write_text(f"{HEAD}}}\n")
    (own / "mine.local.yaml").write_text("# my notes\nreport_title: Mine\n")
    runs = _recorded(own / "one", "a1b2c3"), _recorded(own / "two", "d4e5f6")
    first = _slots(own, *runs)
    assert first.returncode == 0, first.stderr
    assert '- {slot: "hex", at: "nonce", pattern: "^[0-9a-f]{6}$"}' in first.stdout
    written = (own / "mine.local.yaml").read_text()
    assert written.startswith("# my notes\nreport_title: Mine\nslots:\n")
    assert "to undo it, remove the lines" in first.stderr
    compared = _script("probe.compare", own, *runs)
    assert (compared.returncode, compared.stdout) == (0, "no differences but slots\n"), compared.stderr
    second = _slots(own, *runs)
    assert (second.returncode, second.stdout) == (0, "")
    assert "0 new rules, 0 other differences" in second.stderr
    assert (own / "mine.local.yaml").read_text() == written


def test_prompts_that_differ_teach_nothing(own: Path) -> None:
    (own / "mine.yaml").write_text(f"{HEAD}}}\n")
    done = _slots(own, _recorded(own / "one", "a1", "List 5 files"), _recorded(own / "two", "a1", "List 6 files"))
    assert "the prompts differ" in done.stderr
    assert done.stdout == ""
    assert not (own / "mine.local.yaml").exists()
