"""Targets are data, and a mistake in one is told with its place."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.places import PROJECT
from probe.targets.finding import load_target, output_dirs, target_files, target_names
from probe.targets.target import Change, expand, explains, set_by, url_problem

GOOD = """\
description: An agent
agent: thing
args: [--base, "{model.url}/v1"]
prompt_command: [thing, "{prompt}"]
listeners:
  model: {port: 8080, upstream: "https://api.example.test"}
env: {BASE_URL: "{model.url}"}
renderer: probe.renderers.openai_responses
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of the user's own targets."""
    folder = tmp_path / "targets"
    folder.mkdir()
    monkeypatch.setenv("PROBE_TARGETS", str(folder))
    return folder


def write(folder: Path, text: str, name: str = "thing.yaml") -> Path:
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("name", target_names())
def test_every_target_of_the_project_loads(name: str) -> None:
    target, sources = load_target(name)
    assert target.listeners
    assert set(sources.values()) == {f"targets/{name}.yaml"}


def test_a_target_says_which_file_each_key_is_from(own: Path) -> None:
    write(own, GOOD)
    write(own, 'listeners: {model: {port: 9999}}\nenv: {EXTRA: "1"}\n', "thing.local.yaml")
    target, sources = load_target("thing")
    assert (target.listeners["model"].port, target.listeners["model"].upstream) == (9999, "https://api.example.test")
    assert target.env == {"BASE_URL": "{model.url}", "EXTRA": "1"}
    assert sources["env"] == str(own / "thing.local.yaml")
    assert sources["agent"] == str(own / "thing.yaml")


