"""Tasks and scripts are the same thing in two spellings."""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from invoke.context import Context

from probe.cli.commands import COMMANDS
from probe.cli.options import option_of
from probe.cli.parsing import command_line, parse, parser, usage
from probe.places import PROJECT
from tests.support.running import Running


def invoke(*words: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "invoke", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_the_list_of_tasks_has_a_line_for_each() -> None:
    listed = invoke("--list").stdout
    for name, command in COMMANDS.items():
        assert any(name in line and command.help in line for line in listed.splitlines()), listed


@pytest.mark.parametrize("name", COMMANDS)
def test_a_tasks_help_has_the_scripts_line_example_options_and_short_forms(name: str) -> None:
    shown = " ".join(invoke("--help", name).stdout.split())
    assert COMMANDS[name].help in shown
    typed = shlex.join([sys.executable, "-m", "invoke"])
    assert f"example: {COMMANDS[name].example}".replace("invoke ", f"{typed} ", 1) in shown
    for action in parser(name)._actions:
        if not isinstance(action, argparse._HelpAction):
            assert action.help
            assert " ".join(action.help.split()) in shown
            for spelling in action.option_strings:
                assert spelling in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_no_two_options_of_a_script_share_a_short_form(name: str) -> None:
    shorts = [short for option in COMMANDS[name].options if (short := option_of(name, option).short)]
    assert len(shorts) == len(set(shorts))


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_task_spells_its_script_reads_back(name: str) -> None:
    options = {}
    for option in COMMANDS[name].options[:-1]:  # the last prints the versions and ends
        kind = option_of(name, option)
        # A word that begins with a dash goes behind `--`, where no option is looked for.
        several = ["a=b", ""] if kind.positional else ["-a=b", ""]
        options[option] = True if kind.metavar is None else several if kind.many else "-x y"
    read, rest = parse(name, [*command_line(name, options), "--", "--", "a b", ""])
    assert vars(read) == options
    assert rest == ["--", "a b", ""]


def test_an_option_without_its_value_reaches_the_script() -> None:
    run = ["--run", "codex/sample", "--json"]
    # An earlier version recorded the sample, so that its manifest has no root.
    problems = json.loads(invoke("verify", *run, "--root").stdout)["problems"]
    assert len(problems["root"]) == 1


def test_what_stands_behind_two_dashes_keeps_its_borders(tmp_path: Path) -> None:
    words = ["a b", "", "it's", '"q"', "$HOME", "--flag", "*"]
    show = [sys.executable, "-c", "import sys; print(sys.argv[1:])", *words]
    task = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "capture", "-t", "codex", "--", *show]
    with Running(tmp_path, command=task) as running:
        assert running.wait() == 1  # nothing captured
        assert running.stdout.splitlines()[0] == repr(words)


def test_an_empty_value_reaches_the_script(tmp_path: Path) -> None:
    task = [
        sys.executable,
        "-m",
        "invoke",
        "--search-root",
        str(PROJECT),
        "doctor",
        "-t",
        "codex",
        "--upstream-proxy",
        "",
    ]
    with Running(tmp_path, command=task, env={"HTTPS_PROXY": "http://127.0.0.1:9"}) as running:
        running.wait()
        assert "upstream proxy" not in running.stdout.split("setting")[0]


