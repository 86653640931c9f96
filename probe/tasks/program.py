"""The installed command `probe`: the tasks of this project for any folder."""

from __future__ import annotations

import os
import re
import sys

from invoke.config import Config
from invoke.exceptions import Exit, ParseError
from invoke.program import Program

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.called_as import as_called, way_of_calling
from probe.cli.commands import COMMANDS
from probe.cli.invoke_words import refuse
from probe.cli.parsing import usage, versions
from probe.did_you_mean import did_you_mean
from probe.tasks.collection import namespace
from probe.tasks.completion import SHELLS, candidates

_LONG = re.compile(r"--[a-z-]+")
OPTIONS = (
    ("-h, --help [TASK]", "Explain a task, or list all."),
    ("-l, --list", "List the tasks alone."),
    ("-V, --version", "Print the versions of agent-probe, mitmproxy and Python."),
    ("--print-completion-script=SHELL", "Print what lets bash, zsh or fish complete this command."),
)
"""Of the options that Invoke itself has, those that mean something here."""


class _NoConfig(Config):
    """No files of Invoke's settings: they are those of the user's own tasks."""

    prefix = "agent_probe"

    def __init__(self) -> None:
        super().__init__(lazy=True)


class _Probe(Program):
    def print_version(self) -> None:
        print(versions())

    def print_help(self) -> None:
        print(f"Usage: {self.binary} TASK [options]\n\nTasks:\n")
        self.print_columns([(name, command.help) for name, command in COMMANDS.items()])
        print("Options:\n")
        self.print_columns(OPTIONS)
        print(as_called(f"A first run, without any key or agent:\n\n  {COMMANDS['pipeline'].example}"))

    def print_task_help(self, name: str) -> None:
        command = COMMANDS[name]
        print(as_called(f"Usage: {usage(name)}\n\n{command.help}\n\nExample:\n\n  {command.example}\n\nOptions:\n"))
        self.print_columns(self.parser.contexts[name].help_tuples())

    def parse_core(self, argv: list[str] | None) -> None:
        try:
            super().parse_core(argv)
        except ParseError:
            # Of the options that are read first, one alone has a value that may be wrong.
            shell = self.args["print-completion-script"].value
            meant = did_you_mean(str(shell), SHELLS)
            refuse(f"--print-completion-script={shell}: no such shell", f"{meant}shells are: {', '.join(SHELLS)}")

    def parse_cleanup(self) -> None:
        if self.args.complete.value:
            core = _LONG.findall(" ".join(names for names, _ in OPTIONS))
            print(*candidates(self.core.remainder, core), sep="\n")
            raise Exit
        if isinstance(word := self.args.list.value, str):
            hint = f"invoke --help {word}" if word in COMMANDS else "invoke --list"
            refuse(f"--list lists all tasks, and takes no word: {word!r}", hint.replace("invoke ", way_of_calling()))
        super().parse_cleanup()


def main() -> None:
    """Run the command line."""
    program = _Probe(namespace=namespace, name="probe", binary="probe", binary_names=["probe"], config_class=_NoConfig)
    try:
        program.run(["probe", "--help", *sys.argv[2:]] if sys.argv[1:2] == ["help"] else None)
        sys.stdout.flush()
    except BrokenPipeError:
        # `… | head` closed stdout; Python would try to write the rest once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
