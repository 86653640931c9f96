"""What every script does at its edge: errors to exit codes, progress to stderr."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from probe.cli.called_as import as_called
from probe.cli.script_process import die_with_parent, is_step
from probe.errors import UserError

Main = Callable[[Sequence[str] | None], int]
WARNINGS = 20
"""Malformed lines that are told one by one: a file may have a million."""
_LONGEST = 500
"""Characters of a reason that are shown."""


def say(text: str) -> None:
    """Tell the user how it goes."""
    print(printable(text), file=sys.stderr, flush=True)


def say_next(task: str, folder: Path) -> None:
    """Name the task that goes on with a run, where the user is the one who goes on."""
    if not is_step():
        run = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
        say(as_called(f"next: invoke {task} --run {shlex.quote(str(run))}"))


def printable(text: str) -> str:
    """Show control characters instead of sending them to the terminal: some of what we print came over the wire."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)


def one_line(text: str) -> str:
    """Show a text that came over the wire in one line, so that none of it can pass for a line of ours."""
    return printable(text.replace("\n", "\\n"))


def printed_json(value: Any) -> str:
    """Write JSON for a program or a reader: what a terminal would obey is escaped, which leaves the value the same."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


class Skipped:
    """Warns of lines that are no records: of the first of them one by one, of the others in the end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def __call__(self, line: int, why: str) -> None:
        self._count += 1
        if self._count <= WARNINGS:
            say(f"WARNING: skipping malformed line {line} of {self._name}: {one_line(why[:_LONGEST])}")

    def tell_rest(self) -> None:
        """Say how many there were besides those that were told."""
        if self._count > WARNINGS:
            say(f"WARNING: skipping {self._count - WARNINGS:,} more malformed lines of {self._name}")


def _refuse_deleted_folder() -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise UserError("the folder that you are in was deleted", "change to another one") from error


def run(main: Main) -> int:
    """Run a script's `main` and give its exit code: 2 the user's mistake, 3 a bug (with the log's path), 130 Ctrl-C."""
    die_with_parent()
    try:
        _refuse_deleted_folder()
        return main(None)
    except UserError as error:
        error.hint = error.hint and as_called(error.hint)
        say(str(error))
        return error.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `… | head` closed our output; that is no mistake of anybody.
        sys.stderr.close()
        return 141
    except Exception:
        with tempfile.NamedTemporaryFile("w", prefix="probe-bug-", suffix=".log", delete=False) as log:
            traceback.print_exc(file=log)
        last = traceback.format_exc().strip().splitlines()[-1]
        say(f"error: this is a bug of ours: {last}\n  hint: report it with the log {Path(log.name)}")
        return 3
