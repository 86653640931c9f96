"""Write what is wrong with a run, with its cause, and what else a reader should know: plain text for all writers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from probe.analysis.exchange_totals import ExchangeTotals
from probe.analysis.purpose import TINY
from probe.report.plain_text import plural
from probe.trace.facts import TurnFacts
from probe.trace.trace import Trace

_OK = 200
LISTED = 20
"""Malformed lines that are listed by number, and kinds of unknown things by name."""


def problems_of(totals: ExchangeTotals, malformed: Sequence[int], trace: Trace, *, live: bool) -> Iterator[str]:
    """Yield what is missing or odd, with its cause, as plain text."""
    if live:
        yield "this run is still being recorded, so this report is partial"
    if not trace.exchanges:
        yield "nothing was captured"
    yield from _unanswered(trace)
    yield from _failed(trace)
    yield from _cut_short(trace)
    if totals.lost_bytes or totals.lost_messages:
        lost = f"{plural(totals.lost_bytes, 'byte')}, {plural(totals.lost_messages, 'message')}"
        yield f"{lost} were lost because they could not be written"
    if malformed:
        yield f"{plural(len(malformed), 'malformed line')} skipped{_lines(malformed)}"
    if trace.failures:
        reason = Counter(reason for _, reason in trace.failures).most_common(1)[0][0]
        failed = plural(len(trace.failures), "time")
        yield f"a renderer failed {failed}, and bodies are shown as they are ({reason})"


def notes_of(trace: Trace) -> Iterator[str]:
    """Yield what a reader should know although nothing is missing."""
    refused = [one for one in trace.exchanges if not one.turns and one.status is not None and one.status >= 400]
    if refused:
        named = Counter(f"{one.method} {one.path} → {one.status}" for one in refused).most_common(1)[0][0]
        yield f"{plural(len(refused), 'side exchange')} failed ({named})"
    unknown = trace.unknowns.counts
    if unknown:
        named = ", ".join(f"{what}{f' ×{count:,}' if count > 1 else ''}" for what, count in unknown.most_common(LISTED))
        more = ", …" if len(unknown) > LISTED else ""
        yield f"{plural(unknown.total(), 'thing')} not understood and shown as sent: {named}{more}"


def _unanswered(trace: Trace) -> Iterator[str]:
    """Yield which upstreams did not answer, and why."""
    silent = [one for one in trace.exchanges if one.status is None]
    if silent:
        reason, count = Counter(one.error or "no answer came" for one in silent).most_common(1)[0]
        of = f"{len(silent):,} of {plural(len(trace.exchanges), 'exchange')} got no answer"
        yield f"{of}: {phrase(reason)}" + (f" ({count:,} times)" if 1 < count < len(silent) else "")


def _failed(trace: Trace) -> Iterator[str]:
    """Yield how many calls of the model failed or were ended early by the API, and what it said."""
    failed = [one for one in trace.turns if one.problem or (one.status is not None and one.status >= 400)]
    if failed:
        said = Counter((one.status, one.problem) for one in failed).most_common(1)[0][0]
        why = ": ".join(phrase(str(word)) for word in said if word not in (None, _OK))
        yield f"{plural(len(failed), 'call')} of the model failed ({why})"
    # The answer to a warm-up is meant to be cut.
    early = [one.incomplete for one in trace.turns if one.incomplete and not (one.warm_up or _is_tiny(one))]
    if early:
        yield f"{plural(len(early), 'answer')} ended early" + _reason(early)


def _is_tiny(turn: TurnFacts) -> bool:
    return turn.most_output is not None and turn.most_output <= TINY


def _cut_short(trace: Trace) -> Iterator[str]:
    """Yield how many answers did not come to their end, and why."""
    errors = {one.line: one.error for one in trace.exchanges}
    silent = [one.line for one in trace.turns if one.websocket and one.status is None]
    if silent:
        yield f"{plural(len(silent), 'call')} over a WebSocket got no answer" + _reason(errors[line] for line in silent)
    cut = [one.line for one in trace.turns if one.status is not None and not one.complete]
    cut += [one.line for one in trace.exchanges if one.status is not None and not one.complete and not one.turns]
    if cut:
        yield f"{plural(len(cut), 'answer')} cut short" + _reason(
            errors[line] or "no end of the stream" for line in cut
        )


def _reason(errors: Iterable[str | None]) -> str:
    """Return the most frequent reason in brackets."""
    found = Counter(filter(None, errors)).most_common(1)
    return f" ({phrase(found[0][0])})" if found else ""


def phrase(reason: str) -> str:
    """Return a reason as it is put into a sentence."""
    return reason.rstrip(".")


def _lines(malformed: Sequence[int]) -> str:
    listed = ", ".join(map(str, malformed[:LISTED]))
    more = ", …" if len(malformed) > LISTED else ""
    return f" (line{'s' if len(malformed) > 1 else ''} {listed}{more})"
