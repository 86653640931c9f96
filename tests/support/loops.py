"""What is expected of a run in which an agent walked the provider's two turns: a tool call, then text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from probe.renderers.blocks import Usage
from tests.support.answers import CALL, FOUND, TEXT, USAGE
from tests.support.forward_proxy import Seen

NONCE = 73_402_197
"""A size that only a listing tells: names of files stand in the first request of some agents."""
_COLUMNS = ("input", "cache read", "cache write", "output", "reasoning", "total")


def plant(folder: Path) -> Path:
    """Make the folder in which the agent works, with a file of a size that only the tool's output can tell."""
    folder.mkdir()
    with (folder / "planted.txt").open("wb") as file:
        file.truncate(NONCE)
    return folder


def turns_of(report: str) -> list[dict[str, str]]:
    """Read the report's table of turns: a mapping of column to cell for each."""
    return table(report.split("\n## Turns\n")[1].split("\n### ")[0].split("\n## ")[0])


def table(text: str) -> list[dict[str, str]]:
    """Read the table in a text: a mapping of column to cell for each row."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def told(usage: Usage | None) -> dict[str, str]:
    """Give the cells that tell a usage."""
    numbers = [getattr(usage, name.replace(" ", "_"), None) for name in _COLUMNS]
    return dict(zip(_COLUMNS, ("?" if number is None else f"{number:,}" for number in numbers), strict=True))


def assert_told(report: str, api: str) -> None:
    """Check that a report tells the tool call, the final text, and what each of the two turns took."""
    turns = [row for row in turns_of(report) if row["purpose"] == "turn"]
    assert [{name: row[name] for name in _COLUMNS} for row in turns] == [
        told(USAGE[api][CALL]),
        told(USAGE[api][TEXT]),
    ]
    assert "**Tool call:** " in report
    assert str(NONCE) in report
    assert FOUND in report


def outside(seen: Iterable[Seen]) -> set[str]:
    """Give the hosts that were asked for, this machine aside."""
    return {one.target for one in seen if "127.0.0.1:" not in one.target}


def crossed(records: list[dict[str, Any]]) -> list[Any]:
    """Give what is the same in each run: no times, ports, folders and random ids."""
    return [
        (
            record["listener"],
            record["request"]["method"],
            record["request"]["url"].split("/", 3)[3],
            list(record["request"]["headers"]),
            sorted(record["request"]["body"] or ()),
            record["response"]["status_code"],
            [
                (message["direction"], json.loads(message["content"])["type"])
                for message in (record.get("websocket") or {}).get("messages", [])
            ],
        )
        for record in records
    ]
