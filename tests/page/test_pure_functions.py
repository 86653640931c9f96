"""What the page computes without a browser: differences of texts, and filters out of a query."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from typing import Any

import pytest

from probe.places import PROJECT

CODE = PROJECT / "probe" / "report" / "html" / "page"


def _run(files: list[str], expression: str) -> Any:
    """Return the value of an expression of the page's functions, computed by node."""
    if not shutil.which("node"):
        assert not os.environ.get("PROBE_REQUIRE_BROWSERS"), "node is not installed"
        pytest.skip("node is not installed")
    code = "\n".join((CODE / f"{name}.js").read_text("utf-8") for name in files)
    script = f"'use strict';\n{code}\nprocess.stdout.write(JSON.stringify({expression}));"
    ended = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


# -- differences -----------------------------------------------------------------------------------------------------


def _differences(pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return list(_run(["diff"], f"{json.dumps(pairs)}.map(([a, b]) => diffLines(a, b))"))


def _longest(a: list[str], b: list[str]) -> int:
    """Return how many lines two lists can share in order."""
    row = [0] * (len(b) + 1)
    for line in a:
        before = row
        row = [0]
        for at, other in enumerate(b):
            row.append(before[at] + 1 if line == other else max(before[at + 1], row[at]))
    return row[-1]


def test_a_difference_has_both_texts_and_as_many_equal_lines_as_there_can_be() -> None:
    chance = random.Random(5)
    lines = ["a", "b", "c", "é 😀 x", "", "one two three", "one 2 three"]
    texts = ["\n".join(chance.choices(lines, k=chance.randint(0, 9))) for _ in range(3000)]
    pairs = list(zip(texts[::2], texts[1::2], strict=True))
    for (before, after), found in zip(pairs, _differences(pairs), strict=True):
        kinds = [(line["kind"], line["text"]) for line in found["lines"]]
        assert "\n".join(text for kind, text in kinds if kind != "added") == before
        assert "\n".join(text for kind, text in kinds if kind != "removed") == after
        assert sum(kind == "same" for kind, _ in kinds) == _longest(before.split("\n"), after.split("\n"))
        for line in found["lines"]:
            assert "".join(text for text, _ in line.get("parts") or [[line["text"], False]]) == line["text"]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("the old word", "the new word", ["old", "new"]),
        ("price + discount", "price - discount", ["+", "-"]),
        ("count = 10", "count = 100", ["10", "100"]),
        ("nothing shared", "entirely different words", None),
    ],
)
def test_a_changed_line_is_compared_by_words(before: str, after: str, changed: list[str] | None) -> None:
    (found,) = _differences([(before, after)])
    parts = [line.get("parts") for line in found["lines"]]
    if changed is None:
        assert parts == [None, None]
    else:
        assert [text for part in parts for text, is_changed in part if is_changed] == changed


def test_large_texts_are_compared_in_bounded_time_and_what_is_not_found_is_said() -> None:
    chance = random.Random(6)
    large = [" ".join(chance.choices("abcdefghij", k=25)) for _ in range(20_000)]
    edited = [line if chance.random() > 0.04 else f"{line} changed" for line in large]
    other = [" ".join(chance.choices("klmnopqrst", k=25)) for _ in range(20_000)]
    one_line = " ".join(large)
    pairs = [("\n".join(large), "\n".join(text)) for text in (edited, other)] + [
        (one_line, one_line.replace("a b", "B"))
    ]
    began = time.monotonic()
    near, far, long = _differences(pairs)
    assert time.monotonic() - began < 10
    assert near["exact"]
    assert sum(line["kind"] == "same" for line in near["lines"]) > 18_000
    assert not far["exact"]
    assert len(far["lines"]) == 40_000
    assert len(long["lines"]) == 2


def test_a_value_is_written_by_lines() -> None:
    value = {"a": 1, "b": "x\ny", "c": [{"d": None, "e": []}, "f"]}
    written = _run(["diff"], f"readable({json.dumps(value)})")
    assert written.strip().split("\n") == [
        "a: 1", "b: |", "    x", "    y", "c:", "  - d: null", "    e: []", '  - "f"',
    ]  # fmt: skip


# -- filters ---------------------------------------------------------------------------------------------------------


def _turn(number: int, **facts: Any) -> dict[str, Any]:
    turn: dict[str, Any] = {
        "number": number, "thread": 1, "is_side": False, "status": 200, "problem": None, "complete": True,
        "incomplete": None, "tries": [], "tool_calls": [], "model": "large-4", "answered_by": None, "did": "it did",
        "text": "", "path": "/v1", "context": {"user": 100 * number}, "tokens": None, "cache": None,
        "started": 10 * number, "first_token": None, "ended": 10 * number + number, "longest_silence": None,
        "shortened": None,
    }  # fmt: skip
    return turn | facts


