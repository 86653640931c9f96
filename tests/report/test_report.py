"""A report shows the whole record, in order, the same way each time, and names what is missing first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GOLDEN
from tests.report.reports import exchange, failing_at, record, report

SAMPLE = Path(__file__).parents[2] / "data" / "codex" / "sample" / "traffic.jsonl"


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    "words",
    ["# A Title", "3 exchanges in 9.7s", "245 input | 89 output | 334 total", "`write_file`", "def is_prime"],
)
def test_the_sample_shows(words: str, full: bool) -> None:
    assert words in report(SAMPLE, full=full)[0]


def test_headers_are_in_the_full_log_alone() -> None:
    header = "authorization: [REDACTED]\n"
    assert header in report(SAMPLE, full=True)[0]
    assert header not in report(SAMPLE)[0]


def test_the_sample_is_understood_whole() -> None:
    text, reported = report(SAMPLE)
    assert (reported.trace.failures, reported.trace.unknowns.counts.total(), list(reported.malformed)) == ([], 0, [])
    assert text.splitlines()[2] == "No problems were found."


def test_the_same_record_gives_the_same_bytes_but_for_the_time() -> None:
    first, _ = report(SAMPLE)
    later, _ = report(SAMPLE, generated_at=datetime(2027, 1, 1, tzinfo=UTC))
    changed = [pair for pair in zip(first.splitlines(), later.splitlines(), strict=True) if len(set(pair)) > 1]
    assert changed == [
        (
            "- Source: `traffic.jsonl`; generated at 2026-01-02 03:04:05 UTC",
            "- Source: `traffic.jsonl`; generated at 2027-01-01 00:00:00 UTC",
        )
    ]


def test_exchanges_are_in_the_order_of_their_starts(tmp_path: Path) -> None:
    lines = record(tmp_path, exchange(12, "/c"), exchange(10, "/a"), exchange(11, "/b"))
    headings = ["POST `/a` → 200 (+0.00s)", "POST `/b` → 200 (+1.00s)", "POST `/c` → 200 (+2.00s)"]
    full, _ = report(lines, full=True)
    assert [line for line in full.splitlines() if line.startswith("### ") and "POST" in line] == [
        f"### {number}. {heading}" for number, heading in enumerate(headings, 1)
    ]
    assert "line 2 of the record" in full.split("### 1. ")[1].split("### 2. ")[0]
    short, _ = report(lines)
    assert [line for line in short.splitlines() if line.startswith("### ") and "POST" in line] == [
        f"### {heading}" for heading in headings
    ]


def problems(text: str) -> str:
    """Return the third line, where problems are."""
    return text.splitlines()[2]


def test_malformed_lines_are_counted_and_reported(tmp_path: Path) -> None:
    skipped: list[int] = []
    text, found = report(
        record(tmp_path, "{oops", exchange(1), "", '{"timestamp": "x"}'),
        on_malformed=lambda number, _reason: skipped.append(number),
    )
    assert skipped == [1, 4]
    assert problems(text) == "**Problems:** 2 malformed lines skipped (lines 1, 4)."
    assert (found.findings.exchange_totals.requests, list(found.malformed)) == (1, [1, 4])


def test_an_empty_record_says_so(tmp_path: Path) -> None:
    text, _ = report(record(tmp_path))
    assert problems(text) == "**Problems:** nothing was captured."
    assert "0 exchanges" in text


def test_a_run_that_is_being_recorded_says_so_on_line_3(tmp_path: Path) -> None:
    text, _ = report(record(tmp_path, exchange(1)), live=True)
    assert problems(text) == "**Problems:** this run is still being recorded, so this report is partial."


@pytest.mark.parametrize("full", [False, True])
def test_a_renderer_that_raises_costs_its_own_exchange_only(tmp_path: Path, full: bool) -> None:
    lines = record(tmp_path, exchange(1, "/bad"), exchange(2, "/good"))
    text, reported = report(lines, failing_at("/bad"), full=full)
    assert {line for line, _ in reported.trace.failures} == {1}
    assert "a renderer failed" in problems(text)
    assert "KeyError: 'no such field'" in problems(text)
    assert "*Shown as it is, because the renderer failed: KeyError: 'no such field'*" in text
    bad, good = text.split("POST `/bad`")[1].split("POST `/good`")
    assert '"n": 1' in bad
    assert "Shown as it is" not in good


def test_what_is_missing_is_named_at_the_head(tmp_path: Path) -> None:
    cut = exchange(1, error="the client went away")
    cut["request"] |= {"redactions": 2}
    cut["response"] |= {"lost": 5, "decode_error": "bad gzip"}
    text, _ = report(record(tmp_path, cut), full=True)
    for words in ("1 answer cut short (the client went away)", "5 bytes, 0 messages were lost"):
        assert words in problems(text)
    for line in (
        "- Places redacted in bodies: 2",
        "**Cut short:** the client went away",
        "**not decoded:** bad gzip",
        "**5 bytes lost**",
    ):
        assert line in text


@pytest.mark.parametrize("full", [False, True])
def test_no_credential_of_an_older_file_is_shown(full: bool) -> None:
    text, _ = report(GOLDEN / "openai_responses" / "credentials-in-an-older-file.jsonl", full=full)
    assert "secret" not in text
    assert text.count("[REDACTED]") == (7 if full else 0)


def test_a_credential_in_the_url_of_an_older_file_is_not_shown(tmp_path: Path) -> None:
    text, _ = report(record(tmp_path, exchange(1, "/v1/x?key=sk-secret-value&alt=sse")))
    assert "query key=[REDACTED]&amp;alt=sse" in text
    assert "sk-secret-value" not in text


def test_an_odd_url_is_shown_as_it_is(tmp_path: Path) -> None:
    odd = exchange(1)
    odd["request"]["url"] = "http://[::1/x"
    text, reported = report(record(tmp_path, odd))
    assert "### POST `http://[::1/x` → 200" in text
    assert reported.trace.failures == []


@pytest.mark.parametrize("full", [False, True])
def test_tags_of_redacted_values_are_not_shown(tmp_path: Path, full: bool) -> None:
    line = exchange(1, "/v1/x?key=[REDACTED:12ab34cd]", error="with [REDACTED:12ab34cd]")
    line["request"]["body"] = {"[REDACTED:12ab34cd]": ["x[REDACTED:12ab34cd]y"]}
    line["response"]["body"] = "data: [REDACTED:12ab34cd]\n\n"
    text, _ = report(record(tmp_path, line), full=full)
    assert "REDACTED:" not in text
    assert '"x[REDACTED]y"' in text


def test_a_binary_body_is_shown_as_such(tmp_path: Path) -> None:
    line = exchange(1, schema=1)
    line["response"] |= {"body": "AAEC", "body_kind": "base64", "size": 3}
    text, _ = report(record(tmp_path, line), full=True)
    assert "*Binary, as base64:*" in text
    assert "Body: 3 bytes" in text


DURATIONS = {
    "less than a second": (0.04, "in 0.04s:"),
    "seconds": (9.66, "in 9.7s:"),
    "minutes": (150, "in 150.0s (2 min):"),
    "hours": (7260, "in 7260.0s (2 h 1 min):"),
}


@pytest.mark.parametrize(("seconds", "words"), DURATIONS.values(), ids=DURATIONS.keys())
def test_a_long_duration_is_given_in_minutes_too(tmp_path: Path, seconds: float, words: str) -> None:
    text, _ = report(record(tmp_path, exchange(0), exchange(seconds)))
    assert words in text


SIZES: dict[str, tuple[Any, bool]] = {"a short body": ("x" * 100, True), "a long body": ("x" * 5000, False)}


@pytest.mark.parametrize(("body", "shown"), SIZES.values(), ids=SIZES.keys())
def test_a_long_body_beside_the_model_is_left_to_the_full_log(tmp_path: Path, body: str, shown: bool) -> None:
    line = exchange(1)
    line["response"]["body"] = body
    lines = record(tmp_path, line)
    assert body in report(lines, full=True)[0]
    text, _ = report(lines)
    assert (body in text, "5,000 bytes (`--full` shows them)" in text) == (shown, not shown)
