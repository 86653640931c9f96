"""Questions about many runs: analyze, protocol, compare, trends, watch."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import run
from probe.cli.options import flag
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError

WORDS = {
    "analyze": "probe.fleet.analyze",
    "protocol": "probe.fleet.protocol",
    "compare": "probe.fleet.compare",
    "trends": "probe.trends.trends",
    "watch": "probe.watch.watch",
}
"""What can be done, and the module whose `main(arguments)` does it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.fleet`."""
    arguments, rest = parse("fleet", sys.argv[1:] if argv is None else argv)
    words = [*arguments.words, *rest]
    if len(words) != 1 or words[0] not in WORDS:
        listed = ", ".join(WORDS)
        problem = f"fleet does not know {' '.join(words)!r}" if words else f"fleet needs a word: {listed}"
        meant = did_you_mean(" ".join(words), WORDS) if words else ""
        raise UserError(problem, f"{meant}for example: invoke fleet analyze --runs 'codex/*'")
    if words[0] != "watch":
        _refuse_options_of_watch(words[0], arguments)
        arguments.target = next(iter(arguments.target), None)
    code: int = import_module(WORDS[words[0]]).main(arguments)
    return code


def _refuse_options_of_watch(word: str, arguments: Namespace) -> None:
    """Raise UserError for what only watch takes."""
    if len(arguments.target) > 1:
        raise UserError(f"one target is enough: {' '.join(arguments.target)}", "only fleet watch takes several")
    for name in ("cwd", "time_limit"):
        if getattr(arguments, name) is not None:
            raise UserError(f"fleet {word} has no {flag(name)}", "only fleet watch has it")


if __name__ == "__main__":
    sys.exit(run(main))