KEYS = GOOD.replace("env:", '  other: {port: 8081, upstream: "https://other.example.test"}\nenv:')
MISTAKES = {
    "keys of two vendors in one list": (
        GOOD + "keys: [OPENAI_API_KEY, ANTHROPIC_API_KEY]\n",
        ["targets/thing.yaml:9:", "OPENAI_API_KEY and ANTHROPIC_API_KEY are of two vendors", "by listener"],
    ),
    "keys of two vendors for one listener": (
        GOOD + "keys:\n  model: [CODEX_API_KEY, GEMINI_API_KEY]\n",
        ["targets/thing.yaml:10:", "of two vendors"],
    ),
    "keys of a listener that there is not": (
        GOOD + "keys: {modle: [OPENAI_API_KEY]}\n",
        ["targets/thing.yaml:9:", "'modle' that there is not", "did you mean 'model'?"],
    ),
    "a key that nobody knows": (
        GOOD.replace("prompt_command", "prompt_comand"),
        ["targets/thing.yaml:4:", "unknown key 'prompt_comand'", "did you mean 'prompt_command'?"],
    ),
    "a key of a listener that nobody knows": (
        GOOD.replace("upstream:", "upstraem:"),
        ["targets/thing.yaml:6:", "unknown key 'upstraem'", "did you mean 'upstream'?"],
    ),
    "a port that is a word": (GOOD.replace("8080", "http"), ["targets/thing.yaml:", "port", "Expected `int`"]),
    "a port out of range": (GOOD.replace("8080", "80800"), ["targets/thing.yaml:", "65535"]),
    "an upstream without a scheme": (
        GOOD.replace("https://api", "api"),
        ["targets/thing.yaml:6:", "must begin with http:// or https://"],
    ),
    "a renderer that nobody knows": (
        GOOD.replace("openai_responses", "openai_response"),
        ["targets/thing.yaml:8:", "unknown renderer", "did you mean 'probe.renderers.openai_responses'?"],
    ),
    "a placeholder that nobody knows": (
        GOOD.replace("{model.url}/v1", "{modle.url}/v1"),
        ["targets/thing.yaml:3:", "unknown placeholder {modle.url}", "did you mean 'model.url'?"],
    ),
    "no listeners": (
        GOOD.split("listeners:")[0] + "listeners: {}\nrenderer: probe.renderers.generic\n",
        ["at least one"],
    ),
    "a missing key": (GOOD.replace("description: An agent\n", ""), ["targets/thing.yaml:1:", "description"]),
    "a key that appears twice": (GOOD + "agent: other\n", ["targets/thing.yaml:9:", "appears twice", "line 2"]),
    "args that are one string": (
        GOOD.replace('[--base, "{model.url}/v1"]', "--base"),
        ["targets/thing.yaml:3:", "array"],
    ),
    "a prompt that goes nowhere": (GOOD.replace('"{prompt}"', "prompt"), ["targets/thing.yaml:4:", "has no {prompt}"]),
    "args without an agent": (GOOD.replace("agent: thing\n", ""), ["targets/thing.yaml:2:", "there is no agent"]),
    "two listeners on one port": (
        GOOD.replace("env:", '  other: {port: 8080, upstream: "https://other.example.test"}\nenv:'),
        ["targets/thing.yaml:7:", "port 8080 is listener 'model' already"],
    ),
    "a change without a reason": (
        GOOD + "changes:\n  - what: --base\n",
        ["targets/thing.yaml:10:", "changes.0: Object missing required field `why`"],
    ),
    "a key of a change that nobody knows": (
        GOOD + "changes:\n  - {what: --base, wy: because}\n",
        ["targets/thing.yaml:10:", "unknown key 'wy'", "did you mean 'why'?"],
    ),
    "a change with a placeholder that nobody knows": (
        GOOD + 'changes:\n  - what: "--base {modle.url}"\n    why: because\n',
        ["targets/thing.yaml:10:", "unknown placeholder {modle.url}"],
    ),
    "a kind of id that nobody knows": (
        GOOD + "ids: {sesion: [header x]}\n",
        ["targets/thing.yaml:9:", "unknown kind of id 'sesion'", "did you mean 'session'?"],
    ),
    "an id at a place that is none": (
        GOOD + "ids:\n  session: [header x, cookie y]\n",
        ["targets/thing.yaml:10:", "'cookie y': a place is `header NAME`"],
    ),
    "an id without a list": (
        GOOD + "ids: {session: header x}\n",
        ["targets/thing.yaml:9:", "ids.session: Expected `array`"],
    ),
    "coverage that is neither on nor off": (
        GOOD + "coverage: maybe\n",
        ["targets/thing.yaml:9:", "coverage: Expected `bool`"],
    ),
    "a file above the folder": (
        GOOD + "files:\n  ../a.json: {}\n",
        ["targets/thing.yaml:10:", "file '../a.json' is no plain relative path"],
    ),
    "a file by a whole path": (GOOD + "files:\n  /a.json: {}\n", ["targets/thing.yaml:10:", "no plain relative path"]),
    "a file of another spelling": (GOOD + "files:\n  ./a.json: {}\n", ["targets/thing.yaml:10:", "no plain"]),
    "a file without a name": (GOOD + 'files:\n  "": {}\n', ["targets/thing.yaml:10:", "no plain relative path"]),
    "a file that is a folder too": (
        GOOD + "files:\n  a: x\n  a/b/c: y\n",
        ["targets/thing.yaml:11:", "file 'a' cannot be a folder too"],
    ),
    "a file that says a number": (GOOD + "files:\n  a: 1\n", ["targets/thing.yaml:10:", "neither a text nor"]),
    "a file with a date": (
        GOOD + "files:\n  a: {since: 2026-01-01}\n",
        ["targets/thing.yaml:10:", "neither a text nor what JSON has"],
    ),
    "a file with a placeholder that nobody knows, deep inside": (
        GOOD + 'files:\n  a.json: {b: [1, {c: "{modle.url}"}]}\n',
        ["targets/thing.yaml:10:", "unknown placeholder {modle.url}", "did you mean 'model.url'?"],
    ),
    "files that are a list": (GOOD + "files: [a]\n", ["targets/thing.yaml:9:", "files: Expected `object`"]),
    "no YAML": ("a: [1,\n", ["targets/thing.yaml:", "not YAML"]),
    "a list": ("- a\n", ["targets/thing.yaml:1:", "mapping"]),
}


