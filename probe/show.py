"""Show a run, or a part of it, as text."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.analysis.prices import PACKAGE
from probe.ask import run_values, show_text
from probe.ask.bounds import CHARACTERS, bounds_of, command_with, part_of_text, shortened
from probe.ask.known_run import KnownRun
from probe.ask.look_up import find_item
from probe.ask.opening import opened
from probe.ask.part_values import item_shown, turn_shown
from probe.ask.path import number_of
from probe.ask.printed import Shown
from probe.cli.edge import printable, printed_json, run, say
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.missing_library import install_command
from probe.record.reading_memory import tune_memory

_Text = Callable[[KnownRun], str]
_Value = Callable[[KnownRun], Any]
_WHOLE: dict[str, tuple[_Text, _Value]] = {
    "overview": (show_text.overview_text, run_values.overview),
    "prompt": (show_text.prompt_text, run_values.prompts),
    "answer": (show_text.answer_text, lambda one: one.summary.final_answer),
    "instructions": (show_text.instructions_text, run_values.instructions),
    "tools": (show_text.tools_text, run_values.tools),
    "costs": (show_text.costs_text, run_values.costs),
    "files": (show_text.files_text, run_values.files),
}
_NUMBERED = {"turn": "turn 3", "item": "item 12, or item a06fd5c1"}
_WHATS = (*_WHOLE, *_NUMBERED)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.show`."""
    arguments, rest = parse("show", sys.argv[1:] if argv is None else argv)
    word, what = _asked([*arguments.words, *rest], arguments.run)
    bounds = bounds_of(arguments, CHARACTERS)
    text_of, value_of = _writers(what)
    try:
        found = opened(arguments, word, say)
    except UserError as error:
        raise _not_opened(error, word, arguments) from error
    if arguments.json:
        value, places = shortened(msgspec.to_builtins(value_of(found)), bounds.limit)
        whole = command_with("show", arguments, all=True, limit=None) if places else None
        answer = Shown(run=found.name, what=" ".join(what), value=value, shortened=places, more=whole)
        print(printed_json(msgspec.to_builtins(answer)))
        return 0
    text, rest_at = part_of_text(text_of(found), bounds)
    print(printable(text.rstrip("\n")))
    if what[0] in ("overview", "costs") and run_values.lacks_price_library(found):
        say(f"for prices: {install_command(PACKAGE)}")
    if rest_at is not None:
        say(f"more: {command_with('show', arguments, offset=str(rest_at))}")
    elif what == ["overview"]:
        say(f"more: {_command_for('WHAT', word, arguments)}; WHAT is one of: {', '.join(_listed())}")
    return 0


def _asked(words: list[str], run_option: str | None) -> tuple[str, list[str]]:
    """Return the run and what of it is asked for. Raises UserError."""
    words = [part for word in words for part in (word.split(".") if word.split(".")[0] in _NUMBERED else [word])]
    run = run_option
    if run is None:
        run = words.pop(0) if words and words[0] not in _WHATS else "latest"
    what = words or ["overview"]
    kind, *names = what
    if kind not in _WHATS:
        meant = did_you_mean(kind, _WHATS) or ("" if run_option else did_you_mean(run, _WHATS))
        raise UserError(f"show does not know {kind!r}", f"{meant}of a run it shows: {', '.join(_WHATS)}")
    if kind in _NUMBERED and len(names) != 1:
        problem = f"show {kind} needs one number" if not names else f"show {kind} {names[0]}: {' '.join(names[1:])!r}"
        hint = "for example: invoke show " + f"{run} {_NUMBERED[kind]}"
        hint += "" if not names else f"; a part of it: invoke get {run} {'.'.join(what)}"
        raise UserError(problem + ("" if not names else " is too much"), hint)
    if kind in _WHOLE and names:
        raise UserError(f"show {kind} takes nothing more, but got {' '.join(names)!r}", f"invoke show {run} {kind}")
    return run, what


def _command_for(what: str, word: str, arguments: Namespace) -> str:
    """Return the command that shows another part of the run, which it names as the user did."""
    words = [what] if arguments.run is not None else [word, what]
    return command_with("show", arguments, words=words, offset=None, limit=None, all=False)


def _listed() -> list[str]:
    """Return what can be asked of a run, as it is typed."""
    return [*list(_WHOLE)[1:], *(f"{kind} N" for kind in _NUMBERED)]


def _writers(what: Sequence[str]) -> tuple[_Text, _Value]:
    """Return what writes the text, and what makes the value, of what is asked for."""
    if what[0] in _WHOLE:
        return _WHOLE[what[0]]
    kind, name = what
    if kind == "item":
        return lambda one: show_text.item_text(one, name), lambda one: item_shown(one, find_item(one, name))

    def number(one: KnownRun) -> int:
        return number_of(name, "turn", len(one.findings.turns))

    return lambda one: show_text.turn_text(one, number(one)), lambda one: turn_shown(one, number(one))


def _not_opened(error: UserError, word: str, arguments: Namespace) -> UserError:
    """Return the error about a run, with what else the word may have been meant as."""
    if arguments.run is None and word != "latest" and (meant := did_you_mean(word, _WHATS)):
        return UserError(str(error.args[0]), f"{meant}it shows: {', '.join(_WHATS)}; {error.hint}", code=error.code)
    return error


if __name__ == "__main__":
    tune_memory()
    sys.exit(run(main))
