"""Import files as a user does, into a data folder of the test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from probe.import_run import main
from probe.record.exchange import Exchange
from probe.record.manifest import Manifest
from probe.record.runs import TRAFFIC
from tests.exports.round_trip import exchanges


class Imported:
    """A run that was made of a file."""

    def __init__(self, folder: Path, code: int, said: str) -> None:
        self.folder, self.code, self.said = folder, code, said
        self.manifest = Manifest.read(folder)
        self.exchanges: list[Exchange] = exchanges(folder / TRAFFIC)

    @property
    def problems(self) -> list[str]:
        """Return what its manifest says is wrong."""
        return [one.text for one in self.manifest.facts.problems]


def imported(file: Path, capsys: pytest.CaptureFixture[str], *options: str, target: str | None = "demo") -> Imported:
    """Import a file; without a target, it is guessed, and all targets are loaded for that."""
    capsys.readouterr()
    named = ["--target", target] if target else []
    code = main([str(file), "--data-dir", str(file.parent / "data"), *named, *options])
    printed = capsys.readouterr()
    return Imported(Path(printed.out.strip()), code, printed.err)


def har(*entries: dict[str, Any], **log: Any) -> str:
    """Return a HAR."""
    return json.dumps(
        {"log": {"version": "1.2", "creator": {"name": "a tool", "version": "3"}, **log, "entries": entries}}
    )


def entry(*, body: str | None = '{"model":"m"}', answer: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return an entry of a HAR as browsers write it."""
    content = {"size": 7, "mimeType": "application/json", "text": '{"a":1}'} if answer is None else answer
    return {
        "startedDateTime": "2026-01-31T12:00:00.500+01:00",
        "time": 1500,
        "request": {
            "method": "POST",
            "url": "https://api.example.com/v1/messages?beta=true",
            "httpVersion": "http/2.0",
            "headers": _pairs(("content-type", "application/json"), ("x", "1"), ("x", "2")),
            "bodySize": -1,
            **({} if body is None else {"postData": {"mimeType": "application/json", "text": body}}),
        },
        "response": {
            "status": 200,
            "statusText": "",
            "httpVersion": "h2",
            "headers": _pairs(("content-type", str(content.get("mimeType")))),
            "content": content,
            "bodySize": 5,
        },
        "timings": {"blocked": 10, "dns": -1, "connect": None, "send": 40, "wait": 450, "receive": 1000},
        **more,
    }


def _pairs(*fields: tuple[str, str]) -> Sequence[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]
