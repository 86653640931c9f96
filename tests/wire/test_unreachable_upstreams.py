"""When it is clear that nothing answers, and when it is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.wire.unreachable_upstreams import FirstAnswers

FAILED = {"error": "refused", "response": None}
LEFT = {"error": "the agent disconnected before an answer came", "response": None}
ANSWERED = {"error": None, "response": {"status_code": 200}}
STORIES = {
    "two failures": ([FAILED, FAILED], "refused"),
    "one failure": ([FAILED], None),
    "an answer, then failures": ([ANSWERED, FAILED, FAILED, FAILED], None),
    "a failure, then an answer": ([FAILED, ANSWERED, FAILED, FAILED], None),
    "the agent left": ([LEFT, LEFT, LEFT], None),
}


@pytest.mark.parametrize(("records", "failure"), STORIES.values(), ids=STORIES.keys())
def test_nothing_answers_when_the_first_two_got_nothing(
    tmp_path: Path, records: list[dict[str, object]], failure: str | None
) -> None:
    traffic = tmp_path / "traffic.jsonl"
    watch = FirstAnswers(traffic)
    found = [watch.failure()]
    for record in records:
        line = json.dumps(record) + "\n"
        for part in (line[:5], line[5:]):
            with traffic.open("a") as file:
                file.write(part)
            found.append(watch.failure())
    assert [one for one in found if one] == ([failure] if failure else [])
