"""Faults as the user writes them, and the calls that they hit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.errors import UserError
from probe.renderers.openai_responses import API
from probe.replay.fault_catalogue import GROUPS, KINDS
from probe.replay.faults import Fault, FaultPlan, parse_fault
from probe.replay.timed_answer import TimedAnswer, TimedPiece

WRITTEN = {
    "429 once": "429 retry after 1s once",
    "429 twice": "429 retry after 1s twice",
    "429 ALWAYS": "429 retry after 1s always",
    "429 retry after 2.5 seconds": "429 retry after 2.5s once",
    "529 on call 3": "529 on call 3",
    "500 on calls 2 to 4": "500 on calls 2-4",
    "401 3 times": "401 3 times",
    "cut after 12 events": "cut after 12 events once",
    "cut after first": "cut after 1 event once",
    "stall 30s after first": "stall 30s after 1 once",
    "stall  0.5 s": "stall 0.5s after 1 once",
    "reset before first": "reset before first once",
    "close 1011 after 5": "close 1011 after 5 once",
    "close 1006": "close 1006 after 1 once",
    "line break in data": "line break in data 1 once",
    "html 502": "html 502 once",
    "status 418 twice": "status 418 twice",
    "trickle 20 bytes a second": "trickle 20 bytes a second once",
}


@pytest.mark.parametrize(("text", "plain"), WRITTEN.items())
def test_a_fault_is_written_in_words(text: str, plain: str) -> None:
    assert str(parse_fault(text)) == plain


WRONG = {
    "cut aftr 3": "did you mean 'cut after N events'?",
    "stal 3s": "did you mean 'stall 30s [after N]'?",
    "duplicate evnt 2 twice": "did you mean 'duplicate event N'?",
    "418": "did you mean 'status CODE'?",
    "429 quotaa": "did you mean '429 quota'?",
    "cut": "did you mean 'cut after N events'?",
    "stall": "did you mean 'stall 30s [after N]'?",
    "429 twice retry after 5s": "did you mean '429 retry after 5s twice'?",
    "stall 30m": "did you mean 'stall 1800s'?",
    "stall " + 5000 * "9" + "m": "docs/faults.md lists all",
    "": "docs/faults.md lists all",
    "xyzzy": "docs/faults.md lists all",
}


@pytest.mark.parametrize(("text", "hint"), WRONG.items())
def test_what_is_no_fault_is_refused_with_the_nearest_one(text: str, hint: str) -> None:
    with pytest.raises(UserError, match=re.escape(f"--fault {text!r}: no such fault")) as raised:
        parse_fault(text)
    assert raised.value.hint
    assert raised.value.hint.startswith(hint)


TIMES = "after the fault comes once, twice, 3 times, always or on call 3"
MISTAKES = {
    "429 sometimes": ("'sometimes' does not say when", TIMES),
    "429 once twice": ("'once twice' does not say when", TIMES),
    "cut after 3 events on call 0": ("'on call 0' does not say when", TIMES),
    "429 on calls 4-2": ("'on calls 4-2' does not say when", TIMES),
    "429 onec": ("'onec' does not say when", f"did you mean '429 once'? {TIMES}"),
    "429 3 tmes": ("'3 tmes' does not say when", f"did you mean '429 3 times'? {TIMES}"),
    "status 999": ("CODE is a status, 200 to 599", "docs/faults.md lists all"),
    "html 100 twice": ("CODE is a status, 200 to 599", "docs/faults.md lists all"),
    "close 404": ("CODE is a WebSocket's, 1000 to 4999", "docs/faults.md lists all"),
    "cut after 0 events": ("N is 1 to 999999, or first", "docs/faults.md lists all"),
}


@pytest.mark.parametrize(("text", "problem", "hint"), [(text, *said) for text, said in MISTAKES.items()])
def test_a_fault_with_a_wrong_time_or_number_is_refused_with_what_is_wrong_of_it(
    text: str, problem: str, hint: str
) -> None:
    with pytest.raises(UserError, match=re.escape(f"--fault {text!r}: {problem}")) as raised:
        parse_fault(text)
    assert raised.value.hint
    assert raised.value.hint.startswith(hint)


def faults() -> st.SearchStrategy[Fault]:
    """Make any fault."""
    numbers = {
        "n": st.integers(1, 999),
        "s": st.integers(0, 99),
        "status": st.integers(200, 599),
        "code": st.integers(1000, 4999),
        "rate": st.integers(1, 99),
    }

    def made(form: str, values: tuple[tuple[str, float], ...], calls: tuple[int, int | None]) -> Fault:
        return Fault(form=form, values=values, first=calls[0], last=calls[1])

    def of(form: str) -> st.SearchStrategy[Fault]:
        names = sorted({name for name in numbers if f"{{{name}}}" in form})
        values = st.tuples(*(st.tuples(st.just(name), numbers[name].map(float)) for name in names))
        calls = st.integers(1, 9).flatmap(lambda first: st.tuples(st.just(first), st.integers(first, 12)))
        return st.builds(made, st.just(form), values, calls | st.just((1, None)))

    return st.sampled_from([kind.form for kind in KINDS]).flatmap(of)


@given(faults())
def test_a_fault_that_is_written_out_is_read_as_the_same(fault: Fault) -> None:
    assert parse_fault(str(fault)) == fault


def test_the_catalogue_has_each_fault_once_and_says_what_it_does() -> None:
    assert len(KINDS) >= 24
    assert len({kind.form for kind in KINDS}) == len(KINDS)
    assert len({group.title for group in GROUPS}) == len(GROUPS)
    assert all(kind.what.endswith(".") for kind in KINDS)


ANSWER = TimedAnswer(status=200, pieces=(TimedPiece(2.0, b"{}"),), head_after=1.0, ended_after=2.0)


def test_a_plan_counts_calls_and_notes_which_were_hit() -> None:
    plan = FaultPlan([parse_fault("500 on call 2"), parse_fault("bom on call 4"), parse_fault("crlf on call 3")])
    hit = [plan.applied(ANSWER, API, call) for call in (1, 2, 3)]
    assert [answer.status for answer, _ in hit] == [200, 500, 200]
    assert [was_hit for _, was_hit in hit] == [False, True, True]
    assert plan.hits == [
        "fault 500: call 2",
        "fault crlf: call 3, where it has no form: nothing was changed",
    ]
    assert plan.missed(3) == ["fault bom on call 4: hit no call; the agent made 3"]


def test_a_faults_own_times_do_not_depend_on_the_speed_of_the_replay() -> None:
    answer, _ = FaultPlan([parse_fault("slow first byte 30s")], speed=float("inf")).applied(ANSWER, API, 1)
    assert (answer.head_after, answer.pieces[0].after, answer.ended_after) == (30.0, 30.0, 30.0)
    answer, _ = FaultPlan([parse_fault("stall 30s")], speed=2.0).applied(ANSWER, API, 1)
    assert (answer.head_after, answer.pieces[0].after, answer.ended_after) == (0.5, 1.0, 31.0)
