"""Print the value or the bytes at one place of a run."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import msgspec

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.ask.bounds import CHARACTERS, bounds_of, command_with, part_of_text, shortened
from probe.ask.found import Found
from probe.ask.look_up import instead_of_answer, look_up
from probe.ask.opening import opened
from probe.ask.path import is_path, parse_path
from probe.ask.printed import Got
from probe.cli.edge import printable, printed_json, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.places import guide
from probe.record.reading_memory import tune_memory
from probe.report.plain_text import indented

_EXAMPLE = f"for example: invoke get latest turn.3.answer; {guide('asking.md')} has all paths"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.get`."""
    arguments, rest = parse("get", sys.argv[1:] if argv is None else argv)
    word, text = _asked([*arguments.words, *rest], arguments.run)
    if arguments.raw and arguments.json:
        raise UserError("--raw and --json are different forms", "give one of them")
    bounds = bounds_of(arguments, CHARACTERS)
    path = parse_path(text)
    known = opened(arguments, word, say)
    found = look_up(known, path)
    if arguments.raw:
        return _write_raw(found, arguments)
    if arguments.json:
        value, places = shortened(found.value, bounds.limit)
        whole = command_with("get", arguments, all=True, limit=None) if places else None
        answer = Got(run=known.name, path=str(path), value=value, shortened=places, more=whole)
        print(printed_json(msgspec.to_builtins(answer)))
        return 0
    part, rest_at = part_of_text(_text(found.value), bounds)
    print(printable(part), end="" if part.endswith("\n") else "\n")
    if found.value == "":
        say(f"note: {path} of run {known.name} is empty{instead_of_answer(known, path)}")
    if rest_at is not None:
        say(f"more: {command_with('get', arguments, offset=str(rest_at))}")
    return 0


def _asked(words: Sequence[str], run_option: str | None) -> tuple[str, str]:
    """Return the run and the path that are asked for. Raises UserError."""
    match words:
        case [path] if run_option is not None or is_path(path):
            return run_option or "latest", path
        case [word, path] if run_option is None:
            return word, path
        case []:
            raise UserError("get needs a path", _EXAMPLE)
        case [word]:
            raise UserError(f"get needs a path in run {word}", _EXAMPLE)
    raise UserError(f"get takes a run and a path, but got: {' '.join(words)}", _EXAMPLE)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else indented(value)


def _write_raw(found: Found, arguments: Namespace) -> int:
    if arguments.limit or arguments.offset:
        raise UserError("--raw writes all of it", "leave --limit and --offset out, or --raw")
    for chunk in found.raw():
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    tune_memory()
    sys.exit(run(main))
