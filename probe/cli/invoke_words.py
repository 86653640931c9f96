"""Improve Invoke's messages: errors with a hint, options with their placeholder."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from invoke.exceptions import ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext
from invoke.program import Program

from probe.cli.called_as import as_called, way_of_calling
from probe.cli.commands import COMMANDS, LAUNCHING
from probe.cli.free_words import HELP, takes_run, with_named_words
from probe.cli.options import flag, option_of

_UNKNOWN = re.compile(r"No idea what '(.*)' is!", re.DOTALL)
_NO_VALUE = re.compile(r"Flag <Argument: ([\w-]+).*> needed value and was not given one!")
_NO_WORD = re.compile(r"'(.*)' did not receive required positional arguments: '(.*)'")
_targets: list[Callable[[], Sequence[str]]] = []
"""Returns the names of targets; asked for only after a mistake."""
_help_for = ParserContext.help_for


def install(target_names: Callable[[], Sequence[str]]) -> None:
    """Replace Invoke's messages from here on; `target_names` returns what may be meant by a word."""
    _targets.append(target_names)
    Parser.parse_argv = _explained(_with_free_words(Parser.parse_argv))  # type: ignore[method-assign]
    Program.parse_cleanup = _explained(Program.parse_cleanup)  # type: ignore[method-assign]
    ParserContext.help_for = _help_with_placeholder  # type: ignore[method-assign, assignment]


def _with_free_words(parse: Callable[..., Any]) -> Callable[..., Any]:
    return lambda parser, argv: parse(parser, with_named_words(argv))


def _explained(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function of Invoke that raises ParseError: Invoke would print it alone, and exit with 1."""

    def explained(*arguments: Any) -> Any:
        try:
            return parse(*arguments)
        except ParseError as error:
            _refuse(str(error), getattr(error.context, "name", None))

    return explained


def _refuse(message: str, task: str | None) -> NoReturn:
    """Print an error of Invoke's command line with a hint, and exit as for any error of the user."""
    if match := _UNKNOWN.fullmatch(message):
        problem, hint = _unknown(match[1], task)
    elif match := _NO_WORD.fullmatch(message):
        problem, hint = (
            f"{match[1]} needs {_needed(match[1], match[2])}",
            as_called(f"for example: {COMMANDS[match[1]].example}; "),
        )
    else:
        problem, hint = _NO_VALUE.sub(r"--\1 needs a value", message), ""
    listed = f"--help {task} lists its options" if task in COMMANDS else "--list lists the tasks"
    refuse(problem, f"{hint}{way_of_calling()}{listed}")


def refuse(problem: str, hint: str) -> NoReturn:
    """Print an error of the command line, and exit as for any error of the user."""
    print(f"error: {problem}\n  hint: {hint}", file=sys.stderr)
    sys.exit(2)


def _needed(task: str, word: str) -> str:
    """Return what a task needs where a word is missing."""
    names = [name for name in COMMANDS[task].options if option_of(task, name).positional]
    return f"two runs: {' and '.join(map(str.upper, names))}" if "after" in names else f"a {word}"


def _unknown(word: str, task: str | None) -> tuple[str, str]:
    """Return what is wrong with a word, and a suggestion."""
    from probe.cli.extra_word import explain  # Here: they are rarely needed.
    from probe.did_you_mean import did_you_mean

    if task not in COMMANDS:
        if HELP & {*sys.argv} and word not in (sys.argv[sys.argv.index(one) + 1] for one in HELP & {*sys.argv[:-1]}):
            return f"--help explains one task, without further words, but got {word!r}", ""
        if word.startswith("-"):
            return f"no option {word}", did_you_mean(word, ("--help", "--list", "--version"))
        return f"no task {word!r}", did_you_mean(word, COMMANDS)
    options = COMMANDS[task].options
    if word.startswith("-"):
        return f"{task} has no option {word}", did_you_mean(word, map(flag, options))
    if explained := explain(task, word, sys.argv, _targets[0]()):
        return explained[0], as_called(explained[1])
    meant = did_you_mean(word, COMMANDS)
    if set(LAUNCHING) <= set(options):
        meant += "did you forget -- before the command? " + as_called(f"invoke {task} … -- {word} …; ")
    elif takes_run(task):
        meant += "it takes one run; "
    elif "run" in options:
        meant += "did you forget --run? " + as_called(f"invoke {task} --run {word}; ")
    return f"{task} accepts no word {word!r}", meant


def _help_with_placeholder(context: ParserContext, name: str) -> tuple[str, str]:
    """Return an option's names and help; Invoke shows STRING as the placeholder, and none for a list."""
    names, text = _help_for(context, name)
    task = context.name or ""
    option = context.flags[name].attr_name or context.flags[name].name
    option = (option or "").replace("-", "_")
    if task not in COMMANDS or option not in COMMANDS[task].options:
        return names, text
    found = option_of(task, option)
    if found.positional and found.metavar:
        return found.metavar, text
    if placeholder := found.metavar:
        spelled = sorted(context.names_for(name), key=len)
        names = ", ".join(f"{one}{'=' if one.startswith('--') else ' '}{placeholder}" for one in spelled)
        names = names.replace(f"={placeholder}", f"[={placeholder}]") if found.optional else names
    return names, text
