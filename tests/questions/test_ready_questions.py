"""Each ready question answers with the numbers of the runs' summaries, and of their records as plain JSON."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from statistics import fmean, median
from typing import Any

import pytest

from probe.places import PROJECT
from probe.questions.printed import shown
from probe.questions.ready_questions import ready_questions
from probe.report.summary_turn import Turn
from tests.docs.documents import tokens
from tests.questions.fleet import OVERLOADED, One, asked, fleet, rows

Row = dict[str, Any]
_checks: dict[str, Callable[[list[Row]], None]] = {}


def checks(name: str) -> Callable[[Callable[[list[Row]], None]], None]:
    """Note a function as the check of a question's answer."""
    return lambda check: _checks.update({name: check})


@pytest.mark.parametrize("name", ready_questions())
def test_an_answer_has_the_numbers_of_the_runs(name: str) -> None:
    answered = rows(ready_questions()[name].sql)
    assert answered
    _checks[name](answered)


def by_version() -> dict[tuple[str, str], list[One]]:
    """Return the runs that are no replays, by agent and version."""
    found = defaultdict(list)
    for one in fleet().real:
        found[one.version].append(one)
    return found


def versions_of(answered: list[Row]) -> Iterator[tuple[Row, list[One]]]:
    """Yield the rows of an answer with one row a version, with the runs of each; all versions have one."""
    known = by_version()
    assert [(row["target"], row["version"]) for row in answered] == sorted(
        known, key=lambda one: (one[0], min(run.summary.run.started or 0 for run in known[one]))
    )
    for row in answered:
        yield row, known[row["target"], row["version"]]


def turns_of(runs: Iterable[One]) -> list[tuple[One, Turn]]:
    """Return the turns of runs."""
    return [(one, turn) for one in runs for turn in one.summary.turns]


def bodies_of(one: One) -> list[Any]:
    """Return the requests' bodies of a run."""
    return [exchange["request"]["body"] for exchange in one.record]


def size(value: Any) -> int:
    """Return how many bytes a value has as JSON, as the synthetic agents write it."""
    return len(json.dumps(value, separators=(",", ":")).encode())


@checks("cost-by-version")
def _(answered: list[Row]) -> None:
    for row, runs in versions_of(answered):
        costs = [one.summary.cost.dollars or 0 for one in runs]
        assert row["runs"] == row["priced_runs"] == len(runs)
        assert row["dollars_per_run"] == pytest.approx(fmean(costs), abs=5e-5)
        assert row["median_dollars"] == pytest.approx(median(costs), abs=5e-5)
        assert row["dollars"] == pytest.approx(sum(costs), abs=5e-3)
        assert row["input_tokens_per_run"] == pytest.approx(fmean(one.summary.tokens.input or 0 for one in runs), abs=1)


@checks("prompt-growth")
def _(answered: list[Row]) -> None:
    before: dict[str, Row] = {}
    for row, runs in versions_of(answered):
        first = [bodies_of(one)[0] for one in runs]
        assert row["runs"] == len(runs)
        said = [body.get("instructions") or body.get("system") for body in first]
        assert row["instructions_bytes"] == median(map(size, said))
        assert row["tools"] == median(len(body["tools"]) for body in first)
        assert row["tools_bytes"] == median(sum(map(size, body["tools"])) for body in first)
        if known := before.get(row["target"]):
            assert row["instructions_grew"] == row["instructions_bytes"] - known["instructions_bytes"] > 0
            assert row["tools_grew"] == row["tools_bytes"] - known["tools_bytes"]
        else:
            assert row["instructions_grew"] is None
        before[row["target"]] = row


@checks("failing-tools")
def _(answered: list[Row]) -> None:
    calls, failed, results = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one, turn in turns_of(fleet().real):
        for call in turn.tool_calls:
            calls[one.result.target, call.name] += 1
            failed[one.result.target, call.name] += bool(call.failed)
            results[one.result.target, call.name] += call.result_turn is not None
    assert {(row["target"], row["tool"]): row["calls"] for row in answered} == calls
    assert {(row["target"], row["tool"]): row["failed"] for row in answered} == failed
    assert {(row["target"], row["tool"]): row["results"] for row in answered} == results
    assert sum(failed.values()) > 0
    assert all(row["failed_percent"] is None for row in answered if row["target"] == "codex")  # its API does not say


@checks("first-token")
def _(answered: list[Row]) -> None:
    known: dict[tuple[str, str | None], list[float]] = defaultdict(list)
    for one, turn in turns_of(fleet().real):
        if turn.first_token is not None and turn.problem is None:
            known[one.result.date, turn.answered_by or turn.model].append(turn.first_token - turn.started)
    assert {(str(row["date"]), row["model"]): row["turns"] for row in answered} == {
        key: len(times) for key, times in known.items()
    }
    for row in answered:
        times = known[str(row["date"]), row["model"]]
        assert row["median_seconds"] == pytest.approx(median(times), abs=6e-4)
        assert row["longest_seconds"] == pytest.approx(max(times), abs=6e-4)
        assert median(times) - 1e-3 <= row["seconds_95_percent"] <= max(times) + 1e-3


