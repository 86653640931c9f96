"""Write the first part of a report: the numbers, and the structure of the payloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from probe.analysis.structure import MAX_DEPTH, MAX_PATHS, ExchangeStructure, Structure
from probe.analysis.summary import Summary
from probe.renderers.markdown.escape import code, inline
from probe.renderers.markdown.tables import plural, table

TOP = 30
"""Key paths that are shown for each side."""
_LISTED = 20
"""Malformed lines that are told by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What stands at the head of a report."""

    title: str
    source: str
    about: Sequence[tuple[str, str]]
    """What else is known of the run, as name and value."""
    generated_at: datetime
    summary: Summary
    malformed: Sequence[int]
    """Number of each line that is no record."""
    failures: int
    """Bodies whose renderer raised."""
    raws: int
    """Pieces that the renderer did not understand."""


def front(page: Front) -> str:
    """Write title and header."""
    return f"# {inline(page.title)}\n\n" + "".join(f"- {line}\n" for line in _facts(page))


def _facts(page: Front) -> Iterator[str]:
    summary = page.summary
    yield f"Source: {code(page.source)}"
    for name, value in page.about:
        yield f"{name}: {code(value)}"
    yield f"Generated at: {_time(page.generated_at)}"
    if summary.started is not None:
        yield f"First request: {_time(datetime.fromtimestamp(summary.started, UTC))}"
    yield f"Total requests: {summary.requests}"
    yield f"Capture duration: {summary.seconds:.1f}s{_minutes(summary.seconds)}"
    yield (f"Payload: {plural(summary.request_bytes, 'byte')} sent, {plural(summary.response_bytes, 'byte')} received")
    if summary.websockets:
        yield (f"WebSocket messages: {summary.websocket_messages:,} in {plural(summary.websockets, 'conversation')}")
    yield from _problems(page)


def _problems(page: Front) -> Iterator[str]:
    """Tell what is missing or odd; nothing where all is well."""
    summary = page.summary
    if summary.redactions:
        yield f"Places redacted in bodies: {summary.redactions:,}"
    if summary.cut_short:
        yield f"Exchanges cut short: {summary.cut_short:,}"
    if summary.lost_bytes or summary.lost_messages:
        lost = f"{plural(summary.lost_bytes, 'byte')}, {plural(summary.lost_messages, 'message')}"
        yield f"Lost, since they could not be written: {lost}"
    if page.malformed:
        yield f"Malformed lines skipped: {len(page.malformed):,}{_lines(page.malformed)}"
    if page.failures:
        yield f"Bodies shown raw because the renderer failed: {page.failures:,}"
    if page.raws:
        yield f"Pieces shown raw because the renderer does not know them: {page.raws:,}"


def numbers(summary: Summary) -> str:
    """Write endpoints, methods and status codes."""
    endpoints = (
        (code(one.origin + one.path), ", ".join(code(name) for name, _ in one.methods), f"{one.count:,}")
        for one in summary.endpoints
    )
    methods = ((code(name), f"{count:,}") for name, count in summary.methods)
    statuses = ((_status(status), f"{count:,}") for status, count in summary.statuses)
    return (
        f"## Endpoints\n\n{table(('path', 'methods', 'count'), endpoints)}\n"
        f"## HTTP methods\n\n{table(('method', 'count'), methods)}\n"
        f"## Status codes\n\n{table(('status', 'count'), statuses)}"
    )


def payload_structure(structure: ExchangeStructure) -> str:
    """Write the most frequent key paths of both sides."""
    sides = (("Requests", structure.requests), ("Responses", structure.responses))
    parts = [f"### {name}\n\n{_paths(side.structure())}" for name, side in sides]
    return "## Payload structure\n\n" + "\n".join(parts)


def _paths(structure: Structure) -> str:
    if not structure.paths:
        return "No payloads.\n"
    rows: Iterable[tuple[str, ...]] = (
        (code(path.path), ", ".join(_type(*one, total=path.count) for one in path.types), f"{path.count:,}")
        for path in structure.paths[:TOP]
    )
    more = len(structure.paths) - TOP
    told = f"\n{plural(more, 'further path')}.\n" if more > 0 else ""
    if structure.not_counted:
        told += (
            f"\n{plural(structure.not_counted, 'value')} not counted: "
            f"beyond {MAX_PATHS:,} distinct paths or {MAX_DEPTH} levels.\n"
        )
    return table(("key path", "types", "count"), rows) + told


def _type(name: str, count: int, *, total: int) -> str:
    return name if count == total else f"{name} ({count:,})"


def _status(status: int | None) -> str:
    if status is None:
        return "no answer"
    phrases = {one.value: one.phrase for one in HTTPStatus}
    return f"{status} {phrases[status]}" if status in phrases else str(status)


def _lines(malformed: Sequence[int]) -> str:
    numbers = ", ".join(map(str, malformed[:_LISTED]))
    more = ", …" if len(malformed) > _LISTED else ""
    return f" (line{'s' if len(malformed) > 1 else ''} {numbers}{more})"


def _minutes(seconds: float) -> str:
    if seconds < 120:
        return ""
    minutes = round(seconds / 60)
    return f" ({minutes // 60} h {minutes % 60} min)" if minutes >= 60 else f" ({minutes} min)"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
