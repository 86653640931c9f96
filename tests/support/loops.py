"""What is expected of a run in which an agent walked the provider's two turns: a tool call, then text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from probe.renderers.blocks import Usage
from tests.support.answers import CALL, FOUND, TEXT, USAGE
from tests.support.forward_proxy import Seen
from tests.support.toolcalls import LIST_FILES

PROMPT = "List the files"
NONCE = 73_402_197
"""A size that only a listing tells: names of files stand in the first request of some agents."""
_COLUMNS = ("input", "cache read", "cache write", "output", "reasoning")
_SIDE = re.compile(r"\*([^*]+)\*(: .*)?")
"""How a row says that it is no turn of the agent's own work."""


def plant(folder: Path) -> Path:
    """Make the folder in which the agent works, with a file of a size that only the tool's output can tell."""
    folder.mkdir()
    with (folder / "planted.txt").open("wb") as file:
        file.truncate(NONCE)
    return folder


def turns_of(report: str) -> list[dict[str, str]]:
    """Return a mapping of column to cell for each row of the report's first table of turns."""
    return table(section(report, "What the agent did"))


def section(report: str, title: str) -> str:
    """Return the text below a heading of the second level."""
    return report.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(text: str) -> list[dict[str, str]]:
    """Return a mapping of column to cell for each row of the first table in a text."""
    lines = text[text.index("\n|") + 1 :].split("\n\n")[0].splitlines()
    head, _, *rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def purpose_of(row: Mapping[str, str]) -> str:
    """Return `turn`, or what a side request is for."""
    side = _SIDE.fullmatch(row["what it did"])
    return side[1] if side else "turn"


def work_of(report: str) -> list[dict[str, str]]:
    """Return the rows of the agent's own work."""
    return [row for row in turns_of(report) if purpose_of(row) == "turn"]


def assert_usage(row: Mapping[str, str], usage: Usage | None) -> None:
    """Check the tokens of a turn; a column is left out where no turn has a number for it."""
    numbers = {name: getattr(usage, name.replace(" ", "_"), None) for name in _COLUMNS}
    assert {name: row.get(name, "?") for name in _COLUMNS} == {
        name: "?" if number is None else f"{number:,}" for name, number in numbers.items()
    }


def assert_shows_loop(report: str, api: str) -> None:
    """Check that a report shows the tool call, the final text, and what each of the two turns took."""
    usages = [USAGE[api][CALL], USAGE[api][TEXT]]
    for row, usage in zip(work_of(report), usages, strict=True):
        assert_usage(row, usage)
    sums = {row[""]: row["total"] for row in table(section(report, "Totals"))}
    assert sums.get("**the work**", sums["**all**"]) == f"{sum(usage.total or 0 for usage in usages):,}"
    assert "**Tool call:** " in report
    assert str(NONCE) in report
    assert FOUND in report
    assert_head(report)


_HEAD = 60
"""Lines after which a reader knows what a run was."""
_KINDS = ", ".join(rf"{kind} (?P<{kind}>[\d.]+)s" for kind in ("model", "tool", "agent", "idle"))
_TIME = rf"\*\*Time:\*\* (?P<total>[\d.]+)s: {_KINDS}; first token"
_DOLLARS = r"(at least )?\\\$\d+\.\d{4}"
_COST = rf"\*\*Cost:\*\* ((unknown|{_DOLLARS} \+ \d+ turns? unknown) \([^)]+\)|{_DOLLARS}) · \*\*Tokens:\*\* "


def assert_head(report: str) -> None:
    """Check that a report begins with what was asked and done, the answer, the cost and the time."""
    head = "\n".join(report.splitlines()[:_HEAD])
    assert report.splitlines()[2] == "No problems were found."
    assert PROMPT in head.split("\n## What the agent did\n")[0]
    # The tool with its argument.
    assert re.fullmatch(rf"`[\w.]+: .*{LIST_FILES}.*`", work_of(report)[0]["what it did"])
    assert FOUND in section(f"{head}\n", "Final answer")
    assert re.search(_COST, head)
    spent = seconds_spent(head)
    # Each is rounded.
    assert abs(spent.pop("total") - sum(spent.values())) < 0.3


def seconds_spent(report: str) -> dict[str, float]:
    """Return the seconds of a run in all, and by who took them."""
    found = re.search(_TIME, report)
    assert found
    return {name: float(seconds) for name, seconds in found.groupdict().items()}


def outside(seen: Iterable[Seen]) -> set[str]:
    """Return the hosts that were asked for, this machine aside."""
    return {one.target for one in seen if "127.0.0.1:" not in one.target}


def crossed(records: list[dict[str, Any]], *, in_order: bool = True) -> list[Any]:
    """Return what is the same in each run: no times, ports, folders and random ids.

    `in_order` is false for an agent that writes its headers in an order of chance.
    """
    return [
        (
            record["listener"],
            record["request"]["method"],
            record["request"]["url"].split("/", 3)[3],
            list(record["request"]["headers"]) if in_order else sorted(record["request"]["headers"]),
            sorted(record["request"]["body"] or ()),
            record["response"]["status_code"],
            [
                (message["direction"], json.loads(message["content"])["type"])
                for message in (record.get("websocket") or {}).get("messages", [])
            ],
        )
        for record in records
    ]
