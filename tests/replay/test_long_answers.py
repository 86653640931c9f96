"""A fault in a long answer takes a time that grows with its length, not with the square of it."""

from __future__ import annotations

import pytest

from probe.replay.answer_events import body_of
from probe.replay.timed_answer import TimedAnswer
from tests.replay.test_fault_effects import EVENTS, answered, with_fault

LONG, MANY = 5_000_000, 9000
ANSWERS: dict[str, tuple[str, TimedAnswer]] = {
    "an event without its end": ("cut after 1", answered(EVENTS[0] + b"data: " + b"x" * LONG)),
    "a line without its end": ("cut after 1", answered(b"{}\n" + b"x" * LONG, "application/x-ndjson")),
    "many events": ("comments", answered(EVENTS[1] * MANY, borders=tuple(range(0, MANY * len(EVENTS[1]), 7)))),
}


@pytest.mark.parametrize(("text", "answer"), ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.timeout(20)
def test_a_long_answer_is_changed_at_once(text: str, answer: TimedAnswer) -> None:
    assert len(body_of(with_fault(text, answer))) != len(body_of(answer))
