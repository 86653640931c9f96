"""What is worth a look in a turn, with the words that the page has for it (`report/html/page/notable.js`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.report.plain_text import plural, seconds
from probe.report.summary_part import Part
from probe.report.summary_turn import Turn

STALL = 3
"""Seconds of silence in a stream that are notable."""
SLOW_START, SLOW_TIMES = 2, 5
"""Seconds until the first token that are notable, and how many medians they have to be."""
_FAILED = 400


class Notable(Part, frozen=True, kw_only=True):
    """Something in a turn that is worth a look."""

    turn: int
    """Number of the turn."""
    what: str
    """What it is, in few words."""
    about: str
    """More about it; empty where there is no more."""


def worth_a_look(turns: Sequence[Turn], median_to_first_token: float | None) -> list[Notable]:
    """Return what is notable in turns, in their order."""
    return [
        Notable(turn=turn.number, what=what, about=about)
        for turn in turns
        for what, about in _notable(turn, median_to_first_token)
    ]


def _notable(turn: Turn, median: float | None) -> Iterator[tuple[str, str]]:
    yield from _trouble(turn)
    if turn.tries:
        count, status = len(turn.tries), turn.tries[0].status
        what = f"{status or 'failed'}, retried" if count == 1 else f"{count} failed tries"
        yield what, f"{turn.tries[-1].problem}; then it was answered"
    if turn.incomplete:
        yield turn.incomplete, ""
    silence = turn.longest_silence
    if silence and silence.seconds >= STALL:
        yield f"stall {seconds(silence.seconds)}", "the stream was silent"
    waited = turn.first_token - turn.started if turn.first_token is not None else 0.0
    if median is not None and waited >= max(SLOW_START, SLOW_TIMES * median):
        yield f"first token {seconds(waited)}", f"the median is {seconds(median)}"
    if turn.cache and turn.cache.reason:
        yield f"cache missed {turn.cache.missed:,}", turn.cache.reason
    if turn.shortened:
        yield "shortened", f"{plural(turn.shortened.messages, 'message')} of turn {turn.shortened.turn} left out"


def _trouble(turn: Turn) -> Iterator[tuple[str, str]]:
    """Yield what went wrong with a call or its tools."""
    has_failed = bool(turn.problem) or turn.status is None or turn.status >= _FAILED
    if has_failed:
        yield (str(turn.status) if turn.status and turn.status >= _FAILED else "error"), turn.problem or ""
    elif not turn.complete:
        yield "no answer" if turn.ended is None else "cut short", ""
    if failed := [call for call in turn.tool_calls if call.failed]:
        what = "tool failed" if len(failed) == 1 else f"{len(failed)} tools failed"
        yield what, "; ".join(f"{call.name}: {call.argument}" for call in failed)
