"""Exchanges beside the calls that are like earlier ones, such as telemetry: a few are shown, the others are counted."""

from __future__ import annotations

from collections.abc import Iterator

from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import plural
from probe.trace.trace import ExchangeFacts

_SHOWN = 3
"""Exchanges with an endpoint that are shown."""
_LISTED = 20
"""Lines of the record that are named of each endpoint."""
_FAILED = 400

_Key = tuple[str, str, str]


class Alike:
    """Counts exchanges by endpoint."""

    def __init__(self) -> None:
        self._lines: dict[_Key, list[int]] = {}

    def add(self, exchange: ExchangeFacts) -> bool:
        """Count an exchange; return whether it is only counted: as many like it were shown, and nothing is odd."""
        odd = exchange.status is None or exchange.status >= _FAILED or not exchange.complete
        if odd or exchange.websocket_messages is not None:
            return False
        key = (exchange.method, exchange.url.partition("?")[0], str(exchange.status))
        lines = self._lines.setdefault(key, [])
        lines.append(exchange.line)
        return len(lines) > _SHOWN

    def left_out(self) -> Iterator[str]:
        """Yield where those are that were only counted."""
        rows = [(*key, lines[_SHOWN:]) for key, lines in self._lines.items() if len(lines) > _SHOWN]
        if not rows:
            return
        cells = (
            (inline(method), code(url), status, f"{len(lines):,}", _listed(lines))
            for method, url, status, lines in rows
        )
        count = sum(len(lines) for *_, lines in rows)
        head = f"### {plural(count, 'further exchange')} like those above\n\n`--full` shows them.\n\n"
        yield head + table(("method", "endpoint", "status", "count", "lines of the record"), cells)


def _listed(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:_LISTED])) + (", …" if len(lines) > _LISTED else "")
