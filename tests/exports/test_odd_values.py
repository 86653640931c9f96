"""What a model or an agent may write, however odd, is exported as every reader takes it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet
import pytest
from atif import Trajectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from probe.errors import UserError
from probe.exports.formats import exporter
from probe.exports.times import microseconds
from probe.record.manifest import Manifest
from probe.record.runs import TRAFFIC, Run
from tests.exports.test_atif import every
from tests.support.otlp import attributes, parsed

HALF = "a\ud800b"
REPLACED = "a?b"
"""As the reader of records has it."""
DEEP: Any = "x"
for _ in range(150):
    DEEP = [DEEP]
WORDS = ["role", "content", "type", "text", "id", "name", "arguments", "function", "tool_calls", "parts", "tool_use_id"]
ODD = {
    "half a surrogate pair": {"text": HALF, HALF: 1},
    "an integer of more than 64 bits": {"n": 2**70},
    "deep nesting": {"deep": DEEP},
    "no object": ["a", 1],
    "text": "not { JSON",
    "nothing": None,
    "line ends and quotes": {"text": '"\r\n\u2028\\'},
}


def run_with(folder: Path, arguments: Any) -> Run:
    """Record a call of a tool with odd arguments, and its odd result."""
    call = {"id": "c1", "type": "function", "function": {"name": HALF, "arguments": json.dumps(arguments)}}
    messages = [
        {"role": "user", "content": HALF},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps(arguments)},
    ]
    lines = []
    for time, sent, said in ((1.0, 1, {"tool_calls": [call]}), (2.5, 3, {"content": HALF})):
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **said}}
        body = {"model": HALF, "messages": messages[:sent]}
        request = {"method": "POST", "url": "https://api.x.ai/v1/chat/completions", "headers": {}, "body": body}
        answer = {"id": "r", "object": "chat.completion", "model": "m", "choices": [choice]}
        response = {"status_code": 200, "headers": {}, "body": answer}
        lines.append(json.dumps({"timestamp": time, "request": request, "response": response}))
    (folder / TRAFFIC).write_text("\n".join(lines) + "\n")
    return Run(folder=folder, target="odd", manifest=Manifest(folder, {}))


@pytest.mark.parametrize("arguments", ODD.values(), ids=ODD.keys())
def test_odd_values_are_valid_in_each_format(arguments: Any, tmp_path: Path) -> None:
    run = run_with(tmp_path, arguments)
    for format in ("otlp", "atif", "parquet"):
        exporter(format)(run, None, tmp_path / format)
    spans = [
        span
        for line in (tmp_path / "otlp").read_bytes().splitlines()
        for span in parsed(line).resource_spans[0].scope_spans[0].spans
    ]
    assert [span.name.partition(" ")[0] for span in spans] == ["invoke_agent", "chat", "execute_tool", "chat"]
    assert attributes(spans[1])["gen_ai.provider.name"] == "x_ai"
    root = Trajectory.model_validate_json((tmp_path / "atif").read_bytes())
    assert [step.source for step in root.steps] == ["user", "agent", "agent"]
    assert root.steps[0].message == REPLACED
    calls = root.steps[1].tool_calls or []
    assert [call.function_name for call in calls] == [REPLACED]
    if isinstance(arguments, list):
        assert calls[0].arguments == {"input": arguments}
    turns = pyarrow.parquet.read_table(tmp_path / "parquet" / "turns.parquet").to_pylist()
    assert [turn["model"] for turn in turns] == [REPLACED] * 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner),
    max_leaves=12,
)
_CALLS = st.builds(
    lambda path, sent, said: (path, {"model": "m", "stream": False} | sent, said),
    st.sampled_from(["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1beta/models/m:generateContent"]),
    st.dictionaries(st.sampled_from(["messages", "input", "contents", "tools", "system", "instructions"]), _JSON),
    st.dictionaries(st.sampled_from(["choices", "content", "output", "candidates", "usage", "error", "id"]), _JSON),
)


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_CALLS, min_size=1, max_size=3))
def test_whatever_calls_hold_is_exported(found: list[tuple[str, Any, Any]]) -> None:
    lines = []
    for time, (path, sent, said) in enumerate(found, 1):
        request = {"method": "POST", "url": f"https://x.example{path}", "headers": {}, "body": sent}
        response = {"status_code": 200, "headers": {}, "body": said}
        lines.append(json.dumps({"timestamp": time, "request": request, "response": response}))
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / TRAFFIC).write_text("\n".join(lines) + "\n", encoding="utf-8")
        run = Run(folder=folder, target="odd", manifest=Manifest(folder, {}))
        for format in ("otlp", "parquet"):
            exporter(format)(run, None, folder / format)
        spans = [parsed(line) for line in (folder / "otlp").read_bytes().splitlines()]
        turns = pyarrow.parquet.read_table(folder / "parquet" / "turns.parquet").num_rows
        kinds = [span.resource_spans[0].scope_spans[0].spans[0].kind for span in spans]
        assert kinds.count(Span.SPAN_KIND_CLIENT) == turns
        if turns:
            exporter("atif")(run, None, folder / "trajectory.json")
            roots = [Trajectory.model_validate_json(path.read_bytes()) for path in folder.glob("*.json")]
            answers = [step for root in every(roots) for step in root.steps if step.llm_call_count]
            assert len(answers) <= turns


def test_an_export_that_fails_leaves_no_half_written_file(tmp_path: Path) -> None:
    (tmp_path / TRAFFIC).write_text('{"timestamp": 1.0, "request": {"method": "GET", "url": "https://x.example/"}}\n')
    run = Run(folder=tmp_path, target="odd", manifest=Manifest(tmp_path, {}))
    with pytest.raises(UserError, match="no call of a model"):
        exporter("atif")(run, None, tmp_path / "trajectory.json")
    assert [path.name for path in tmp_path.iterdir()] == [TRAFFIC]


TIMES = {
    "a recorded time": (1795223472.8350754, 1795223472835075),
    "a whole second": (1_700_000_000.0, 1_700_000_000_000_000),
    "the last microsecond of a second": (1_700_000_000.999999, 1_700_000_000_999_999),
}


@pytest.mark.parametrize(("seconds", "expected"), TIMES.values(), ids=TIMES.keys())
def test_times_keep_their_microseconds(seconds: float, expected: int) -> None:
    assert microseconds(seconds) == expected