@checks("cache-hits")
def _(answered: list[Row]) -> None:
    for row, runs in versions_of(answered):
        read = sum(one.summary.tokens.cache_read or 0 for one in runs)
        entered = sum(one.summary.tokens.input or 0 for one in runs)
        assert (row["cache_read_tokens"], row["input_tokens"]) == (read, entered)
        assert row["hit_percent"] == pytest.approx(100 * read / entered, abs=0.06)
        assert row["turns"] == sum(turn.tokens is not None for _, turn in turns_of(runs))
        assert row["first_turns_percent"] == 0


@checks("failed-runs")
def _(answered: list[Row]) -> None:
    codes = {one.key: one.summary.run.agent_exit_code for one in fleet().real}
    overloaded = next(one for one in fleet().runs if one.run.name.endswith(f"{OVERLOADED:06d}"))
    assert {row["run"] for row in answered} == {*(key for key, code in codes.items() if code), overloaded.key}
    row = next(row for row in answered if row["run"] == overloaded.key)
    assert (row["status"], row["problem"], row["line"]) == (529, "Overloaded", len(overloaded.record))
    silent = [row for row in answered if row["line"] is None]
    assert silent
    for row in silent:
        assert row["problem"] == f"the agent ended with exit code {row['exit_code']}"
    assert {row["run"]: row["exit_code"] for row in answered} == {row["run"]: codes[row["run"]] for row in answered}


@checks("hosts")
def _(answered: list[Row]) -> None:
    requests, sent = Counter[str](), Counter[str]()
    for one in fleet().real:
        for host in one.summary.hosts.hosts:
            requests[host.name] += host.requests
            sent[host.name] += host.sent
    assert {row["host"]: row["requests"] for row in answered} == requests
    assert {row["host"]: row["sent_bytes"] for row in answered} == sent
    assert {row["host"]: row["targets"] for row in answered} == {
        "api.openai.com:443": "codex",
        "api.anthropic.com:443": "claude-code",
    }


@checks("tool-results")
def _(answered: list[Row]) -> None:
    sent, once = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in fleet().real:
        names = {call.call_id: call.name for turn in one.summary.turns for call in turn.tool_calls}
        seen = set()
        for call_id, length in (found for body in bodies_of(one) for found in results_in(body)):
            sent[one.result.target, names[call_id]] += length
            once[one.result.target, names[call_id]] += length * (call_id not in seen)
            seen.add(call_id)
    assert {(row["target"], row["tool"]): row["sent_bytes"] for row in answered} == sent
    assert {(row["target"], row["tool"]): row["bytes"] for row in answered} == once
    for target in {row["target"] for row in answered}:
        assert sum(row["percent"] for row in answered if row["target"] == target) == pytest.approx(100, abs=0.5)


def results_in(body: Any) -> Iterator[tuple[str, int]]:
    """Yield the results of tools in a request: the id of the call, and the bytes of the message."""
    for message in body.get("input") or body["messages"]:
        if message.get("type") == "function_call_output":
            yield message["call_id"], size(message)
        for part in message["content"] if isinstance(message.get("content"), list) else ():
            if part["type"] == "tool_result":
                yield part["tool_use_id"], size(message)


@checks("errors-by-day")
def _(answered: list[Row]) -> None:
    known = Counter[tuple[str, str, str, int | None]]()
    for one in fleet().real:
        day = datetime.fromtimestamp(one.summary.run.started or 0, UTC).date().isoformat()
        for exchange in one.record:
            if (status := exchange["response"]["status_code"]) >= 400:
                known[day, one.result.target, "turn", status] += 1
        if one.summary.run.agent_exit_code:
            known[day, one.result.target, "run", None] += 1
    assert {(str(row["date"]), row["target"], row["what"], row["status"]): row["errors"] for row in answered} == known
    assert sum(row["repeated"] for row in answered) == sum(one.summary.counts.failed_tries for one in fleet().real) > 0


@checks("tools-by-version")
def _(answered: list[Row]) -> None:
    known, all_of = Counter[tuple[str, str, str]](), Counter[tuple[str, str]]()
    for one in fleet().real:
        all_of[one.version] += 1
        known.update({(*one.version, tool["name"]) for body in bodies_of(one) for tool in body["tools"]})
    assert {(row["target"], row["version"], row["tool"]): row["runs"] for row in answered} == known
    assert all(row["of_runs"] == all_of[row["target"], row["version"]] for row in answered)


PAGE = PROJECT / "docs" / "questions.md"


def test_the_page_has_each_question_with_its_sql() -> None:
    blocks = [token.content.strip() for token in tokens(PAGE) if token.type == "fence" and token.info == "sql"]
    text = PAGE.read_text(encoding="utf-8")
    assert len(ready_questions()) == 10
    for question in ready_questions().values():
        assert f"### `{question.name}`" in text
        assert question.asks in text
        assert question.meaning in text
        assert question.sql in blocks


@pytest.mark.parametrize("name", ready_questions())
def test_the_page_shows_how_the_answer_looks(name: str) -> None:
    answer = asked(ready_questions()[name].sql)
    section = PAGE.read_text(encoding="utf-8").partition(f"### `{name}`")[2].partition("\n### ")[0]
    shown_rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    heading, _, *example = [[cell.strip() for cell in row] for row in shown_rows]
    assert heading == list(answer.columns)
    answered = [[shown(value) for value in row] for row in answer.rows]
    assert example == answered[: len(example)]
    assert 1 <= len(example) <= 6
