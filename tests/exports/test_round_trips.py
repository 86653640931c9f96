"""A round trip loses nothing but what the table of formats lists."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from probe.addon.redaction.redactor import Redactor
from probe.exports.losses import LOSSES, Loss
from probe.imports.formats import FORMATS
from probe.imports.recording import Recording
from probe.imports.source import SourceConversation, SourceExchange, SourceFrame, SourceRequest, SourceResponse
from probe.places import PROJECT
from probe.record.runs import TRAFFIC, Run
from tests.exports.arbitrary import EXCHANGES, ODDITIES, SECRET
from tests.exports.round_trip import differences, exchanges, run_of, there_and_back, unlisted
from tests.support.bundled import BUNDLED

LOSSLESS = ("har", "flows")
GOLDEN = sorted((PROJECT / "tests" / "golden").glob("*/*.jsonl"))


def golden_runs(tmp_path: Path) -> list[Run]:
    """Return all golden records as runs."""
    runs = []
    for number, file in enumerate(GOLDEN):
        folder = tmp_path / f"golden-{number}"
        folder.mkdir()
        (folder / TRAFFIC).write_bytes(file.read_bytes())
        runs.append(run_of(folder))
    return runs


@pytest.mark.parametrize("format", LOSSLESS)
@pytest.mark.parametrize("run", BUNDLED.values(), ids=BUNDLED.keys())
def test_a_sample_comes_back_as_it_was(run: Run, format: str, tmp_path: Path) -> None:
    # Marks of redacted credentials are not redacted again.
    assert there_and_back(run, format, tmp_path, Redactor(b"other")) == exchanges(run.traffic)


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_samples_and_golden_records_lose_only_what_the_table_lists(format: str, tmp_path: Path) -> None:
    for number, run in enumerate([*BUNDLED.values(), *golden_runs(tmp_path)]):
        before = exchanges(run.traffic)
        after = there_and_back(run, format, tmp_path / str(number))
        assert len(before) == len(after), run.folder
        for one, other in zip(before, after, strict=True):
            missing, _ = unlisted(one, differences(one, other), format)
            assert missing == [], f"{run.traffic}: {one.request.url}"


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(source=EXCHANGES, oddities=ODDITIES)
def test_any_record_loses_only_what_the_table_lists(
    format: str, source: SourceExchange, oddities: Mapping[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = _recorded(Path(folder) / "before", source, oddities)
        (before,) = exchanges(run.traffic)
        (after,) = there_and_back(run, format, Path(folder) / "after")
        missing, _ = unlisted(before, differences(before, after), format)
        assert missing == []
        if format in LOSSLESS:
            assert after == before


def _recorded(folder: Path, source: SourceExchange, oddities: Mapping[str, Any]) -> Run:
    folder.mkdir()
    recording = Recording(folder / TRAFFIC, Redactor(b"salt", [SECRET]), "a file")
    recording.add(source)
    recording.close()
    record = json.loads((folder / TRAFFIC).read_bytes())
    for name, noted in oddities.items():
        record[name] = record[name] and record[name] | noted if isinstance(noted, dict) else noted
    (folder / TRAFFIC).write_text(json.dumps(record) + "\n", encoding="utf-8")
    return run_of(folder)


PLAIN: dict[str, Any] = {
    "headers": [("content-type", "application/json")],
    "body": b'{"a":1}',
    "started": 1_754_474_400.1234567,
    "ended": 1_754_474_400.7654321,
}
REQUEST = SourceRequest(method="POST", url="https://api.example.com/v1/messages", **PLAIN)
RESPONSE = SourceResponse(status_code=200, reason="OK", http_version="HTTP/1.1", wire_size=3, **PLAIN)
EVENTS: dict[str, Any] = {
    "headers": [("content-type", "text/event-stream")],
    "body": b'data: {"a": 1}\n\ndata: [DONE]\n\n',
}
EXCHANGE = SourceExchange(id="an-id", started=PLAIN["started"], request=REQUEST, response=RESPONSE)
ODD = {"refused": True, "request": {"decode_error": "not gzip"}, "response": {"lost": 7}}
FRAME = SourceFrame(from_client=False, is_text=True, content=b'{"a": 1}', timestamp=1_754_474_401.5)
WITNESSES = {
    "a plain call, and what a recording noted of it": (EXCHANGE, ODD),
    "pieces, a repeated header and spaces in JSON": (
        replace(
            EXCHANGE,
            request=replace(
                REQUEST,
                headers=[*REQUEST.headers, ("x", "1"), ("x", "2")],
                body=b'{"a": 1}',
                pieces=[(PLAIN["started"], 0)],
            ),
        ),
        {},
    ),
    "binary bodies": (
        replace(EXCHANGE, request=replace(REQUEST, body=b"\xff"), response=replace(RESPONSE, body=b"\xff")),
        {},
    ),
    "JSON strings and null": (
        replace(EXCHANGE, request=replace(REQUEST, body=b'"a"'), response=replace(RESPONSE, body=b"null")),
        {},
    ),
    "a redacted body": (replace(EXCHANGE, response=replace(RESPONSE, body=f'{{"a":"{SECRET}"}}'.encode())), {}),
    "a stream": (replace(EXCHANGE, response=replace(RESPONSE, **EVENTS)), {}),
    "a WebSocket": (replace(EXCHANGE, conversation=SourceConversation(frames=[FRAME], close_code=1000)), {}),
    "no answer, and no reason": (replace(EXCHANGE, response=None), {}),
}


@pytest.mark.parametrize("format", FORMATS)
def test_each_row_of_the_table_is_a_loss(format: str, tmp_path: Path) -> None:
    found: set[Loss] = set()
    for number, (source, oddities) in enumerate(WITNESSES.values()):
        run = _recorded(tmp_path / str(number), source, oddities)
        (before,), (after,) = exchanges(run.traffic), there_and_back(run, format, tmp_path / f"{number}-after")
        found |= unlisted(before, differences(before, after), format)[1]
    assert [loss.what for loss in LOSSES if format in loss.formats and loss not in found] == []
