"""The command `probe`: what it shows of itself, what it says to mistakes, and what shells complete."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probe.cli.commands import COMMANDS
from probe.places import PROJECT
from probe.targets.finding import target_names
from probe.tasks.completion import candidates
from probe.tasks.program import OPTIONS

PROBE = str(Path(sys.executable).with_name("probe"))


def probe(*words: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    environ = os.environ | {"PATH": f"{Path(PROBE).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    return subprocess.run([PROBE, *words], cwd=cwd, env=environ, capture_output=True, text=True, timeout=60)


def test_help_lists_every_task_and_no_option_that_means_nothing_here() -> None:
    shown = probe("--help").stdout
    assert {line.split()[0] for line in shown.splitlines() if line.startswith("  ")} >= set(COMMANDS)
    for word in ("write-pyc", "sudo", "--dry", "command-timeout", "--pty", "core-opts", "invoke"):
        assert word not in shown


def test_the_options_shown_are_options_of_invoke() -> None:
    own = probe("--help").stdout
    for names, _ in OPTIONS:
        assert names in own
    assert probe("--list").stdout.startswith("Subcommands:")
    assert "agent-probe " in (version := probe("--version").stdout)
    assert "mitmproxy " in version


@pytest.mark.parametrize("task", ["pipeline", "compare"])
def test_help_of_a_task_has_the_same_options_as_invokes(task: str) -> None:
    invoke = subprocess.run(
        [sys.executable, "-m", "invoke", "--help", task], cwd=PROJECT, env=os.environ | {"COLUMNS": "100"},
        capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    own = probe("--help", task).stdout
    assert own.split("Options:\n")[1].strip() == invoke.split("Options:\n")[1].strip()
    assert own.startswith(f"Usage: probe {task} ")


MISTAKES = {
    "a task": (["veiw"], "no task 'veiw'", "did you mean 'view'?"),
    "an option": (["runs", "--jsn"], "runs has no option --jsn", "did you mean '--json'?"),
    "an option of the program": (["--verison"], "no option --verison", "did you mean '--version'?"),
    "a word behind --list": (["-l", "show"], "--list lists all tasks, and takes no word: 'show'", ""),
    "a shell": (
        ["--print-completion-script=bassh"],
        "--print-completion-script=bassh: no such shell",
        "did you mean 'bash'? shells are: bash, zsh, fish",
    ),
    "help of no task": (["--help", "pipline"], "no task 'pipline'", "did you mean 'pipeline'?"),
}


@pytest.mark.parametrize(("words", "problem", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_typo_gets_a_suggestion(words: list[str], problem: str, hint: str) -> None:
    done = probe(*words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {problem}\n  hint: {hint}")
    assert " probe --" in done.stderr or "shells are" in hint


def test_the_word_help_shows_help() -> None:
    assert probe("help").stdout == probe("--help").stdout
    assert probe("help", "show").stdout == probe("--help", "show").stdout


def test_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(f"{PROBE} --help | true", shell=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


COMPLETIONS = {
    "a task": ("probe vi", "view"),
    "an option": ("probe view --", "--live"),
    "a target": ("probe capture --target co", "codex"),
    "a target by the short form": ("probe capture -t", "codex"),
    "a run": ("probe view --run", "codex/sample"),
    "a run as a word": ("probe compare codex/sa", "codex/sample"),
    "a run to show": ("probe show", "codex/sample"),
    "a run to get from": ("probe get", "codex/sample"),
    "a run to redact": ("probe redact", "codex/sample"),
    "a run to share": ("probe share", "codex/sample"),
    "a run to sign": ("probe sign", "codex/sample"),
    "a format to write": ("probe export --to", "claude-tap"),
    "a format to read": ("probe import --from", "flows"),
    "an API": ("probe new-target --api", "anthropic"),
    "a value in the same word": ("probe capture --target=co", "--target=codex"),
    "a value as bash splits it": ("probe capture --target = co", "codex"),
    "a value of nothing yet as bash splits it": ("probe capture --target =", "codex"),
    "an option of the program": ("probe --ver", "--version"),
    "a shell": ("probe --print-completion-script", "fish"),
    "behind a quote that is open": ("probe capture --prompt 'say --target", "codex"),
}


@pytest.mark.parametrize(("line", "expected"), COMPLETIONS.values(), ids=COMPLETIONS)
def test_what_may_come_next_is_offered(line: str, expected: str) -> None:
    assert expected in candidates(line, ["--version"])
    _, *words = shlex.split(line) if line.count("'") != 1 else line.split()
    assert expected in probe("--complete", "--", "probe", *words).stdout.splitlines()


@pytest.mark.parametrize("line", ["probe capture -t codex -- co", "probe analyze --input da", "probe capture --prompt"])
def test_nothing_is_offered_where_a_file_or_the_users_words_come(line: str) -> None:
    assert candidates(line, []) == []


SHELLS = {
    "bash": 'COMP_WORDS=(probe capture --target {0}); _complete_probe probe {0}; printf "%s\\n" "${{COMPREPLY[@]}}"',
    "bash, behind =": (
        'COMP_WORDS=(probe capture --target = {0}); _complete_probe probe {0}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    ),
    "zsh": "words=(probe capture --target {0}); _complete_probe; print -l $reply",
    "fish": 'complete -C "probe capture --target {0}"',
}


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_real_shells_complete(shell: str, tmp_path: Path) -> None:
    name = shell.partition(",")[0]
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    script = tmp_path / "completion"
    script.write_text(probe("--print-completion-script", name).stdout)
    environ = os.environ | {"PATH": f"{Path(PROBE).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [program, "-c", f"source {script}; {SHELLS[shell].format('cod')}"],
        env=environ, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    offered = set(done.stdout.split())
    assert {"codex", "codex-forward"} <= offered <= set(target_names())
