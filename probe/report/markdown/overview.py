"""Write the head of a report: what the run was, what is wrong with it, and its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec

from probe.analysis.exchange_totals import ExchangeTotals
from probe.analysis.time_spent import KINDS, TimeSpent
from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import plural, seconds
from probe.report.problems import LISTED, phrase
from probe.trace.trace import ExchangeFacts

_PLACES = 20
"""Places that differ from the recording which are listed."""


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """What is at the head of a report."""

    title: str
    source: str
    about: Sequence[tuple[str, str]]
    """What else is known of the run, as name and value."""
    notes: Sequence[str]
    """What a reader should know of how it was recorded."""
    differing: Sequence[str]
    """Where calls of a replayed agent differ from the recorded ones, as plain text."""
    nearest: bool
    """Whether these got the nearest recorded answer."""
    generated_at: datetime
    totals: ExchangeTotals
    problems: Sequence[str]
    """What is wrong with the run, as plain text."""
    remarks: Sequence[str]
    """What else a reader should know of it, as plain text."""


def front(page: Front) -> str:
    """Write the title, then problems, then facts."""
    head = f"**Problems:** {'; '.join(map(inline, page.problems))}." if page.problems else "No problems were found."
    head += "".join(f" {inline(remark)}." for remark in page.remarks)
    facts = "".join(f"- {line}\n" for line in _facts(page))
    return f"# {inline(page.title)}\n\n{head}\n\n{facts}{''.join(_differing(page))}"


def _differing(page: Front) -> Iterator[str]:
    if page.differing:
        got = ", whose nearest answer was given" if page.nearest else ""
        yield f"- Different from the recording{got}:\n"
        yield from (f"  - {inline(line)}\n" for line in page.differing[:_PLACES])
        if (more := len(page.differing) - _PLACES) > 0:
            yield f"  - and {plural(more, 'more place')}: all are in the manifest (`replayed.differing`)\n"


def _facts(page: Front) -> Iterator[str]:
    totals = page.totals
    yield from (f"Note: {inline(note)}" for note in page.notes)
    yield f"Source: {code(page.source)}; generated at {_time(page.generated_at)}"
    for name, value in page.about:
        yield f"{name}: {code(value)}"
    if totals.started is not None:
        yield f"First request: {_time(datetime.fromtimestamp(totals.started, UTC))}"
    websockets = f", {plural(totals.websocket_messages, 'WebSocket message')}" if totals.websockets else ""
    yield (
        f"{plural(totals.requests, 'exchange')}{websockets} in {_duration(totals.seconds)}: "
        f"{plural(totals.request_bytes, 'byte')} sent, {plural(totals.response_bytes, 'byte')} received"
    )
    if totals.redactions:
        yield f"Places redacted in bodies: {totals.redactions:,}"


def time_line(spent: TimeSpent, *, is_replay: bool = False) -> str:
    """Write where the time went in one line."""
    of_what = " of the replay, not of the model" if is_replay else ""
    parts = [f"{kind} {seconds(getattr(spent, kind))}" for kind in KINDS]
    first = spent.first_parts
    median = f"; first token after {seconds(first[len(first) // 2])} (median of {len(first)})" if first else ""
    return f"**Time:** {seconds(spent.total)}{of_what}: {', '.join(parts)}{median}\n"


def numbers(totals: ExchangeTotals, replay_server: str | None) -> str:
    """Write endpoints and status codes."""
    is_shown = replay_server and any(one.origin.endswith(f"//{replay_server}") for one in totals.endpoints)
    answered = f"{code(replay_server or '')} is the replay server.\n\n" if is_shown else ""
    endpoints = (
        (code(one.origin + one.path), ", ".join(code(name) for name, _ in one.methods), f"{one.count:,}")
        for one in totals.endpoints
    )
    statuses = ((_status(status), f"{count:,}") for status, count in totals.statuses)
    return (
        f"## Endpoints\n\n{answered}{table(('path', 'methods', 'count'), endpoints)}\n"
        f"## Status codes\n\n{table(('status', 'count'), statuses)}"
    )


def no_call(exchanges: Sequence[ExchangeFacts]) -> str:
    """Write why a run has no turns; a request without an answer may be a call whose body was never read."""
    silent = [one for one in exchanges if one.status is None]
    if not silent:
        return "It did not call the model, or not through the listeners.\n"
    asked = Counter(f"{one.method} {one.path}" for one in silent).most_common(LISTED)
    tries = "1 try" if len(silent) == 1 else f"{len(silent):,} tries"
    tries += f" ({', '.join(code(what) + (f' ×{count:,}' if count > 1 else '') for what, count in asked)})"
    reason = inline(phrase(Counter(one.error or "no answer came" for one in silent).most_common(1)[0][0]))
    if len(silent) == len(exchanges):
        return f"No request was answered: {tries} failed. Why: {reason}.\n"
    return f"No call of the model was answered: {tries} of {plural(len(exchanges), 'request')} failed. Why: {reason}.\n"


def _status(status: int | None) -> str:
    if status is None:
        return "no answer"
    phrases = {one.value: one.phrase for one in HTTPStatus}
    return f"{status} {phrases[status]}" if status in phrases else str(status)


def _duration(whole: float) -> str:
    """Return how long a run was; from a second on with one digit, since the time line is more exact."""
    if whole < 120:
        return f"{whole:.1f}s" if whole >= 1 else seconds(whole)
    minutes = round(whole / 60)
    return f"{whole:.1f}s ({minutes // 60} h {minutes % 60} min)" if minutes >= 60 else f"{whole:.1f}s ({minutes} min)"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
