"""How much of an answer is printed, and the command that prints the rest."""

from __future__ import annotations

import shlex
from argparse import Namespace
from typing import Any, NamedTuple

from probe.cli.called_as import as_called
from probe.cli.parsing import command_line
from probe.errors import UserError

CHARACTERS = 20_000
"""Characters that are printed where nothing else is asked for: about 5,000 tokens of a model that reads it."""
_TEXTS = (2000, 500, 200, 80)
"""Characters of each text in a value that is too long, from the first that is short enough."""
_ELEMENTS = (500, 100, 30, 10)
"""Elements of each list in it."""
_LISTED = 20
"""Places that are named where something was left out."""


class Bounds(NamedTuple):
    """A part of an answer."""

    offset: int
    limit: int | None
    """None for all that follows."""


def bounds_of(arguments: Namespace, usual: int) -> Bounds:
    """Return the part that a command line asks for. Raises UserError."""
    offset, limit = (_number(arguments, name) for name in ("offset", "limit"))
    if arguments.all and limit is not None:
        raise UserError("--all and --limit contradict each other", "give one of them")
    return Bounds(offset or 0, None if arguments.all else usual if limit is None else limit)


def _number(arguments: Namespace, name: str) -> int | None:
    given = getattr(arguments, name)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 16 and int(given) >= (name == "limit")):
        raise UserError(f"--{name} {given}: not a number", f"for example: --{name} 100")
    return int(given)


def command_with(command: str, arguments: Namespace, **changes: Any) -> str:
    """Return a command line again, with other options: the one that prints more."""
    words = command_line(command, vars(arguments) | changes)
    return as_called(f"invoke {command} ") + shlex.join(words)


def part_of_text(text: str, bounds: Bounds) -> tuple[str, int | None]:
    """Return a part of a text, up to the end of a line where one is near, and where the rest begins; None for none."""
    end = len(text) if bounds.limit is None else bounds.offset + bounds.limit
    if end >= len(text):
        return text[bounds.offset :], None
    line_end = text.rfind("\n", end - (end - bounds.offset) // 4, end)
    end = line_end + 1 if line_end > 0 else end
    return text[bounds.offset : end], end


def shortened(value: Any, limit: int | None) -> tuple[Any, list[str]]:
    """Return a JSON value whose long texts and lists are cut, if it is too long, and pointers to some cut places."""
    if limit is None or _length(value) <= limit:
        return value, []
    for most, elements in zip(_TEXTS, _ELEMENTS, strict=True):
        places: list[str] = []
        short = _cut(value, "", most, elements, places)
        if _length(short) <= limit:
            break
    return short, places[:_LISTED]


def _cut(value: Any, pointer: str, most: int, elements: int, places: list[str]) -> Any:
    match value:
        case str() if len(value) > most:
            places.append(pointer)
            return value[:most] + "…"
        case dict():
            return {
                name: _cut(one, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", most, elements, places)
                for name, one in value.items()
            }
        case list():
            if len(value) > elements:
                places.append(pointer)
            return [
                _cut(one, f"{pointer}/{number}", most, elements, places) for number, one in enumerate(value[:elements])
            ]
    return value


def _length(value: Any) -> int:
    """Return about how many characters a value takes as JSON."""
    match value:
        case str():
            return len(value) + 4
        case dict():
            return sum(len(name) + 8 + _length(one) for name, one in value.items())
        case list():
            return sum(_length(one) + 6 for one in value)
    return 6
