"""The text of docs/compatibility.md: the newest version of each agent, and what came of trying it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

_HEAD = """\
# Compatibility

What the newest version of each agent did, tried by `python -m bench compatibility` (a maintainer's tool, which gates
nothing). Each agent came from its registry and ran offline against a local provider, with the prompt of the tests: one
tool call that is really executed, then an answer. The versions that every test run checks are under "tested"; see
[agents](agents.md).

- **recorded**: what is in the record. aider has no tools, so it only answers.
- **verified**: `verify` found all well.
- **replayed**: run again from the record with `--strict`, the agent sent the same, but for volatile values.
- **not read**: fields that the reports show as they are, because their API's renderer does not know them.
- **other hosts**: asked for beside the listeners, although the target switches off what it can; they were refused.

| agent | tested | newest | on | recorded | verified | replayed | not read | other hosts | note |
|---|---|---|---|---|---|---|---|---|---|
"""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What came of trying an agent."""

    checked: str
    """The version of the tests."""
    date: str
    version: str | None = None
    """None where the registry named none."""
    recorded: str = "no"
    verified: bool | None = None
    """None where it was not tried, as below."""
    replayed: bool | None = None
    unread: tuple[str, ...] = ()
    """What the renderer did not know."""
    hosts: tuple[str, ...] = ()
    """Hosts that were asked for past the listeners."""
    note: str = ""


Results = dict[str, Row]
"""Rows by agent."""


def document(results: Mapping[str, Row]) -> str:
    """Return the document."""
    return _HEAD + "".join(f"| {' | '.join(_cells(name, row))} |\n" for name, row in results.items())


def _cells(name: str, row: Row) -> Iterator[str]:
    yield f"`{name}`"
    yield row.checked
    yield row.version or "?"
    yield row.date
    yield row.recorded if row.recorded != "no" else "**no**"
    yield from (_word(held) for held in (row.verified, row.replayed))
    yield ", ".join(row.unread)
    yield ", ".join(row.hosts)
    yield row.note.replace("|", "\\|").replace("`", "'")


def _word(held: bool | None) -> str:
    return "" if held is None else "yes" if held else "**no**"
