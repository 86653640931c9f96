"""What is worth a look in a turn is the same for `show` as for the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from probe.ask.worth_a_look import SLOW_START, SLOW_TIMES, STALL, worth_a_look
from probe.places import PROJECT
from probe.report.summary_turn import FailedTry, Shortened, Silence, ToolCall
from tests.ask.asking import RECORDS, known

TURN = known(RECORDS["demo/sample"]).summary.turns[0]
PAGE = PROJECT / "probe" / "report" / "html" / "page" / "notable.js"
CALL = ToolCall(name="shell", argument="ls", call_id="c", agent=None, failed=True, result_turn=2)
TRY = FailedTry(line=1, part=None, started=1.0, ended=2.0, status=429, problem="too many")
CASES: dict[str, tuple[Mapping[str, Any], list[tuple[str, str]]]] = {
    "nothing": ({}, []),
    "an error": ({"status": 500, "problem": "broken"}, [("500", "broken")]),
    "an error within an answer": ({"problem": "overloaded"}, [("error", "overloaded")]),
    "no answer": ({"status": None, "ended": None}, [("error", "")]),
    "a cut answer": ({"complete": False}, [("cut short", "")]),
    "a failed tool": ({"tool_calls": [CALL]}, [("tool failed", "shell: ls")]),
    "failed tools": ({"tool_calls": [CALL, CALL]}, [("2 tools failed", "shell: ls; shell: ls")]),
    "a retry": ({"tries": [TRY]}, [("429, retried", "too many; then it was answered")]),
    "retries": ({"tries": [TRY, TRY]}, [("2 failed tries", "too many; then it was answered")]),
    "an early end": ({"incomplete": "max_output_tokens"}, [("max_output_tokens", "")]),
    "a stall": ({"longest_silence": Silence(seconds=3.0, at=1.0)}, [("stall 3.00s", "the stream was silent")]),
    "a short silence": ({"longest_silence": Silence(seconds=2.9, at=1.0)}, []),
    "a slow start": ({"first_token": TURN.started + 5}, [("first token 5.00s", "the median is 1.00s")]),
    "not so slow": ({"first_token": TURN.started + 4.9}, []),
    "shortened": ({"shortened": Shortened(turn=3, messages=2)}, [("shortened", "2 messages of turn 3 left out")]),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES)
def test_what_is_worth_a_look_is_named(changes: Mapping[str, Any], expected: list[tuple[str, str]]) -> None:
    turn = msgspec.structs.replace(TURN, longest_silence=None, first_token=None, cache=None)
    turn = msgspec.structs.replace(turn, **changes)
    assert [(one.what, one.about) for one in worth_a_look([turn], 1.0)] == expected


def test_its_limits_are_those_of_the_page() -> None:
    (limits,) = re.findall(r"const \[STALL, SLOW_START, SLOW_TIMES\] = \[(.*?)\]", PAGE.read_text())
    assert [float(one) for one in limits.split(",")] == [STALL, SLOW_START, SLOW_TIMES]
