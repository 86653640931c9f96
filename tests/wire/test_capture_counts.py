"""What a recording holds is counted from the disk, and every way in which it is less than it should be has a kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probe.record.problem import ProblemKind
from probe.renderers.loader import load_renderer
from probe.wire.capture_counts import in_a_line, tally


def record(**more: Any) -> str:
    request = {"method": "POST", "url": "https://api.test/v1/thing", "headers": {}, "body": {}}
    response = {"status_code": 200, "headers": {}, "body": {}}
    return json.dumps({"timestamp": 1.0, "request": request, "response": response} | more)


CASES: dict[str, tuple[list[str], dict[str, Any], list[int], list[ProblemKind]]] = {
    "nothing": ([], {}, [0, 0, 0], []),
    "all is well": ([record(), record()], {"seen": 2}, [2, 2, 0], []),
    "the proxies said nothing": ([record()], {}, [1, 1, 0], []),
    "fewer than were seen": ([record()], {"seen": 3, "failure": "full"}, [3, 1, 0], [ProblemKind.LOST]),
    "no answer": ([record(response=None, error="gone")], {"seen": 1}, [1, 1, 1], [ProblemKind.UNANSWERED]),
    "an answer cut short": ([record(error="gone")], {"seen": 1}, [1, 1, 1], [ProblemKind.CUT_SHORT]),
    "no record": (["{"], {"seen": 0}, [0, 0, 0], [ProblemKind.MALFORMED]),
    "many that are none": (["{"] * 30, {"seen": 0}, [0, 0, 0], [ProblemKind.MALFORMED] * 21),
}


@pytest.mark.parametrize(("lines", "reported", "counts", "kinds"), CASES.values(), ids=CASES.keys())
def test_what_is_on_the_disk_is_counted(
    tmp_path: Path, lines: list[str], reported: dict[str, Any], counts: list[int], kinds: list[ProblemKind]
) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    found, problems, _ = tally(path, load_renderer("auto"), reported)
    assert [found[name] for name in ("seen", "written", "cut_short")] == counts
    assert [problem.kind for problem in problems] == kinds


def test_a_link_in_the_place_of_the_record_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(record() + "\n")
    (tmp_path / "traffic.jsonl").symlink_to(tmp_path / "elsewhere")
    counts, problems, _ = tally(tmp_path / "traffic.jsonl", load_renderer("auto"), {})
    assert (counts["written"], [problem.kind for problem in problems]) == (0, [ProblemKind.REPLACED])


def test_what_the_proxies_refused_is_noted_and_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    refused = record(response=None, error="a web page sent it", refused=True)
    path.write_text(f"{refused}\n{refused}\n{record()}\n")
    counts, problems, notes = tally(path, load_renderer("auto"), {})
    assert (counts["written"], counts["refused"], problems) == (3, 2, [])
    assert notes == ["2 of 3 requests were refused, the first because: a web page sent it"]


LINES = {
    (1, 0, 0): "captured 1 exchange",
    (2, 0, 1): "captured 2 exchanges, 1 cut short",
    (2, 3, 0): "captured 2 exchanges with 3 WebSocket messages",
}


@pytest.mark.parametrize(("numbers", "text"), LINES.items())
def test_counts_are_said_in_a_line(numbers: tuple[int, int, int], text: str) -> None:
    written, messages, cut_short = numbers
    assert in_a_line({"written": written, "websocket_messages": messages, "cut_short": cut_short}) == text
