"""Search what all runs say."""

from __future__ import annotations

import os
import re
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

import msgspec

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.ask.block_content import ROLES, SAME_ROLES
from probe.ask.bounds import bounds_of, command_with
from probe.ask.opening import known_run
from probe.ask.printed import Searched
from probe.ask.search import Hit, Query, search
from probe.ask.times import time_of
from probe.cli.edge import Skipped, one_line, printed_json, run, say
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.record.reading_memory import tune_memory
from probe.record.runs import Run, all_runs, has_records
from probe.report.plain_text import plural
from probe.settings.settings import data_dir
from probe.targets.finding import output_dirs, target_names, target_of_run
from probe.wire.recover_run import open_run, recover_and_report

_TOOLS = 20
"""Tools that are listed."""
HITS = 30
"""Hits that are printed where nothing else is asked for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.grep`."""
    arguments, rest = parse("grep", sys.argv[1:] if argv is None else argv)
    query = _query(arguments, [*arguments.words, *rest])
    bounds = bounds_of(arguments, HITS)
    runs = _runs(arguments, query)
    most = None if bounds.limit is None else bounds.offset + bounds.limit + 1
    searched = _Searched()
    found = list(_hits(runs, query, most, arguments, searched))
    shown = found[bounds.offset : None if most is None else most - 1]
    more = None
    if most is not None and len(found) == most:
        more = command_with("grep", arguments, offset=str(most - 1))
    if arguments.json:
        print(printed_json(msgspec.to_builtins(Searched(hits=shown, runs_searched=searched.runs, more=more))))
        return 0
    for hit in shown:
        print(_line(hit))
    say(f"more: {more}" if more else f"{plural(len(found), 'hit')} in {searched}")
    if query.tool and not found and query.tool not in searched.tools:
        meant = did_you_mean(query.tool, sorted(searched.tools))
        say(f"no tool {query.tool!r} is in what was searched: {meant}{_listed(searched.tools)}")
    return 0


class _Searched:
    """What was searched so far."""

    def __init__(self) -> None:
        self.runs = 0
        self.empty = 0
        """Runs without any exchange."""
        self.damaged = 0
        """Runs that cannot be read."""
        self.tools: set[str] = set()

    def __str__(self) -> str:
        """Return how many runs that are, and why others were not searched."""
        empty = [f"{plural(self.empty, 'run')} without an exchange"] if self.empty else []
        damaged = [f"{plural(self.damaged, 'run')} that cannot be read"] if self.damaged else []
        left_out = f"; not searched: {', '.join([*empty, *damaged])}" if empty or damaged else ""
        return plural(self.runs, "run") + left_out


def _listed(tools: set[str]) -> str:
    named = sorted(tools)[:_TOOLS]
    more = f", … ({len(tools) - _TOOLS} more)" if len(tools) > _TOOLS else ""
    return f"its tools are: {', '.join(map(one_line, named))}{more}" if tools else "it has no tool"


def _query(arguments: Namespace, words: Sequence[str]) -> Query:
    """Return what is looked for. Raises UserError."""
    example = 'for example: invoke grep -i "list the files"'
    if not words or not words[0]:
        raise UserError("grep needs a pattern", example)
    if len(words) > 1:
        quoted = " ".join(words)
        raise UserError(f"grep takes one pattern, but got {len(words)} words", f'quote it: invoke grep "{quoted}"')
    role = SAME_ROLES.get(arguments.role, arguments.role)
    if role not in (None, *ROLES):
        raise UserError(f"--role {role}: no such role", did_you_mean(role, ROLES) + f"roles are: {', '.join(ROLES)}")
    now = time.time()
    return Query(
        pattern=_pattern(words[0], arguments),
        role=role,
        tool=arguments.tool,
        since=time_of(arguments.since, "--since", now),
        until=time_of(arguments.until, "--until", now),
    )


def _pattern(text: str, arguments: Namespace) -> re.Pattern[str]:
    flags = re.MULTILINE | (re.IGNORECASE if arguments.ignore_case else 0)
    try:
        return re.compile(re.escape(text) if arguments.fixed else text, flags)
    except (re.error, OverflowError) as error:
        position = getattr(error, "pos", None)
        place = f", at character {position + 1}" if position is not None else ""
        reason = getattr(error, "msg", error)
        raise UserError(
            f"the pattern {text!r} is no regular expression: {reason}{place}", "--fixed takes it as it is"
        ) from error


def _runs(arguments: Namespace, query: Query) -> list[Run]:
    """Return the runs that are searched, the newest first; no bundled sample that is not named. Raises UserError."""
    if arguments.run is not None:
        return [open_run(arguments, say)]
    folder = data_dir(arguments.data_dir, os.environ)
    runs = [one for one in all_runs(folder, arguments.target, output_dirs()) if not one.bundled]
    if not runs:
        known = target_names()
        of = f" of target {arguments.target!r}" if arguments.target else ""
        meant = did_you_mean(arguments.target, known) if arguments.target and arguments.target not in known else ""
        raise UserError(
            f"there is no run{of} in {folder}",
            meant + "a bundled sample is named: invoke grep PATTERN --run demo/sample",
        )
    return [one for one in runs if _may_hold(one, query)][::-1]


def _may_hold(found: Run, query: Query) -> bool:
    """Check whether anything of a run was sent in the times that are asked for."""
    facts = found.manifest.facts
    if query.until is not None and facts.started and facts.started.timestamp() >= query.until:
        return False
    return not (query.since is not None and facts.ended and facts.ended.timestamp() < query.since)


def _hits(
    runs: Sequence[Run], query: Query, most: int | None, arguments: Namespace, searched: _Searched
) -> Iterator[Hit]:
    """Yield hits in one run after the other, up to a number; of each run, nothing else stays in memory."""
    count = 0
    # Reading its YAML takes as long as searching a small run.
    target = cache(lambda recorded: target_of_run(recorded, arguments.target, say))
    for one in runs:
        if most is not None and count >= most:
            return
        if not _can_be_read(one, arguments):
            searched.damaged += 1
            continue
        if not has_records(one.folder):
            searched.empty += 1
            continue
        skipped = Skipped(f"{one.target}/{one.name}")
        left = None if most is None else most - count
        found, tools = search(known_run(one, target(one.target), skipped), query, left)
        skipped.report()
        searched.runs += 1
        searched.tools |= tools
        count += len(found)
        yield from found


def _can_be_read(one: Run, arguments: Namespace) -> bool:
    """Make a run whole; one for which that fails must not hide the others. Return whether it can be read."""
    try:
        if one.manifest.facts.damaged:
            raise UserError(one.manifest.facts.damaged)
        recover_and_report(one, data_dir(arguments.data_dir, os.environ), say)
    except UserError as error:
        say(f"WARNING: run {one.target}/{one.name} is not searched: {one_line(str(error.args[0]))}")
        return False
    return True


def _line(hit: Hit) -> str:
    when = datetime.fromtimestamp(hit.time).strftime("%Y-%m-%d %H:%M:%S")
    turn = f"turn {hit.turn}" if hit.turn else "no turn"
    tool = f" {hit.tool}" if hit.tool else ""
    times = f" ({hit.matches} times)" if hit.matches > 1 else ""
    return f"{one_line(f'{hit.run}  {hit.path}  {turn}, {hit.role}{tool}, {when}{times}')}\n    {one_line(hit.text)}"


if __name__ == "__main__":
    tune_memory()
    sys.exit(run(main))
