"""Let a task take words: any number, as `show latest turn 3`, or its run, as `verify latest`; Invoke cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.cli.commands import COMMANDS
from probe.cli.options import flag, option_of

HELP = frozenset({"--help", "-h"})


def words_option(command: str) -> str | None:
    """Return the option of a script that takes all its words; None where it takes a fixed number."""
    many = (name for name in COMMANDS[command].options if (one := option_of(command, name)).positional and one.many)
    return next(many, None)


def takes_run(command: str) -> bool:
    """Check whether a script takes its run as a word, too; not where a word is the rest of `--fault 429 once`."""
    options = COMMANDS[command].options
    return {"run", "fault"} & set(options) == {"run"} and not any(option_of(command, one).positional for one in options)


def with_named_words(argv: Sequence[str]) -> list[str]:
    """Return a command line in which each word of such a task is the value of an option: `--words=latest`."""
    end = argv.index("--") if "--" in argv else len(argv)
    # Behind `--complete --` is what is being typed.
    place = next((at for at, word in enumerate(argv[:end]) if word in COMMANDS), end)
    if place == end or HELP & {*argv[:place]}:
        return list(argv)
    given = argv[place + 1 : end]
    if name := words_option(argv[place]):
        most = len(given)
    elif takes_run(argv[place]):
        name = "run"
        most = len(given) if option_of(argv[place], name).many else int(not _has_run(given))
    else:
        return list(argv)
    return [*argv[: place + 1], *_named(argv[place], flag(name), given, most), *argv[end:]]


def _has_run(argv: Sequence[str]) -> bool:
    return any(word.startswith(("--run=", "-r")) or word == "--run" for word in argv)


def _named(command: str, words_flag: str, argv: Sequence[str], most: int) -> Iterator[str]:
    """Yield a command line with the first words, up to a number, as values of an option."""
    options = ((name, option_of(command, name)) for name in COMMANDS[command].options)
    with_value = {spelled for name, one in options if one.metavar for spelled in (flag(name), f"-{one.short}")}
    is_value = False
    for word in argv:
        is_free = most > 0 and not is_value and not word.startswith("-")
        most -= is_free
        yield f"{words_flag}={word}" if is_free else word
        is_value = not is_value and word in with_value
