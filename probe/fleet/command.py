"""What `fleet analyze`, `protocol` and `compare` have in common: the runs are read, and their statistics added up."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from probe.addon.private_files import private_folder
from probe.cli.edge import one_line, printable, say
from probe.errors import UserError
from probe.fleet.clean_up import clean_up
from probe.fleet.cluster import local_workers, scheduler_workers
from probe.fleet.driver import Driver
from probe.fleet.jobs import Site, forget
from probe.fleet.listing import FleetRun, list_runs
from probe.fleet.progress import Progress
from probe.fleet.run_result import code_key
from probe.fleet.statistics import FleetStatistics
from probe.fleet.stored_nodes import NodeMissingError, read_node, stored_nodes
from probe.fleet.tables import publish, written_chunks
from probe.fleet.tree import Tree
from probe.fleet.workers import DaskWorkers, OneProcess, Workers
from probe.record.files import private_file
from probe.record.mirror_place import store_of
from probe.report.plain_text import plural
from probe.settings.settings import data_dir
from probe.store.store import Store
from probe.targets.finding import target_of_run
from probe.targets.target import Target

_TRIES = 3
"""How often what another client deleted meanwhile is made again."""
_NAMED = 10
"""Runs with problems that are listed."""


class _Plan(NamedTuple):
    """What is to be read, and how."""

    site: Site
    runs: Sequence[FleetRun]
    pattern: str
    scheduler: str | None
    workers: int | None


def read_fleet(arguments: Namespace, *, tables: bool = False) -> FleetStatistics:
    """Return the statistics of the runs that the arguments name; what is not stored yet is read. Raises UserError.

    With `tables`, the tables of these runs are those that count from then on.
    """
    _end_on_signals()
    plan = _planned(arguments)
    store = plan.site.store
    for left in reversed(range(_TRIES)):
        try:
            tree = _made(plan, tables=tables, force=arguments.force and left == _TRIES - 1)
            statistics = read_node(store, tree.root)
            if tables:
                _publish(store, tree, statistics.runs.get("counted", 0), arguments.runs)
            clean_up(store, plan.pattern, plan.runs, tree.nodes)
            return statistics
        except NodeMissingError:
            # Another client, which reads other runs, deleted it.
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _planned(arguments: Namespace) -> _Plan:
    number = _number(arguments.workers, arguments.scheduler)
    store = store_of(data_dir(arguments.data_dir, os.environ))
    targets: dict[str, Target | None] = {}
    code: dict[str, str] = {}

    def code_of(target: str) -> str:
        targets[target] = target_of_run(target, arguments.target, say)
        code[target] = code_key(targets[target])
        return code[target]

    pattern = arguments.runs or "*/*"
    runs, unfinished = list_runs(store, pattern, code_of)
    if unfinished:
        say(f"WARNING: left out: {unfinished:,} unfinished; invoke runs recovers what was cut off")
    return _Plan(Site(store=store, targets=targets, code=code), runs, pattern, arguments.scheduler, number)


def _number(workers: str | None, scheduler: str | None) -> int | None:
    if workers is None:
        return None
    if scheduler:
        raise UserError("--workers counts processes of this machine, and --scheduler names others", "give one of them")
    if not workers.isdecimal():
        raise UserError(f"--workers {workers}: no such number", "0 reads all in this process, without Dask")
    return int(workers)


def _made(plan: _Plan, *, tables: bool, force: bool) -> Tree:
    """Return the tree of the runs once every node of it is stored."""
    store = plan.site.store
    nodes = set() if force else stored_nodes(store)
    chunks = nodes & written_chunks(store) if tables else nodes
    names = [run.name for run in plan.runs]
    tree = Tree(names, [run.key for run in plan.runs], nodes, chunks)
    todo = [len(tree.levels[0][place.number]) for place in tree.missing if place.level == 0]
    if not tree.missing:
        say(f"{plural(len(names), 'run')}: all were read before")
        return tree
    known = len(names) - sum(todo)
    say(plural(len(names), "run") + (f", of which {known:,} are added up already" if known else ""))
    progress = Progress(sys.stderr)
    with contextlib.closing(progress), _workers(plan, len(todo), progress) as workers:
        topic = workers.topic if isinstance(workers, DaskWorkers) else ""
        driver = Driver(replace(plan.site, topic=topic), plan.runs, workers, progress)
        if force:
            driver.each_chunk(tree, forget)
        progress.start(len(names), known)
        driver.make(tree)
    say(progress.summary())
    return tree


@contextlib.contextmanager
def _workers(plan: _Plan, chunks: int, progress: Progress) -> Iterator[Workers]:
    if plan.workers == 0:
        yield OneProcess(progress.read)
        return
    local = local_workers(plan.workers or min(os.cpu_count() or 1, max(chunks, 1)), progress.read)
    with scheduler_workers(plan.scheduler, progress.read) if plan.scheduler else local as workers:
        say(f"dashboard: {workers.dashboard}")
        yield workers


def _publish(store: Store, tree: Tree, runs: int, pattern: str | None) -> None:
    if not written_chunks(store).issuperset(tree.chunks):
        raise NodeMissingError(
            "tables were deleted while they were to be published", "call the same command again", code=1
        )
    publish(store, tree.chunks, runs=runs, pattern=pattern)


def _end_on_signals() -> None:
    """End on SIGTERM and SIGHUP as on Ctrl-C, so that workers end too."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def write_documents(arguments: Namespace, word: str, documents: Sequence[tuple[str, str]]) -> None:
    """Write documents and print their paths, or print the JSON one with --json. Raises UserError."""
    if arguments.json:
        print(next(text for name, text in documents if name.endswith(".json")), end="")
        return
    usual = data_dir(arguments.data_dir, os.environ) / ".fleet" / "reports" / word
    folder = Path(arguments.output).expanduser() if arguments.output else usual
    try:
        private_folder(folder)
        for name, text in documents:
            with private_file(folder / name) as out:
                out.write(text)
            print(printable(str(folder / name)))
    except OSError as error:
        place = error.filename or folder
        raise UserError(f"{place}: {error.strerror or error}", "name another folder with --output") from error


def report_problems(statistics: FleetStatistics) -> int:
    """Print which runs have problems; return the exit code."""
    failed = {run: f"could not be read: {why}" for run, why in statistics.failed.items()}
    malformed = {run: f"{lines:,} malformed lines" for run, lines in statistics.malformed.items()}
    problems = [*sorted(failed.items()), *sorted(malformed.items())]
    for run, what in problems[:_NAMED]:
        say(f"WARNING: {one_line(run)}: {one_line(what)}")
    number = statistics.runs.get("failed", 0) + len(malformed)
    if number > _NAMED:
        say(f"WARNING: {number - _NAMED:,} more runs have problems")
    return 1 if problems else 0