MISTAKES = {
    "an option": (["capture", "--promt", "x"], ["capture has no option --promt", "did you mean '--prompt'? "]),
    "an option with its value": (["runs", "--tarjet=codex"], ["runs has no option --tarjet", "'--target'"]),
    "a task": (["pipelin"], ["no task 'pipelin'", "did you mean 'pipeline'? ", "invoke --list lists the tasks"]),
    "a task to be helped with": (["--help", "captur"], ["no task 'captur'", "did you mean 'capture'? "]),
    "a forgotten --": (
        ["capture", "-t", "codex", "codex", "exec", "hello"],
        ["capture accepts no word 'codex'", "did you forget -- before the command? ", "invoke capture … -- codex …; "],
    ),
    "a prompt without quotes": (
        ["pipeline", "--target", "demo", "--prompt", "Write", "a", "prime", "checker", "--view"],
        [
            "the prompt has more than one word: Write a prime checker\n",
            'hint: quote it: --prompt "Write a prime checker"; ',
        ],
    ),
    "a prompt after = without quotes": (
        ["capture", "-t", "demo", "--prompt=Write", "a", "haiku"],
        ['quote it: --prompt "Write a haiku"; '],
    ),
    "a fault without quotes": (
        ["replay", "--fault", "429", "once"],
        ["the value of --fault has more than one word: 429 once", 'quote it: --fault "429 once"; '],
    ),
    "a target that is given twice": (["pipeline", "--target", "demo", "-t", "codex"], ["--target is given twice\n"]),
    "a prompt that is given twice": (
        ["pipeline", "--target=demo", "--prompt=a", "--prompt=b"],
        ["--prompt is given twice\n"],
    ),
    "a target without its option": (
        ["doctor", "codex"],
        ["doctor accepts no word 'codex'", "did you forget --target? ", "invoke doctor --target codex; "],
    ),
    "a target without its option, before a prompt": (
        ["pipeline", "demo", "--prompt", "hello"],
        ["pipeline accepts no word 'demo'", "invoke pipeline --target demo"],
    ),
    "a task that starts no command": (
        ["runs", "latest"],
        ["runs accepts no word 'latest'", "invoke --help runs"],
    ),
    "a forgotten --run": (
        ["replay", "latest"],
        ["replay accepts no word 'latest'", "did you forget --run? ", "invoke replay --run latest; "],
    ),
    "a run that is given twice": (["verify", "latest~1", "latest"], ["verify accepts no word 'latest'", "one run"]),
    "a run as a word and as an option": (
        ["verify", "latest", "--run", "codex/sample"],
        ["verify accepts no word 'latest'", "one run"],
    ),
    "help for words behind a task": (["--help", "show", "me"], ["--help explains one task", "but got 'me'"]),
    "a new target without a name": (
        ["new-target"],
        ["new-target needs a name\n", "for example: ", "invoke new-target mine --command 'my-agent run {prompt}'"],
    ),
    "a comparison with one run": (["compare", "latest"], ["compare needs two runs: BEFORE and AFTER\n"]),
    "a comparison without any": (["compare"], ["compare needs two runs: BEFORE and AFTER\n"]),
    "a missing value": (
        ["capture", "--prompt"],
        ["--prompt needs a value\n", "invoke --help capture lists its options"],
    ),
    "a missing value of an option that may be repeated": (
        ["capture", "-t", "demo", "--prompt", "hello", "--fault"],
        ["--fault needs a value\n", "invoke --help capture lists its options"],
    ),
}


@pytest.mark.parametrize(("words", "parts"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_on_invokes_command_line_has_a_way_out(words: list[str], parts: list[str]) -> None:
    said = invoke(*words)
    assert (said.returncode, said.stdout) == (2, "")
    for part in ("error: ", *parts):
        assert part in said.stderr
    assert "forget -- " not in said.stderr or words[-1] == "hello"
    assert "forget --run" not in said.stderr or words[-1] == "latest"
    assert "forget" not in said.stderr or words[0] != "runs"


USAGES = {
    "capture": "invoke capture [options] [-- COMMAND …]",
    "replay-check": "invoke replay-check [options] [-- COMMAND …]",
    "compare": "invoke compare BEFORE AFTER [options]",
    "runs": "invoke runs [options]",
    "verify": "invoke verify [RUN] [options]",
    "protocol": "invoke protocol [RUN …] [options]",
    "replay": "invoke replay [options]",
}


@pytest.mark.parametrize(("name", "text"), USAGES.items())
def test_help_shows_the_words_and_the_command_that_a_task_takes(name: str, text: str) -> None:
    typed = shlex.join([sys.executable, "-m", "invoke"])
    assert text.replace("invoke ", f"{typed} ", 1) in invoke("--help", name).stdout
    assert usage(name) == text
    assert text.removeprefix(f"invoke {name}") in parser(name).format_usage()


def test_the_example_of_runs_deletes_nothing() -> None:
    assert "--prune" not in COMMANDS["runs"].example


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_with_a_value_shows_its_placeholder(name: str) -> None:
    shown = " ".join(invoke("--help", name).stdout.split())
    for option in COMMANDS[name].options:
        kind = option_of(name, option)
        if kind.metavar and not kind.positional:
            value = f"[={kind.metavar}]" if kind.optional else f"={kind.metavar}"
            assert f"--{option.replace('_', '-')}{value}" in shown
            assert kind.short is None or f"-{kind.short} {kind.metavar}" in shown
    assert "STRING" not in shown.replace("[STRING]", "")


def _needs_words(name: str) -> bool:
    return any(option_of(name, option).positional for option in COMMANDS[name].options)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COMMANDS if not _needs_words(name)])
def test_every_task_and_script_prints_the_versions(name: str) -> None:
    shown = invoke(name, "--version")
    assert (shown.returncode, shown.stderr) == (0, "")
    versions = f"agent-probe {version('agent-probe')}, mitmproxy {version('mitmproxy')}"
    assert shown.stdout == f"{versions}, Python {platform.python_version()}\n"


def test_tasks_are_called_by_invoke_with_a_context() -> None:
    import tasks

    assert sorted(tasks.namespace.task_names) == sorted(COMMANDS)
    with pytest.raises(TypeError, match="Context"):
        tasks.namespace["runs"](None)
    assert Context is not None
