"""summary.json has the numbers of the report, in a form that is described and that does not change by accident."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe.analysis.prices import ModelPrice, Prices
from probe.places import PROJECT
from probe.report.plain_text import plural, seconds
from probe.report.summarize import summary_of
from probe.report.summary import Summary, json_of
from probe.report.summary_run import Project, Tokens
from probe.report.summary_schema import summary_schema
from probe.report.understood import Understood
from probe.targets.finding import load_target
from tests.analysis.runs import ask
from tests.conftest import GOLDEN
from tests.report.reports import exchange, record, report
from tests.report.test_golden import CASES, KNOWN, REPORTS, RUN
from tests.support import bundled
from tests.trace.tracing import lines

RECORDS = CASES | bundled.RECORDS
SCHEMA = PROJECT / "docs" / "summary.schema.json"
PRICES = Prices(installed=False, own=[ModelPrice(model="*", input=3, output=15)])  # type: ignore[arg-type]
_ROW = re.compile(r"(?m)^\| \[(\d+)\]\(#turn-\1\) \| (.*) \|$")

_PRICE = re.compile(r"\| (?:under )?\\\$([\d.]+)$")


def reported(case: str, prices: Prices | None = None) -> tuple[str, Understood, Summary]:
    """Return the report of a record, what it was written from, and the summary."""
    run, ids = KNOWN.get(case, RUN), load_target("claude-code")[0].ids
    fields = {name: getattr(run, name) for name in run.__slots__}
    text, found = report(RECORDS[case], ids=ids, prices=prices, **fields)
    return text, found, summary_of(found)


@pytest.mark.parametrize("case", CASES)
def test_a_summary_is_the_golden_one(case: str, golden: Callable[[Path, str], None]) -> None:
    _, _, summary = reported(case)
    project = Project(name=summary.project.name, version="(version)")
    golden(REPORTS / f"{case}.summary.json", json_of(msgspec.structs.replace(summary, project=project)))


@pytest.mark.parametrize("case", RECORDS)
def test_a_summary_fits_its_form_to_the_last_member(case: str) -> None:
    """The form forbids other members, and the schema is made from it: decoding is the strictest check there is."""
    _, _, summary = reported(case, PRICES)
    assert msgspec.json.decode(json_of(summary), type=Summary, strict=True) == summary


def test_the_schema_is_current_and_describes_each_field(golden: Callable[[Path, str], None]) -> None:
    schema = summary_schema()
    golden(SCHEMA, json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    fields = [(name, field, form) for name, one in schema["$defs"].items() for field, form in _fields(one)]
    assert [(name, field) for name, field, form in fields if not form.get("description")] == []
    assert {one["additionalProperties"] for one in schema["$defs"].values() if "properties" in one} == {False}


def _fields(definition: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(definition.get("properties", {}).items())


def test_the_page_knows_each_field_of_a_summary() -> None:
    types = (PROJECT / "probe/report/html/page/types.d.ts").read_text()
    for name, one in summary_schema()["$defs"].items():
        for field, _ in _fields(one):
            assert re.search(rf"\b{field}\??:", types), f"{name}.{field} is not in types.d.ts"


@pytest.mark.parametrize("case", RECORDS)
def test_the_report_and_the_summary_have_the_same_numbers(case: str) -> None:
    text, _, summary = reported(case, PRICES)
    counts = summary.counts
    shown = [
        f"{plural(counts.request_bytes, 'byte')} sent, {plural(counts.response_bytes, 'byte')} received",
        *([f"Places redacted in bodies: {counts.redactions:,}"] if counts.redactions else []),
    ]
    if summary.turns:
        shown += [_numbers_of_the_head(summary), f"**Time:** {seconds(summary.time.seconds)}"]
        shown += [f"{name} {seconds(getattr(summary.time, name))}" for name in ("model", "tool", "agent", "idle")]
        total = sum(one.turns for one in summary.models)
        shown.append(f"| **all** | {total:,} | {_cell(summary.tokens.input)} | {_cell(summary.tokens.cache_read)}")
        shown.append(plural(counts.turns, "turn"))
        shown += [plural(counts.side_requests, "side request")] if counts.side_requests else []
    assert [words for words in shown if words not in text] == []
    assert not summary.problems or text.splitlines()[2].startswith("**Problems:** ")


def _numbers_of_the_head(summary: Summary) -> str:
    tokens = summary.tokens
    known = tokens != Tokens(**dict.fromkeys(Tokens.__struct_fields__))
    parts = ((tokens.input, "input"), (tokens.cache_read, "cache read"), (tokens.output, "output"))
    return f"**Tokens:** {', '.join(f'{_cell(number)} {name}' for number, name in parts) if known else 'none reported'}"


def _cell(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


@pytest.mark.parametrize("case", RECORDS)
def test_each_turn_has_the_numbers_of_its_row(case: str) -> None:
    text, _, summary = reported(case, PRICES)
    rows = {int(number): cells for number, cells in _ROW.findall(text)}
    assert set(rows) == {turn.number for turn in summary.turns}
    for turn in summary.turns:
        took = "no answer" if turn.ended is None else seconds(turn.ended - turn.started)
        assert f"| {took} |" in rows[turn.number]
        assert turn.tokens is None or f"| {_cell(turn.tokens.input)} |" in f"{rows[turn.number]} |"
        price = _PRICE.search(rows[turn.number])
        assert price is None or float(price[1]) == pytest.approx(turn.dollars, abs=0.0001)
        assert (price is None) == (turn.dollars is None)


@pytest.mark.parametrize("case", RECORDS)
def test_the_numbers_of_a_summary_add_up(case: str) -> None:
    _, _, summary = reported(case, PRICES)
    counts, turns = summary.counts, summary.turns
    assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
    assert counts.turns + counts.side_requests == len(turns)
    assert counts.failed_tries == sum(len(turn.tries) for turn in turns)
    assert sorted(number for thread in summary.threads for number in thread.turns) == [turn.number for turn in turns]
    assert (counts.exchanges, counts.threads) == (len(summary.exchanges), len(summary.threads))
    assert counts.sub_agents == sum(thread.is_sub_agent for thread in summary.threads)
    parts = (summary.time.model, summary.time.tool, summary.time.agent, summary.time.idle)
    assert sum(parts) == pytest.approx(summary.time.seconds)
    for turn in turns:
        if turn.context_tokens is not None:
            assert turn.tokens is not None
            assert sum(turn.context_tokens.values()) == turn.tokens.input
        assert turn.before is None or turn.before < turn.number
        assert all(call.result_turn is None or call.result_turn > turn.number for call in turn.tool_calls)


def test_the_bytes_of_a_context_are_those_of_the_items() -> None:
    for case in RECORDS:
        _, found, summary = reported(case)
        turns = {found.findings.numbers[one.turn.index]: one.turn.facts for one in found.findings.turns}
        for turn in summary.turns:
            assert sum(turn.context.values()) == turns[turn.number].size, (case, turn.number)


def test_no_credential_of_a_file_from_elsewhere_is_in_a_summary(tmp_path: Path) -> None:
    line = exchange(1, "/v1/x?key=sk-secret-value&alt=sse")
    line["request"]["headers"] = {"authorization": "Bearer sk-secret-value"}
    text = json_of(summary_of(report(record(tmp_path, line))[1]))
    assert "sk-secret-value" not in text
    assert "/v1/x?key=[REDACTED]&alt=sse" in text
    _, found = report(GOLDEN / "openai_responses" / "credentials-in-an-older-file.jsonl")
    assert "secret" not in json_of(summary_of(found)).replace('"secrets"', "").replace('"keeps_secrets"', "")


def test_redacted_places_are_counted_by_kind_and_their_tags_are_not_written(tmp_path: Path) -> None:
    exchanges = [exchange(number) for number in (1, 2, 3)]
    for line, tag in zip(exchanges, ("aa", "aa", "bb"), strict=True):
        line["request"]["headers"] = {"X-Key": f"[REDACTED:{tag}]"}
    exchanges[2]["response"] |= {"body": {"a": "[REDACTED:cc] [REDACTED:cc]"}, "redactions": 2}
    summary = summary_of(report(record(tmp_path, *exchanges))[1])
    assert [(one.place, one.count, one.different, one.lines) for one in summary.secrets] == [
        ("request header x-key", 3, 2, [1, 2, 3]),
        ("response body", 2, 1, [3]),
    ]
    assert "[REDACTED:" not in json_of(summary)


def test_a_lone_surrogate_is_written_escaped(tmp_path: Path) -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "\ud800 gone"}]}
    (tmp_path / "traffic.jsonl").write_bytes(lines([ask(1.0, answer=[said])]))
    text = json_of(summary_of(report(tmp_path / "traffic.jsonl")[1]))
    assert text.isascii()
    assert json.loads(text)["turns"][0]["text"] == "\ud800 gone"


def test_a_live_run_is_marked_as_one() -> None:
    run = replace(RUN, live=True)
    _, found = report(CASES["malformed-lines"], **{name: getattr(run, name) for name in run.__slots__})
    summary = summary_of(found)
    assert summary.run.live
    assert summary.counts.malformed_lines == 3
