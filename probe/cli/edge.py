"""Convert errors to exit codes and print progress to stderr, for every script."""

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
from probe.store.in_use import used_mirrors

Main = Callable[[Sequence[str] | None], int]
WARNINGS = 20
"""Malformed lines that are listed one by one: a file may have a million."""
_LONGEST = 500
"""Characters of a reason that are shown."""


def say(text: str) -> None:
    """Print progress for the user to stderr."""
    print(printable(text), file=sys.stderr, flush=True)


def say_next(task: str, folder: Path) -> None:
    """Print the next task for a run, unless a pipeline continues with it."""
    if not is_step():
        run = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
        say(as_called(f"next: invoke {task} --run {shlex.quote(str(run))}"))


def printable(text: str) -> str:
    """Return a text with control characters escaped: some of it came over the wire."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)


def one_line(text: str) -> str:
    """Return a text from the wire in one line, so that no part of it can imitate a line of agent-probe."""
    return printable(text.replace("\n", "\\n"))


def printed_json(value: Any) -> str:
    """Return JSON with all control characters escaped, which does not change the value."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


class Skipped:
    """Warns at the end about lines that are not records: of the first ones each, and how many more there were."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0
        self._texts: list[str] = []
        self.first = ""
        """The first of these lines and what is wrong with it; empty where there is none."""

    def __call__(self, line: int, why: str) -> None:
        self._count += 1
        why = one_line(why[:_LONGEST])
        self.first = self.first or f"line {line}: {why}"
        if self._count <= WARNINGS:
            self._texts.append(f"skipping malformed line {line} of {self._name}: {why}")

    def report(self) -> None:
        """Print the warnings."""
        for text in self._texts:
            say(f"WARNING: {text}")
        if self._count > WARNINGS:
            say(f"WARNING: skipping {self._count - WARNINGS:,} more malformed lines of {self._name}")


def _refuse_deleted_folder() -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise UserError("the folder that you are in was deleted", "change to another one") from error


def _uploaded(code: int) -> int:
    """Upload what is left in mirrors of buckets, unless a pipeline goes on with it; return the exit code."""
    if is_step() or not used_mirrors():
        return code
    from probe.remote.mirror import finish  # Here: most commands use no bucket.

    return finish(code, lambda text: say(as_called(text)))


def run(main: Main) -> int:
    """Run a script's `main`; return its exit code: 2 for a user's error, 3 for a bug, 130 for Ctrl-C."""
    die_with_parent()
    try:
        _refuse_deleted_folder()
        return _uploaded(main(None))
    except UserError as error:
        error.hint = error.hint and as_called(error.hint)
        say(str(error))
        return error.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `… | head` closed stdout; that is not an error.
        sys.stderr.close()
        return 141
    except Exception:
        with tempfile.NamedTemporaryFile("w", prefix="probe-bug-", suffix=".log", delete=False) as log:
            traceback.print_exc(file=log)
        last = traceback.format_exc().strip().splitlines()[-1]
        say(f"error: this is a bug in agent-probe: {last}\n  hint: report it with the log {Path(log.name)}")
        return 3