@pytest.mark.parametrize(("text", "parts"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_file_line_key_and_the_nearest_word(own: Path, text: str, parts: list[str]) -> None:
    write(own, text)
    with pytest.raises(UserError) as raised:
        load_target("thing")
    for part in parts:
        assert part in str(raised.value)
    assert f"error: {own}/thing.yaml:" in str(raised.value)


def test_a_mistake_in_the_local_file_names_the_local_file(own: Path) -> None:
    write(own, GOOD)
    write(own, "\nlisteners:\n  model: {port: never}\n", "thing.local.yaml")
    with pytest.raises(UserError, match=r"targets/thing\.local\.yaml:3: .*port"):
        load_target("thing")


def test_an_own_target_goes_before_ours_and_is_listed_with_them(own: Path) -> None:
    write(own, GOOD, "codex.yaml")
    write(own, GOOD)
    write(own, "env: {A: b}", "other.local.yaml")
    assert load_target("codex")[0].description == "An agent"
    assert target_files("codex") == [own / "codex.yaml", PROJECT / "targets" / "codex.yaml"]
    assert {"codex", "demo", "thing"} <= {*target_names()}
    assert not [name for name in target_names() if "local" in name]


def test_of_several_own_folders_the_first_that_has_a_target_counts(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "second").mkdir()
    monkeypatch.setenv("PROBE_TARGETS", os.pathsep.join(["", str(own), "/no/such", str(tmp_path / "second")]))
    write(tmp_path / "second", GOOD.replace("An agent", "The second"))
    assert load_target("thing")[0].description == "The second"
    write(own, GOOD.replace("An agent", "The first"))
    assert load_target("thing")[0].description == "The first"


def test_the_folders_that_were_looked_into_are_told(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(own, GOOD)
    monkeypatch.setenv("PROBE_TARGETS", f"{own}{os.pathsep}/no/such")
    with pytest.raises(UserError) as raised:
        load_target("thin")
    told = str(raised.value)
    assert f"no target 'thin' in {own} or /no/such (no such folder) or {PROJECT / 'targets'}" in told
    assert "did you mean 'thing'?" in told


def test_a_targets_file_is_told_how_to_be_named() -> None:
    with pytest.raises(UserError, match=r"PROBE_TARGETS=mine/folder and --target thing"):
        load_target("mine/folder/thing.yaml")


def test_an_own_target_keeps_its_runs_where_it_says(own: Path, tmp_path: Path) -> None:
    write(own, GOOD + f"output_dir: {tmp_path}/runs\n")
    write(own, "broken: [", "broken.yaml")
    assert output_dirs() == {"thing": tmp_path / "runs"}


def test_keys_are_grouped_by_listener(own: Path) -> None:
    write(own, KEYS + "keys: {model: [A_KEY, B_KEY], other: [C_KEY]}\n")
    target = load_target("thing")[0]
    assert (target.key_groups, target.key_variables) == ([["A_KEY", "B_KEY"], ["C_KEY"]], ["A_KEY", "B_KEY", "C_KEY"])
    write(own, GOOD + "keys: [CODEX_API_KEY, OPENAI_API_KEY]\n")
    assert load_target("thing")[0].key_groups == [["CODEX_API_KEY", "OPENAI_API_KEY"]]
    write(own, GOOD)
    assert load_target("thing")[0].key_groups == []


@pytest.mark.parametrize("name", ["../targets/codex", "./codex", "", "codex/", "codex.local"])
def test_a_path_is_no_targets_name(name: str) -> None:
    with pytest.raises(UserError, match="no target"):
        load_target(name)


HINTS = {
    "a known one's file": ("demo.yaml", "a target is a name: --target demo"),
    "a known one's path": ("targets/demo.yaml", "a target is a name: --target demo"),
    "another's path": ("mine/own.yaml", "a target is a name: PROBE_TARGETS=mine and --target own"),
}


@pytest.mark.parametrize(("name", "hint"), HINTS.values(), ids=HINTS.keys())
def test_a_file_instead_of_a_target_is_answered_with_the_targets_name(name: str, hint: str) -> None:
    with pytest.raises(UserError) as raised:
        load_target(name)
    assert raised.value.hint == hint


def test_an_unknown_target_names_the_nearest_and_all() -> None:
    with pytest.raises(UserError) as raised:
        load_target("codx")
    assert "did you mean 'codex'?" in str(raised.value)
    assert "demo" in str(raised.value)


def test_what_is_filled_in_is_not_expanded_again() -> None:
    filled = expand("{prompt} {model.url} {other} {}", {"prompt": "say {model.url}", "model.url": "http://x"})
    assert filled == "say {model.url} http://x {other} {}"


UPSTREAMS = {
    "https://api.openai.com": None,
    "http://127.0.0.1:9": None,
    "https://gateway.example.test/prefix/": None,
    "http://[::1]:8080": None,
    "ftp://example.test": "http://",
    "api.openai.com": "http://",
    "https://": "no host",
    "https://example.test:99999": "ort",
    "https://me:secret@example.test": "credentials",
    "https://example.test/?key=1": "query",
}


@pytest.mark.parametrize(("url", "problem"), UPSTREAMS.items())
def test_which_upstreams_are_usable(url: str, problem: str | None) -> None:
    found = url_problem(url)
    assert (found is None) if problem is None else problem in (found or "")


@pytest.mark.parametrize("name", target_names())
def test_a_targets_changes_name_all_that_it_sets(name: str) -> None:
    target, _ = load_target(name)
    words = [*target.args, *(target.prompt_command or ()), *(target.interactive_command or ())]
    silent = [
        one
        for one in [*set_by(words), *target.env, *target.files]
        if not any(explains(each, one) for each in target.changes)
    ]
    assert silent == []
    assert all(change.what and change.why for change in target.changes)


SET_BY: dict[str, tuple[list[str], list[str]]] = {
    "no words at all": ([], []),
    "a setting": (["-c", "a.b=1"], ["a.b"]),
    "a setting with a value that holds the sign": (["-c", 'p={name="x"}'], ["p"]),
    "a long flag": (["--flag", "value", "--other=1"], ["--flag", "--other"]),
    "a long flag before a setting": (["--flag", "a=1"], ["--flag", "a"]),
    "a short flag": (["-m", "model"], ["-m"]),
    "the agent and what it shall do": (["codex", "exec", "{prompt}"], []),
}


@pytest.mark.parametrize(("words", "names"), SET_BY.values(), ids=SET_BY.keys())
def test_what_the_words_of_a_command_set(words: list[str], names: list[str]) -> None:
    assert set_by(words) == names


EXPLAINS = {
    "the name alone": ("a.b", "a.b", True),
    "with a value": ("a.b=1, c=2", "c", True),
    "at a sentence's end": ("sets a.b.", "a.b", True),
    "a longer name": ("model_providers", "model_provider", False),
    "the end of a name": ("x.a.b", "a.b", False),
    "a flag": ("--no-check is given", "--no-check", True),
    "a longer flag": ("--no-check-at-all", "--no-check", False),
}


@pytest.mark.parametrize(("what", "name", "explained"), EXPLAINS.values(), ids=EXPLAINS.keys())
def test_a_change_explains_what_it_names(what: str, name: str, explained: bool) -> None:
    assert explains(Change(what=what, why="because"), name) is explained


NINE = "[" + ",".join(["*{0}"] * 9) + "]"
BOMB = "a: &a [x]\n" + "".join(f"{two}: &{two} {NINE.format(one)}\n" for one, two in pairwise("abcdefghijklm"))
HOSTILE = {
    "an alias bomb": BOMB,
    "a mapping that holds itself": "description: &a {x: *a}\n",
    "lists without an end of depth": "description: " + "[" * 5000,
    "blocks without an end of depth": "- " * 5000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_that_would_take_all_memory_or_depth_is_refused_at_once(own: Path, text: str) -> None:
    (own / "hostile.yaml").write_text(text)
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"an alias|nested too deeply|not YAML"):
        load_target("hostile")
    assert time.monotonic() - begun < 5
