"""List the recorded runs, newest first."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.addon.journal import FOLDER
from probe.cli.called_as import as_called
from probe.cli.edge import one_line, printed_json, run, say
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.record.mirror_place import shown_place
from probe.record.mirrored_runs import delete_remote, remote_place
from probe.record.runs import REPORT, Run, all_runs, is_alive, refuse_links
from probe.record.runs_of_version import version_number
from probe.report.plain_text import plural
from probe.settings.settings import data_dir
from probe.targets.finding import output_dirs, target_names
from probe.wire.recover_run import recover_and_report, recover_left

_LONGEST = 60
"""Characters of a prompt that are shown."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.runs`."""
    arguments, rest = parse("runs", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke runs --json")
    folder = data_dir(arguments.data_dir, os.environ)
    recover_left(folder, say)
    runs = all_runs(folder, arguments.target, output_dirs())[::-1]
    if arguments.target and not runs:
        _require_known(arguments.target, folder)
    if arguments.prune is not None:
        runs = _prune(runs, _number(arguments.prune))
    for one in runs:
        _make_whole(one, folder)
    if arguments.json:
        print(printed_json([described(one) for one in runs]))
    elif runs:
        _print(_table(runs))
    else:
        of = f" of target {arguments.target!r}" if arguments.target else ""
        example = 'invoke pipeline --target demo --prompt "Write a prime checker"'
        say(f"no run{of} in {shown_place(folder)}; for example: {as_called(example)}")
    return 0


def _require_known(name: str, folder: Path) -> None:
    """Raise UserError if there is neither a target of a name nor a folder of its runs."""
    known = target_names()
    if name not in known and not (Path(name).name == name and (folder / name).is_dir()):
        raise UserError(
            f"no target {name!r}, and no run of one in {shown_place(folder)}",
            did_you_mean(name, known) + f"targets are: {', '.join(known)}",
        )


def _print(table: Table) -> None:
    """Print the table; into a pipe or a file each run is one line, however long, and ends with its last word."""
    if sys.stdout.isatty():
        Console().print(table)
        return
    table.expand = False
    whole = Console(width=10_000, file=io.StringIO(), record=True)
    whole.print(table)
    print("\n".join(line.rstrip() for line in whole.export_text().splitlines()))


def _make_whole(one: Run, data_dir: Path) -> None:
    """Fold in what a killed proxy left in a run; one that cannot be made whole must not hide the others."""
    if one.bundled or one.manifest.facts.damaged or not os.path.lexists(one.folder / FOLDER):
        return
    try:
        refuse_links(one.folder)
        recover_and_report(one, data_dir, say)
    except UserError as error:
        say(f"WARNING: {error.args[0]}")


def _number(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    raise UserError(f"--prune {text}: not a number of runs to keep", "for example: invoke runs --prune 20")


def _prune(runs: list[Run], keep: int) -> list[Run]:
    """Delete all but the newest `keep` recordings and replays of each target; samples and running ones stay."""
    old = _old(runs, keep)
    if not old:
        say(f"nothing to delete: --prune {keep} keeps all of them")
    else:
        replays = sum(one.manifest.facts.is_asked_replay for one in old)
        which = f": {len(old) - replays} recorded, {plural(replays, 'replay')}" if replays else ""
        say(f"deleting {len(old)} of {len(runs)} runs{which}")
    return [one for one in runs if one not in old or not _delete(one)]


def _old(runs: list[Run], keep: int) -> list[Run]:
    """Return the runs to delete."""
    old: list[Run] = []
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for one in runs:
        recorded = {"schema", "target", "run"} <= one.manifest.data.keys()
        kind = one.target, one.manifest.facts.is_asked_replay, one.manifest.facts.redaction is not None
        if one.bundled or not recorded or is_alive(one) or counts[kind] < keep:
            counts[kind] += not one.bundled
        else:
            old.append(one)
    return old


def _delete(one: Run) -> bool:
    """Delete a run; return False, with a warning, if some of it could not be deleted."""
    try:
        delete_remote(one.folder)
        # It follows no link, neither in the folder's place nor inside.
        shutil.rmtree(one.folder)
    except UserError as error:
        say(f"WARNING: {one.target}/{one.name} could not be deleted: {error.args[0]}")
        return False
    except OSError as error:
        say(f"WARNING: {one.target}/{one.name} could not be deleted whole: {error}")
        return False
    say(f"deleted {one.target}/{one.name}")
    return True


def described(one: Run) -> dict[str, Any]:
    """Return what is listed of a run."""
    facts = one.manifest.facts
    return {
        "target": one.target,
        "run": one.name,
        "version": version_number(agent := facts.versions.get("agent")) or agent,
        "state": _state(one),
        "started": one.manifest.data.get("started"),
        "seconds": _seconds(one),
        "exchanges": facts.counts and facts.counts.written,
        "cut_short": facts.counts and facts.counts.cut_short,
        "exit_code": facts.exit_code,
        "prompt": facts.prompt,
        "command": facts.own_command or facts.command,
        "replay": facts.replay_of,
        "import_of": facts.imported and facts.imported.file,
        "redacted_copy_of": facts.redaction and facts.redaction.of,
        "report": _report(one),
        "folder": str(one.folder),
    }


def _report(one: Run) -> str | None:
    """Return where the report of a run is: here, or in its bucket."""
    if (one.folder / REPORT).exists():
        return str(one.folder / REPORT)
    return remote_place(one.folder, REPORT)


def _state(one: Run) -> str:
    if one.bundled:
        return "sample"
    if one.manifest.facts.damaged:
        return "damaged"
    if is_alive(one):
        return "running"
    return "ended" if one.manifest.facts.ended else "interrupted"


def _seconds(one: Run) -> float | None:
    started, ended = one.manifest.facts.started, one.manifest.facts.ended
    if not started or not ended:
        return None
    return round((ended - started).total_seconds(), 1)


def _table(runs: list[Run]) -> Table:
    table = Table(box=None, pad_edge=False, expand=True)
    numeric = ("seconds", "exchanges", "cut short", "exit")
    for heading in ("target", "run", "version", "state", *numeric, "report", "what was asked"):
        number = heading in numeric
        rest = 1 if heading == "what was asked" else None
        table.add_column(heading, justify="right" if number else "left", no_wrap=True, ratio=rest)
    for row in map(described, runs):
        shown = [row[name] for name in ("seconds", "exchanges", "cut_short", "exit_code")]
        numbers = ["" if value is None else str(value) for value in shown]
        named = [row["target"], row["run"], row["version"] or "", row["state"]]
        cells = [*named, *numbers, "yes" if row["report"] else "-", _asked(row)]
        # Text, not a string: a prompt may hold what rich would take for markup.
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    return table


def _asked(row: dict[str, Any]) -> str:
    """Return what was asked, and where the run comes from if it was not recorded so."""
    asked = (row["prompt"] if row["prompt"] is not None else shlex.join(row["command"] or []))[:_LONGEST]
    origins = {"redacted copy of": "redacted_copy_of", "import of": "import_of", "replay of": "replay"}
    origin = next((f"{words} {row[name]}" for words, name in origins.items() if row[name]), "")
    return ": ".join(filter(None, (origin, asked)))


if __name__ == "__main__":
    sys.exit(run(main))
