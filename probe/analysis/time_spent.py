"""Where the time of a run went: the model, tools, the agent itself, or nobody (waiting for the user)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from probe.analysis.groups import Session, Thread

KINDS = ("model", "tool", "agent", "idle")
"""What a moment counts as, the first that fits: several threads may run side by side."""

_Span = tuple[float, float, str]


class TimeSpent(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of a run by who took them."""

    model: float
    """From a request to the end of its answer."""
    tool: float
    """From an answer that calls tools to the request with their results."""
    agent: float
    """Between other turns, before the first and after the last one."""
    idle: float
    """From an answer to the user's next prompt."""
    first_parts: tuple[float, ...]
    """Seconds from each request to the first piece of its answer, sorted."""

    @property
    def total(self) -> float:
        """Return the duration of the run."""
        return self.model + self.tool + self.agent + self.idle


def time_spent(sessions: Sequence[Session], started: float, ended: float) -> TimeSpent:
    """Return where the time between two moments (epoch seconds) went."""
    spans = [span for session in sessions for thread in session.threads for span in _spans(thread)]
    sums = dict.fromkeys(KINDS, 0.0)
    for seconds, kind in _by_moment(spans, started, ended):
        sums[kind] += seconds
    facts = [turn.facts for session in sessions for thread in session.threads for turn in thread.turns]
    first = sorted(one.first_part - one.started for one in facts if one.first_part is not None)
    return TimeSpent(**sums, first_parts=tuple(first))


def _spans(thread: Thread) -> Iterator[_Span]:
    """Yield what each part of a thread's time was spent on."""
    for turn, after in zip(thread.turns, [*thread.turns[1:], None], strict=True):
        facts = turn.facts
        ended = facts.ended if facts.ended is not None else facts.started
        yield facts.started, ended, "model"
        if after is not None and after.facts.started > ended:
            waited = turn.prompt != after.prompt and after.prompt is not None and turn.prompt is not None
            kind = "tool" if facts.calls else "idle" if waited else "agent"
            yield ended, after.facts.started, kind


def _by_moment(spans: Iterable[_Span], started: float, ended: float) -> Iterator[tuple[float, str]]:
    """Yield the seconds between each two borders of spans with the first kind that covers them."""
    changes = sorted(
        (min(max(time, started), ended), step, kind)
        for begin, end, kind in spans
        for time, step in ((begin, 1), (end, -1))
    )
    open_spans = dict.fromkeys(KINDS, 0)
    now = started
    for time, step, kind in changes:
        yield time - now, next((name for name in KINDS if open_spans[name]), "agent")
        open_spans[kind] += step
        now = time
    yield max(ended - now, 0.0), "agent"
