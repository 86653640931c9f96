"""The text of docs/faults.md: the catalogue of faults, and what each agent does about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import dedent

from bench.fault_cell import CELL_SECONDS, Cell
from probe.replay.fault_catalogue import GROUPS
from probe.replay.faults import parse_fault

_HEAD = """\
# Faults

A replay can answer badly on purpose, so that you see what an agent, or your own client, does about it:

```sh needs-agent
uv run invoke pipeline --target codex --replay latest --fault "429 twice" --prompt "List the files"
uv run invoke replay --run codex/tool-loop --fault "cut after 12 events" --fault "529 on call 3" --port 8090
```

`--fault` can be repeated, and works with `capture`, `pipeline`, `replay` and `replay-check`, which says whether
the agent gets past it. A fault is a name, its numbers, and when:
`once` (the first call of the model; the default), `twice`, `3 times`, `always`, `on call 3`, `on calls 2-5`. Only calls
of the model count, each try of them; side requests and warm-ups have no faults. The notes at the end name the calls
that were hit; for `replay-check` and `recorded_run`, a fault that hit none is a failure.

- All that a fault does not change stays as it was recorded, byte for byte. Its own seconds do not depend on the
  replay's speed.
- An answer with a fault is not used up: when the agent asks the same again, it gets it whole.
- An exchange that a fault cut short is a note of the run, and no problem for `verify` without `--strict`. The report
  lists calls that failed or were cut short under its problems, those of a fault too.
- `N` is the number of an event, counted from 1, or `first`. Where an answer has fewer events, its last one is hit.
- Over a WebSocket, an error is the API's error message, and what only HTTP has closes the connection.
- A capture's proxies are between: where a connection ends before any answer, the agent gets their 502. A client of
  `invoke replay` gets the reset itself.

## All faults
"""
_MATRIX = """
## What the agents do

Made by `python -m bench faults` (a maintainer's tool): agents from their registries, a recording made on the spot with
a local provider, no network. The fault is in the first answer of the agent's own work; `always` means every call. A
cell had {seconds:.0f} seconds.

- **done**: the agent ended with the recorded final answer and exit code 0; with its tries, where it asked more than
  once.
- **gave up**: it ended without that answer; with its exit code.
- **waits**: it still ran when the time was over.

An agent that tries again without streaming (Claude Code) finds no unstreamed answer in these recordings: it gets status
400, and may give up where the API itself would have answered.
"""
_DETAILS = """
## Waits, exit codes, and what the user sees

Waits are the seconds between the end of one try and the next, as recorded. The last column is the first line of the
agent's output that speaks of the fault, cut to 60 characters.
"""


def document(results: Mapping[str, Mapping[str, Cell]], faults: Sequence[str]) -> str:
    """Return the document."""
    lines = [_HEAD, *_catalogue(), _MATRIX.format(seconds=CELL_SECONDS), *_overview(results, faults), _DETAILS]
    for name, cells in results.items():
        lines += [f"### {name}", "", *_details(cells), ""]
    return dedent("\n".join(lines)).rstrip() + "\n"


def short(cell: Cell | None) -> str:
    """Return what an agent did in a few words, without what changes from run to run."""
    if cell is None:
        return ""
    tries = f", {cell.tries} tries" if cell.tries > 1 else ""
    if cell.end == "still waiting":
        return f"waits{tries}"
    return f"done{tries}" if cell.end == "done" else f"**gave up** ({cell.exit_code}){tries}"


def _catalogue() -> Iterator[str]:
    for group in GROUPS:
        yield from (f"### {group.title}", "", "| fault | what it does |", "|---|---|")
        yield from (f"| `{kind.shown}` | {kind.what} |" for kind in group.kinds)
        yield ""


def _overview(results: Mapping[str, Mapping[str, Cell]], faults: Sequence[str]) -> Iterator[str]:
    """Yield a table for each group of faults; a row is a fault, a column an agent."""
    for group in GROUPS:
        forms = {kind.form for kind in group.kinds}
        done = {fault for cells in results.values() for fault in cells}
        rows = [fault for fault in faults if fault in done and parse_fault(fault).form in forms]
        if not rows:
            continue
        yield f"| {group.title.lower()} | " + " | ".join(results) + " |"
        yield "|---" * (len(results) + 1) + "|"
        for fault in rows:
            yield f"| `{fault}` | " + " | ".join(short(cells.get(fault)) for cells in results.values()) + " |"
        yield ""


def _details(cells: Mapping[str, Cell]) -> Iterator[str]:
    yield "| fault | what it did | waits | took | what the user sees |"
    yield "|---|---|---|---|---|"
    for fault, cell in cells.items():
        waits = ", ".join(f"{wait:g}" for wait in cell.waits[:8]) + (", …" if len(cell.waits) > 8 else "")
        seen = cell.seen.replace("\\", "\\\\").replace("|", "\\|").replace("`", "'")
        yield f"| `{fault}` | {short(cell)} | {waits} | {cell.seconds:.0f} s | {f'`{seen}`' if seen else ''} |"
