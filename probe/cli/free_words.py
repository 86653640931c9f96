"""Let a task take any number of words, such as `show latest turn 3`: Invoke itself knows a fixed number only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.cli.commands import COMMANDS
from probe.cli.options import flag, option_of


def words_option(command: str) -> str | None:
    """Return the option of a script that takes all its words; None where it takes a fixed number."""
    many = (name for name in COMMANDS[command].options if (one := option_of(command, name)).positional and one.many)
    return next(many, None)


def with_named_words(argv: Sequence[str]) -> list[str]:
    """Return a command line in which each word of such a task is the value of an option: `--words=latest`."""
    end = argv.index("--") if "--" in argv else len(argv)
    # Behind `--complete --` is what is being typed.
    place = next((at for at, word in enumerate(argv[:end]) if word in COMMANDS), end)
    name = words_option(argv[place]) if place < end else None
    if name is None:
        return list(argv)
    return [*argv[: place + 1], *_named(argv[place], flag(name), argv[place + 1 : end]), *argv[end:]]


def _named(command: str, words_flag: str, argv: Sequence[str]) -> Iterator[str]:
    options = ((name, option_of(command, name)) for name in COMMANDS[command].options)
    with_value = {spelled for name, one in options if one.metavar for spelled in (flag(name), f"-{one.short}")}
    is_value = False
    for word in argv:
        yield word if is_value or word.startswith("-") else f"{words_flag}={word}"
        is_value = not is_value and word in with_value
