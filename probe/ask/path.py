"""Paths to places in a run: words with dots between them, then a JSON pointer: `turn.3.call.1/arguments/cmd`."""

from __future__ import annotations

from typing import NamedTuple

from probe.did_you_mean import did_you_mean
from probe.errors import UserError

WHOLE = ("prompt", "answer", "instructions", "tools", "costs", "files", "summary", "manifest")
"""Words that lead to something of the run as a whole."""
NUMBERED = ("turn", "item", "exchange")
"""Words that need a number, or the hash of an item."""
KINDS = (*WHOLE, *NUMBERED)
_EXAMPLES = "a path is like turn.3.answer, item.12/content, exchange.4.request.body/model or costs"


class Path(NamedTuple):
    """A path, taken apart."""

    kind: str
    """One of `KINDS`."""
    name: str | None
    """The number or the hash behind it; None for something of the whole run."""
    steps: tuple[str, ...]
    """The words after that."""
    pointer: str
    """The JSON pointer at the end; empty for none."""

    def __str__(self) -> str:
        return ".".join([self.kind, *([self.name] if self.name else []), *self.steps]) + self.pointer


def parse_path(text: str) -> Path:
    """Parse a path. Raises UserError with the nearest that would have been one."""
    words, slash, pointer = text.partition("/")
    kind, *steps = words.split(".")
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) + f"it begins with: {', '.join(KINDS)}; {_EXAMPLES}"
        raise UserError(f"{text!r} is no path in a run", hint)
    name = None
    if kind in NUMBERED:
        if not steps or not steps[0]:
            what = "a number, or a hash" if kind == "item" else "a number"
            raise UserError(f"{kind} needs {what}: {kind}.1", _EXAMPLES)
        name, *steps = steps
    if not all(steps):
        raise UserError(f"{text!r}: a word is missing next to a dot", _EXAMPLES)
    return Path(kind, name, tuple(steps), slash + pointer)


def is_path(text: str) -> bool:
    """Check whether a word begins as a path does."""
    return text.partition("/")[0].partition(".")[0] in KINDS


def number_of(word: str, what: str, most: int) -> int:
    """Return a number that counts from 1. Raises UserError."""
    if not (word.isascii() and word.isdigit() and 0 < int(word[:18]) <= most):
        there = f"there are {most}, from 1" if most else "there is none"
        raise UserError(f"no {what} {word}", there)
    return int(word)
