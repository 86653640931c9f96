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


_READING = frozenset({"scheduler", "workers", "runs", "output", "json", "force", "target"})
_TAKES = {
    "analyze": _READING,
    "protocol": _READING,
    "compare": _READING | {"before", "after", "fail_on"},
    "trends": frozenset({"runs", "output"}),
    "watch": frozenset({"runs", "json", "force", "target", "fail_on", "cwd", "time_limit"}),
}
"""The options of each, besides `--data-dir`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.fleet`."""
    arguments, rest = parse("fleet", sys.argv[1:] if argv is None else argv)
    words = [*arguments.words, *rest]
    if len(words) != 1 or words[0] not in WORDS:
        listed = ", ".join(WORDS)
        problem = f"fleet does not know {' '.join(words)!r}" if words else f"fleet needs a word: {listed}"
        meant = did_you_mean(" ".join(words), WORDS) if words else ""
        raise UserError(problem, f"{meant}for example: invoke fleet analyze --runs 'codex/*'")
    _refuse_options_of_others(words[0], arguments)
    if words[0] != "watch":
        if len(arguments.target) > 1:
            raise UserError(f"one target is enough: {' '.join(arguments.target)}", "only fleet watch takes several")
        arguments.target = next(iter(arguments.target), None)
    code: int = import_module(WORDS[words[0]]).main(arguments)
    return code


def _refuse_options_of_others(word: str, arguments: Namespace) -> None:
    """Raise UserError for an option that means nothing with a word."""
    for name in sorted(frozenset().union(*_TAKES.values()) - _TAKES[word]):
        # An option that was not given is None, False or an empty list; one may be given as ''.
        if getattr(arguments, name) not in (None, False, []):
            others = [f"fleet {one}" for one, takes in _TAKES.items() if name in takes]
            raise UserError(
                f"fleet {word} has no {flag(name)}", f"leave it out: it is an option of {', '.join(others)}"
            )


if __name__ == "__main__":
    sys.exit(run(main))
