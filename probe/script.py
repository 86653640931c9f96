"""What every script does at its edge: errors to exit codes, progress to stderr."""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from probe.errors import UserError
from probe.wire.parent import die_with_parent

Main = Callable[[Sequence[str] | None], int]


def say(text: str) -> None:
    """Tell the user how it goes."""
    print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Show control characters instead of sending them to the terminal: some of what we print came over the wire."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)


def run(main: Main) -> int:
    """Run a script's `main` and give its exit code: 2 the user's mistake, 3 a bug (with the log's path), 130 Ctrl-C."""
    die_with_parent()
    try:
        return main(None)
    except UserError as error:
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
