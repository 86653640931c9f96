"""Complete a command line of `probe` that is being typed, in a shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from probe.cli.commands import COMMANDS
from probe.cli.free_words import takes_run
from probe.cli.options import flag, option_of

SHELLS = ("bash", "zsh", "fish")
_RUNS = 20
"""The newest runs that are offered."""


def candidates(line: str, core: Sequence[str]) -> list[str]:
    """Return the words that may come where a line ends; the shell keeps those that fit what is typed of the last one.

    `core` are the options in front of a task. Invoke's scripts for the shells pass the words without an empty last one.
    Nothing is returned where the shell is to offer files.
    """
    words = _words(line)[1:]
    if "=" in words[-2:]:
        # Bash splits a word at `=`, and completes what is behind it.
        words.pop(-1 if words[-1] == "=" else -2)
    task = next((word for word in words if word in COMMANDS), None)
    if task is None:
        return _before_task(words, core)
    if "--" in words[:-1]:
        # The agent's own command.
        return []
    option, is_joined, _ = words[-1].partition("=")
    if is_joined and (name := _valued(task).get(option)):
        return [f"{option}={value}" for value in _values(task, name)]
    for word in words[:-3:-1]:
        if name := _valued(task).get(word):
            return _values(task, name)
    return _of_task(task, words[-1])


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        # A quote that is still open.
        return line.split()


def _before_task(words: Sequence[str], core: Sequence[str]) -> list[str]:
    if "--print-completion-script" in words:
        return list(SHELLS)
    return list(core if words and words[-1].startswith("-") else COMMANDS)


def _of_task(task: str, last: str) -> list[str]:
    """Return the options of a task, or what its words may be."""
    if last.startswith("-"):
        return [flag(name) for name in COMMANDS[task].options if not option_of(task, name).positional]
    if takes_run(task):
        return _runs()
    positional = next((name for name in COMMANDS[task].options if option_of(task, name).positional), None)
    return _values(task, positional) if positional else []


def _valued(task: str) -> dict[str, str]:
    """Return the options of a task that take a value, by how they are spelled."""
    options = {name: option_of(task, name) for name in COMMANDS[task].options}
    long = {flag(name): name for name, one in options.items() if one.metavar and not one.positional}
    return long | {f"-{options[name].short}": name for name in long.values() if options[name].short}


def _values(task: str, name: str) -> list[str]:
    """Return what an option's value may be, as far as that is known."""
    # Here: only some need to read files.
    if name == "target":
        from probe.targets.finding import target_names

        return target_names()
    if name in ("run", "replay", "before", "after") or (name == "words" and task in ("show", "get")):
        return _runs()
    if name == "to":
        from probe.exports.formats import FORMATS as WRITTEN

        return list(WRITTEN)
    if name == "from":
        from probe.imports.formats import FORMATS as READ

        return list(READ)
    if name == "api":
        from probe.targets.apis import APIS

        return list(APIS)
    if name == "speed":
        return ["1", "10", "max"]
    return []


def _runs() -> list[str]:
    import os

    from probe.errors import UserError
    from probe.record.mirrored_runs import leave_unlisted
    from probe.record.runs import all_runs
    from probe.settings.settings import data_dir
    from probe.targets.finding import output_dirs

    try:
        folder = data_dir(None, os.environ)
        leave_unlisted(folder)
        runs = all_runs(folder, None, output_dirs())
    except UserError:
        return []
    return ["latest", *(f"{one.target}/{one.name}" for one in runs[: -_RUNS - 1 : -1])]
