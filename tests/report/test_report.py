"""A report tells the whole record, in order, the same way each time."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from probe.renderers import Renderer, load_renderer
from probe.report import Reported, write_report
from tests.conftest import GOLDEN

SAMPLE = Path(__file__).parents[2] / "data" / "codex" / "sample" / "traffic.jsonl"
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RESPONSES = load_renderer("probe.renderers.openai_responses")


def report(records: Path, renderer: Renderer = RESPONSES, when: datetime = WHEN, **more: Any) -> tuple[str, Reported]:
    """Write a report to memory."""
    out = io.StringIO()
    told = write_report(
        out, records, title="A Title", source="traffic.jsonl", generated_at=when, renderer=renderer, **more
    )
    return out.getvalue(), told


def record(tmp_path: Path, *lines: Any) -> Path:
    """Write a record; what is no text is written as JSON."""
    file = tmp_path / "traffic.jsonl"
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return file


def exchange(time: float, path: str = "/v1/x", **more: Any) -> dict[str, Any]:
    """Make the line of an exchange from elsewhere."""
    request = {"method": "POST", "url": f"https://api.example{path}", "headers": {}, "body": {"n": 1}}
    response = {"status_code": 200, "headers": {}, "body": {"ok": True}}
    return {"timestamp": time, "request": request, "response": response, **more}


def test_the_sample_is_told_as_in_its_golden_file(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "report" / "sample.md", report(SAMPLE)[0])


@pytest.mark.parametrize(
    "words",
    [
        "# A Title",
        "Total requests: 3",
        "Capture duration: 9.7s",
        "245 input | 89 output | 334 total",
        "authorization: [REDACTED]\n",
        "`write_file`",
        "def is_prime",
    ],
)
def test_the_sample_tells(words: str) -> None:
    assert words in report(SAMPLE)[0]


def test_the_sample_is_understood_whole() -> None:
    _, told = report(SAMPLE)
    assert (told.failures, told.raws, list(told.malformed)) == (0, 0, [])


def test_the_same_record_gives_the_same_bytes_but_for_the_time() -> None:
    first, _ = report(SAMPLE)
    later, _ = report(SAMPLE, when=datetime(2027, 1, 1, tzinfo=UTC))
    changed = [pair for pair in zip(first.splitlines(), later.splitlines(), strict=True) if len(set(pair)) > 1]
    assert changed == [("- Generated at: 2026-01-02 03:04:05 UTC", "- Generated at: 2027-01-01 00:00:00 UTC")]


def test_exchanges_stand_in_the_order_of_their_starts(tmp_path: Path) -> None:
    text, _ = report(record(tmp_path, exchange(12, "/c"), exchange(10, "/a"), exchange(11, "/b")))
    headings = [line for line in text.splitlines() if line.startswith("### ") and "POST" in line]
    assert headings == [
        "### 1. POST `/a` → 200 (+0.0s)",
        "### 2. POST `/b` → 200 (+1.0s)",
        "### 3. POST `/c` → 200 (+2.0s)",
    ]
    assert "line 2 of the record" in text.split("### 1. ")[1].split("### 2. ")[0]


def test_malformed_lines_are_counted_and_told(tmp_path: Path) -> None:
    told: list[int] = []
    text, found = report(
        record(tmp_path, "{oops", exchange(1), "", '{"timestamp": "x"}'),
        on_malformed=lambda number, _reason: told.append(number),
    )
    assert told == [1, 4]
    assert "- Malformed lines skipped: 2 (lines 1, 4)" in text
    assert (found.summary.requests, list(found.malformed)) == (1, [1, 4])


def test_an_empty_record_says_so(tmp_path: Path) -> None:
    text, _ = report(record(tmp_path))
    assert "Total requests: 0" in text
    assert "Nothing was captured." in text


def failing() -> ModuleType:
    """Make a renderer that fails."""
    module = ModuleType("failing")

    def fail(*_: object) -> str:
        raise KeyError("no such field")

    module.__dict__.update(format_request_body=fail, format_response_body=fail)
    return module


def test_a_renderer_that_raises_costs_its_own_exchange_only(tmp_path: Path) -> None:
    renderer = Renderer((("/bad", failing()), ("*", RESPONSES.module("/"))))
    text, told = report(record(tmp_path, exchange(1, "/bad"), exchange(2, "/good")), renderer)
    assert told.failures == 2
    assert "- Bodies shown raw because the renderer failed: 2" in text
    assert "*Shown as it is, since the renderer failed: KeyError: 'no such field'*" in text
    assert '"n": 1' in text.split("### 1. ")[1].split("### 2. ")[0]


def test_what_is_missing_is_told_at_the_head(tmp_path: Path) -> None:
    cut = exchange(1, error="the client went away")
    cut["request"] |= {"redactions": 2}
    cut["response"] |= {"lost": 5, "decode_error": "bad gzip"}
    text, _ = report(record(tmp_path, cut))
    for line in (
        "- Places redacted in bodies: 2",
        "- Exchanges cut short: 1",
        "- Lost, since they could not be written: 5 bytes, 0 messages",
        "**Cut short:** the client went away",
        "**not decoded:** bad gzip",
        "**5 bytes lost**",
    ):
        assert line in text


def test_no_credential_of_an_older_file_is_shown() -> None:
    text, _ = report(GOLDEN / "openai_responses" / "credentials-in-an-older-file.jsonl")
    assert "secret" not in text
    assert text.count("[REDACTED]") == 7


def test_a_credential_in_the_url_of_an_older_file_is_not_shown(tmp_path: Path) -> None:
    text, _ = report(record(tmp_path, exchange(1, "/v1/x?key=sk-secret-value&alt=sse")))
    assert "Query: `key=[REDACTED]&alt=sse`" in text or "Query: key=[REDACTED]&amp;alt=sse" in text
    assert "sk-secret-value" not in text


def test_an_odd_url_is_shown_as_it_is(tmp_path: Path) -> None:
    odd = exchange(1)
    odd["request"]["url"] = "http://[::1/x"
    text, told = report(record(tmp_path, odd))
    assert "### 1. POST `http://[::1/x` → 200" in text
    assert told.failures == 0


def test_tags_of_redacted_values_are_not_shown(tmp_path: Path) -> None:
    line = exchange(1, "/v1/x?key=[REDACTED:12ab34cd]", error="with [REDACTED:12ab34cd]")
    line["request"]["body"] = {"[REDACTED:12ab34cd]": ["x[REDACTED:12ab34cd]y"]}
    line["response"]["body"] = "data: [REDACTED:12ab34cd]\n\n"
    text, _ = report(record(tmp_path, line))
    assert "REDACTED:" not in text
    assert '"x[REDACTED]y"' in text


def test_a_binary_body_is_shown_as_such(tmp_path: Path) -> None:
    line = exchange(1, schema=1)
    line["response"] |= {"body": "AAEC", "body_kind": "base64", "size": 3}
    text, _ = report(record(tmp_path, line))
    assert "*Binary, as base64:*" in text
    assert "Body: 3 bytes" in text


DURATIONS = {
    "seconds": (9.66, "Capture duration: 9.7s\n"),
    "minutes": (150, "Capture duration: 150.0s (2 min)\n"),
    "hours": (7260, "Capture duration: 7260.0s (2 h 1 min)\n"),
}


@pytest.mark.parametrize(("seconds", "line"), DURATIONS.values(), ids=DURATIONS.keys())
def test_a_long_duration_is_told_twice(tmp_path: Path, seconds: float, line: str) -> None:
    text, _ = report(record(tmp_path, exchange(0), exchange(seconds)))
    assert line in text
