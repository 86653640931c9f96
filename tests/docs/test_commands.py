"""Every command in a document works: it is run as it is written; where it cannot be run, its options are checked."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.cli.called_as import module_of
from probe.cli.commands import COMMANDS
from probe.cli.options import OPTIONS, flag
from probe.cli.parsing import parse
from probe.places import PROJECT
from probe.wire.ports import free_ports
from tests.docs.documents import DOCUMENTS, GUIDES, README, Command, code_spans, commands, name, tokens

SECONDS = 120.0
ALL = [command for path in (README, *GUIDES) for command in commands(path)]
INSTALLERS = ("pip", "npm")
"""What they install, the environment of these tests has already."""
SUITE = ("pytest",)
"""`uv run pytest` runs this test."""
SERVERS = ("proxies", "replay")
"""Tasks that go on until Ctrl-C."""
NOT_OURS = frozenset(
    {
        "--password",
        "--allowedTools",
        "--update-golden",
        "--help",
        "--project",
        "--set",
        "--wheel",
        "--with",
        "--extra",
        "--reinstall",
    }
)
"""Options in the text that belong to no task and to no target's file."""
_UV_OPTIONS = ("--extra", "--group", "--project")
_MODULES = {module_of(task): task for task in COMMANDS}


def unwrapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without `uv run` and its options."""
    if words[:2] != ("uv", "run"):
        return words
    rest = words[2:]
    while rest[0] in _UV_OPTIONS:
        rest = rest[2:]
    return rest


def task_of(words: tuple[str, ...]) -> tuple[str, list[str]] | None:
    """Return the task that a command runs, with its arguments; None for other programs."""
    match unwrapped(words):
        case (("invoke" | "probe"), task, *arguments) if not task.startswith("-"):
            return task, arguments
        case ("python", "-P", "-m", module, *arguments) if module in _MODULES:
            return _MODULES[module], arguments
    return None


@pytest.mark.parametrize("command", ALL, ids=str)
def test_every_command_of_a_document_parses(command: Command) -> None:
    found = task_of(command.words)
    if found:
        task, arguments = found
        assert task in COMMANDS
        parse(task, arguments)  # ends with SystemExit for an option that the task does not have
        return
    program, *arguments = unwrapped(command.words)
    assert program in INSTALLERS or shutil.which(program, path=_path()) or (PROJECT / program).is_file()
    if program == "python":
        assert importlib.util.find_spec(arguments[arguments.index("-m") + 1])
    paths = [word for word in arguments if re.fullmatch(r"(?:tests|probe)/[\w./]+", word)]
    assert [path for path in paths if not (PROJECT / path).exists()] == []


def test_no_python_module_is_run_without_safe_path() -> None:
    # A module of the project, run by name in a folder that an agent writes into.
    bare = [str(one) for one in ALL if any(word.startswith("probe.") for word in one.words) and "-P" not in one.words]
    assert bare == []


@pytest.mark.parametrize("path", [README, *GUIDES], ids=name)
def test_every_code_block_has_a_language(path: Path) -> None:
    blocks = [token for token in tokens(path) if token.type == "fence"]
    assert {token.info.split()[0] for token in blocks if token.info} <= {"sh", "text", "json", "yaml", "python"}
    assert [token.content for token in blocks if not token.info] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_task_and_option_named_in_the_text_exists(path: Path) -> None:
    targets = "".join(file.read_text() for file in (PROJECT / "targets").glob("*.yaml"))
    known = {flag(option) for option in OPTIONS} | NOT_OURS
    unknown = []
    for span in code_spans(path):
        words = span.removeprefix("uv run ").removeprefix("invoke ").split()
        if span.startswith(("invoke ", "uv run invoke ")) and words[0].isalpha() and words[0].islower():
            unknown += [span] if words[0] not in COMMANDS else []
        options = [word.partition("=")[0] for word in words if re.match(r"--\w", word)]
        if words and words[0] in COMMANDS:
            unknown += [span for one in options if one not in map(flag, COMMANDS[words[0]].options)]
        else:
            unknown += [span for one in options if one not in known and one not in targets]
    assert unknown == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_commands_work_in_a_fresh_clone_one_after_the_other(tmp_path: Path) -> None:
    clone = tmp_path / "agent-probe"
    for file in _project_files():
        (clone / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / file, clone / file)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "home").mkdir()
    for module in ("probe", "json", "yaml", "argparse"):
        (elsewhere / f"{module}.py").write_text("raise SystemExit('the module of the current folder was run')\n")
    run = set()
    for command in ALL:
        if command.runs and command.words not in run and unwrapped(command.words)[0] not in (*INSTALLERS, *SUITE):
            run.add(command.words)
            _run(command, elsewhere if "--project" in command.words else clone, clone)
    assert run, "no document shows a command that can be run"


def _project_files() -> Iterator[str]:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=PROJECT, capture_output=True, check=True, timeout=SECONDS).stdout
    # A file that is deleted and not yet committed is still listed.
    yield from (file for file in listed.decode().split("\0") if file and (PROJECT / file).is_file())


def _path() -> str:
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def _run(command: Command, folder: Path, clone: Path) -> None:
    """Run a command; one that serves until Ctrl-C gets it as soon as it says where it listens."""
    program, *arguments = unwrapped(command.words)
    task, _ = task_of(command.words) or ("", [])
    serves = task in SERVERS
    if "--port" in arguments:
        # The port in a document may be taken on this machine.
        arguments[arguments.index("--port") + 1] = str(free_ports(1)[0])
    words = [sys.executable, *(["-m", program] if program == "invoke" else []), *arguments]
    # No test opens the developer's browser.
    env = {"HOME": str(clone.parent / "home"), "PATH": _path(), "PYTHONPATH": str(clone), "BROWSER": "true"}
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    # A server that prints nothing would be waited for without end.
    watchdog = threading.Timer(SECONDS, _signal, (process, signal.SIGKILL))
    watchdog.start()
    try:
        if serves:
            assert process.stdout
            process.stdout.readline()
            _signal(process, signal.SIGINT)
        _, said = process.communicate()
    finally:
        watchdog.cancel()
        _signal(process, signal.SIGKILL)
    assert process.returncode == (130 if serves else 0), f"{command}\n{said}"


def _signal(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to a command and all that it started, as a terminal does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