SUMMARY = {
    "tools": [{"name": "Bash"}, {"name": "Read file"}],
    "threads": [{"number": 1, "is_sub_agent": False}, {"number": 2, "is_sub_agent": True}],
    "turns": [
        _turn(1, text="hello there"),
        _turn(2, tool_calls=[{"name": "Bash", "failed": True}]),
        _turn(3, thread=2, status=429, problem="rate limit", tool_calls=[{"name": "Read file", "failed": False}]),
        _turn(4, is_side=True, model="small-1", context={"media": 20_000}, tries=[{"status": 503}]),
    ],
}
FILTERS = {
    "tool:Bash": [2],
    "tool:bash": [2],
    'tool:"read file"': [3],
    "-tool:Bash": [1, 3, 4],
    "status:429": [3],
    "status:4xx": [3],
    "status:>=429": [3, 4],
    "status:503": [4],
    "size:>10k": [4],
    "size:300": [3, 4],
    "size:100-0.2k": [1, 2],
    "model:large": [1, 2, 3],
    "turn:2-3": [2, 3],
    "turn:1,4": [1, 4],
    "turn:>2 turn:<4": [3],
    "thread:2": [3],
    "took:>2s": [3, 4],
    "took:1s-2.5s": [1, 2],
    "took:<0.02min": [1],
    "took:>=3000ms": [3, 4],
    "input:>1": [],
    "is:notable": [2, 3, 4],
    "has:stall": [],
    "is:failed": [2, 3],
    "is:retried": [4],
    "is:side": [4],
    "-is:side is:main": [1, 2],
    "is:subagent": [3],
    "has:image": [4],
    "kind:media": [4],
    "hello": [1],
    '"hello there" turn:1': [1],
    "hello turn:2": [],
}


def _filtered(queries: list[str]) -> list[dict[str, Any]]:
    """Return for each query the numbers of the turns, the errors, and the text that is left."""
    each = "{...filterTurns(summary, query), text: parseQuery(query, summary).text}"
    numbers = "{turns: one.turns.map((turn) => turn.number), errors: one.errors, text: one.text}"
    program = f"((summary) => {json.dumps(queries)}.map((query) => ({each})).map((one) => ({numbers})))"
    kinds = "globalThis.KINDS = [['user'], ['media'], ['tool_results']]"
    return list(_run(["dom", "notable", "filters"], f"({kinds}, {program}({json.dumps(SUMMARY)}))"))


def test_filters_find_turns() -> None:
    found = _filtered(list(FILTERS))
    assert {query: one["turns"] for query, one in zip(FILTERS, found, strict=True)} == FILTERS
    assert [one["errors"] for one in found if one["errors"]] == []


ERRORS = {
    "tol:Bash": "There is no filter tol:, so it is looked for as text. Filters: tool, status,",
    "tool:Bsh": "Nothing has tool:Bsh. There are: Bash, Read file.",
    "is:filed": "Nothing has is:filed. There are: side, subagent, main,",
    "kind:toolresult": "Nothing has kind:toolresult. There are: user, media, tool_results.",
    "model:gigantic": "Nothing has model:gigantic. There are: large-4, small-1.",
    "status:abc": "status:abc cannot be read. It is written like status:429",
    "turn:3-": "turn:3- cannot be read.",
    "size:": "size: cannot be read. It is written like size:>10k",
}


def test_a_filter_that_cannot_be_read_is_said_in_words_with_what_there_is() -> None:
    for (query, error), found in zip(ERRORS.items(), _filtered(list(ERRORS)), strict=True):
        assert [one[: len(error)] for one in found["errors"]] == [error], query


TEXTS = {
    "http://a.b/c": "http://a.b/c",
    "foo:bar": "foo:bar",
    "it's: so": "it's: so",
    '"two  words" is:main more': "two  words more",
    "back\\slash (.*)": "back\\slash (.*)",
}


def test_all_else_is_text() -> None:
    assert [one["text"] for one in _filtered(list(TEXTS))] == list(TEXTS.values())


def test_the_first_turn_of_an_item_is_found_among_those_that_pass() -> None:
    index = {
        "items": [{}] * 10,
        "turns": {"1": {"items": [0, 3]}, "2": {"items": [0, 3, 5, 6]}, "3": {"items": [2, 9]}},
    }
    first = f"Array.from(firstTurns({json.dumps(index)}, turns))"
    found = _run(["filters"], f"[[1, 2, 3], [2, 3], []].map((turns) => {first})")
    assert found == [[1, 1, 1, 1, 3, 2, 2, 3, 3, 3], [2, 2, 2, 2, 3, 2, 2, 3, 3, 3], [0] * 10]
