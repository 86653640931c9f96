"""Parse the command line of a script, and spell one."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from probe.cli.called_as import as_called
from probe.cli.commands import COMMANDS
from probe.cli.free_words import takes_run
from probe.cli.options import flag, option_of

if TYPE_CHECKING:
    import argparse

_RUN_WORDS = "run_words"


def usage(command: str) -> str:
    """Return what is typed: the words that a script needs, and a command where it starts one."""
    names = COMMANDS[command].options
    positional = [one for name in names if (one := option_of(command, name)).positional]
    words = [f"[{one.metavar}]" if one.many else one.metavar or "" for one in positional]
    words += ["[RUN …]" if option_of(command, "run").many else "[RUN]"] if takes_run(command) else []
    started = ["[-- COMMAND …]"] if {"env", "cwd"} <= set(names) else []
    return " ".join([f"invoke {command}", *words, "[options]", *started])


def parser(command: str, argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the argument parser of `python -m probe.<command>`; it knows versions where `argv` asks for them."""
    import argparse  # Here: the tasks do not need it.

    text = COMMANDS[command]
    made = argparse.ArgumentParser(
        prog=as_called(f"invoke {command}"),
        usage=as_called(usage(command)),
        description=text.help,
        epilog=f"example: {as_called(text.example)}",
        allow_abbrev=False,
    )
    for name in text.options:
        option = option_of(command, name)
        if option.positional:
            number: dict[str, Any] = {"nargs": "*"} if option.many else {}
            made.add_argument(name, help=option.help, metavar=option.metavar, **number)
            continue
        flags = [flag(name), *([f"-{option.short}"] if option.short else [])]
        kind: dict[str, Any] = {"action": "store_true"}
        if option.metavar:
            kind = {"metavar": option.metavar, "action": "append" if option.many else "store"}
            kind["default"] = [] if option.many else None
            kind |= {"nargs": "?", "const": ""} if option.optional else {}
        if name == "version":
            kind = {"action": "version", "version": versions() if flags[0] in argv else ""}
        made.add_argument(*flags, dest=name, help=option.help.replace("%", "%%"), **kind)
    if takes_run(command):
        made.add_argument(_RUN_WORDS, help=option_of(command, "run").help, metavar="RUN", nargs="*")
    return made


def versions() -> str:
    """Return the versions that explain what this program does."""
    from importlib.metadata import PackageNotFoundError, version  # Here: the tasks do not need it.

    shown = []
    for package in ("agent-probe", "mitmproxy"):
        try:
            shown.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            shown.append(f"{package} (not installed)")
    return ", ".join([*shown, f"Python {sys.version.split()[0]}"])


def parse(command: str, argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse a script's arguments; return them, and the unchanged words after `--`."""
    own, rest = _split(list(argv))
    # Words may be on both sides of options: `show latest --json turn 3`.
    parsing = parser(command, own)
    arguments = parsing.parse_intermixed_args(own)
    words: list[str] = vars(arguments).pop(_RUN_WORDS, [])
    if not words:
        return arguments, rest
    if option_of(command, "run").many:
        arguments.run = [*arguments.run, *words]
    elif arguments.run is not None or len(words) > 1:
        parsing.error(f"one run is enough: {' '.join([*words, *filter(None, [arguments.run])])}")
    else:
        arguments.run = words[0]
    return arguments, rest


def command_line(command: str, options: Mapping[str, Any]) -> list[str]:
    """Return options as the arguments of a script, without unset ones and those that it does not have."""
    arguments: list[str] = []
    for name in COMMANDS[command].options:
        value = options.get(name)
        if option_of(command, name).positional:
            arguments += map(str, value or ()) if option_of(command, name).many else [str(value)]
        elif value is True:
            arguments.append(flag(name))
        elif value is not None and value is not False:
            arguments += [f"{flag(name)}={one}" for one in (value if option_of(command, name).many else [value])]
    return arguments


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return argv, []
    place = argv.index("--")
    return argv[:place], argv[place + 1 :]
