"""Explain a word that a task does not take, from the command line around it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from probe.cli.commands import COMMANDS, LAUNCHING
from probe.cli.options import flag, option_of

_OF_WORDS = ("prompt", "fault", "command", "install", "input", "output", "cwd", "output_dir", "data_dir")
"""Options whose value may have spaces, and then needs quotes."""
_QUOTED = {"prompt": "the prompt"}


class _Given(NamedTuple):
    """An option of a command line."""

    name: str
    spelled: str
    value: list[str]
    """Its value, and the words between it and the next option."""


def explain(task: str, word: str, argv: Sequence[str], targets: Sequence[str]) -> tuple[str, str] | None:
    """Return what is wrong with a word, and what to type instead; None where the command line does not show it."""
    given = list(_options(task, argv))
    for number, one in enumerate(given):
        if one.value[:1] == [word] and one.name in [before.name for before in given[:number]]:
            return f"{flag(one.name)} is given twice", "give it once; "
        if word in one.value[1:] and one.name in _OF_WORDS:
            what = _QUOTED.get(one.name, f"the value of {flag(one.name)}")
            problem = f"{what} has more than one word: {' '.join(one.value)}"
            return problem, f"quote it: {one.spelled} {_quoted(one.value)}; "
    options = COMMANDS[task].options
    named = {one.name for one in given}
    if "target" in options and word in targets and "target" not in named:
        command = " -- COMMAND …" if set(LAUNCHING) <= set(options) and "prompt" not in named else ""
        return f"{task} accepts no word {word!r}", f"did you forget --target? invoke {task} --target {word}{command}; "
    return None


def _options(task: str, argv: Sequence[str]) -> Iterator[_Given]:
    """Yield the options with a value that a command line gives to a task."""
    names: dict[str, str] = {}
    for name in COMMANDS[task].options:
        option = option_of(task, name)
        if option.metavar and not option.positional:
            names |= {flag(name): name} | ({f"-{option.short}": name} if option.short else {})
    words = list(argv[: argv.index("--")] if "--" in argv else argv)
    for place, word in enumerate(words):
        spelled, equals, first = word.partition("=")
        if spelled in names:
            value = [first] if equals else []
            for after in words[place + 1 :]:
                if after.startswith("-"):
                    break
                value.append(after)
            yield _Given(names[spelled], spelled, value)


def _quoted(words: Sequence[str]) -> str:
    text = " ".join(words)
    return f'"{text}"' if not set(text) & set('"$`\\!') else shlex.quote(text)
