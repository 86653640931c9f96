"""Write reports to memory."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probe.analysis.prices import Prices
from probe.renderers.api import Api
from probe.renderers.loader import AUTO, Renderer, load_renderer
from probe.report import Understood, write_report
from probe.report.run import ReportedRun
from probe.slots.slots import Slots

RUN = ReportedRun(title="A Title", source="traffic.jsonl", generated_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
GENERIC = load_renderer(AUTO).generic


def report(
    records: Path,
    renderer: Renderer | None = None,
    *,
    full: bool = False,
    prices: Prices | None = None,
    ids: Mapping[str, Sequence[str]] | None = None,
    slots: Slots | None = None,
    on_malformed: Any = lambda number, reason: None,
    **about: Any,
) -> tuple[str, Understood]:
    """Return a report and what it was written from; `about` is what is known of the run."""
    out = io.StringIO()
    reported = write_report(
        out,
        records,
        replace(RUN, **about),
        renderer=renderer or load_renderer(AUTO),
        ids=ids,
        prices=prices,
        slots=slots,
        on_malformed=on_malformed,
        full=full,
    )
    return out.getvalue(), reported


def record(folder: Path, *lines: Any) -> Path:
    """Write a record; what is no text is written as JSON."""
    file = folder / "traffic.jsonl"
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return file


def exchange(time: float, path: str = "/v1/x", **more: Any) -> dict[str, Any]:
    """Make the line of an exchange from elsewhere."""
    request = {"method": "POST", "url": f"https://api.example{path}", "headers": {}, "body": {"n": 1}}
    response = {"status_code": 200, "headers": {}, "body": {"ok": True}}
    return {"timestamp": time, "request": request, "response": response, **more}


class Failing(Api):
    """A renderer that fails at whatever it is given."""

    name = "failing"

    def is_call(self, method: str, path: str) -> bool:
        return path.endswith("/responses")

    def items(self, path: str, body: Any) -> Any:
        raise KeyError("no such field")

    request_blocks = response_blocks = answer = split = items  # type: ignore[assignment]


def failing_at(pattern: str) -> Renderer:
    """Return a renderer that fails at some paths; others are rendered as usual."""
    return Renderer(((pattern, "failing", Failing()), *load_renderer(AUTO).routes), GENERIC)
