"""However a record is made, its report takes time and space in proportion to it, and says what it leaves out.

Where a size was chosen, twice of it would take four times as long if anything grew with its square: minutes, not the
second that it takes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe.addon.json_text import DEEPEST, MOST_VALUES
from probe.cli.edge import WARNINGS
from probe.report.summarize import summary_of
from probe.report.summary import json_of
from tests.report.reports import report
from tests.support.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
MANY = 100_000
MOST_TIMES = 40
"""No report is so many times larger than its record: each item of a request has a row, a fold and a fence."""
LARGEST_TWICE = 2 << 20
"""Bytes of a record up to which both forms of its report are written."""
MEMORY = 2 << 30


def line(request: Any = None, response: Any = None, **more: Any) -> str:
    """Return a record; `raw` JSON may stand in a body."""
    url = more.pop("url", "https://api.example.test/v1/responses")
    value = {
        "timestamp": 1.5,
        "request": {"method": "POST", "url": url, "body": request},
        "response": {"status_code": 200, "body": response},
        **more,
    }
    text = json.dumps(value, ensure_ascii=False)
    for body in (request, response):
        if isinstance(body, Raw):
            text = text.replace(json.dumps(str(body), ensure_ascii=False), str(body))
    return text + "\n"


class Raw(str):
    """JSON that Python itself would not write."""


def events(*some: dict[str, Any]) -> str:
    """Return a stream that ends as it should."""
    end = {"type": "response.completed", "response": {"id": "r", "output": []}}
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in (*some, end))


def each(make: Callable[[int], dict[str, Any]], count: int = MANY // 2) -> str:
    """Return a stream of many events."""
    return events(*map(make, range(count)))


def nested(depth: int, inner: str = "1", begin: str = "[", end: str = "]") -> Raw:
    """Return JSON within JSON."""
    return Raw(begin * depth + inner + end * depth)


def delta(kind: str, index: int, **more: Any) -> dict[str, Any]:
    """Return a piece of a part."""
    return {"type": f"response.{kind}.delta", "output_index": 0, "delta": "x", **more} | {
        "content_index": index,
        "command_index": index,
    }


def message(number: int) -> dict[str, Any]:
    """Return an item of an input."""
    return {"type": "message", "role": "user", "content": f"m{number}"}


def call(number: int) -> dict[str, Any]:
    """Return a call of a tool."""
    return {"type": "function_call", "name": "f", "call_id": f"c{number}", "arguments": '{"a": 1}'}


def item(number: int, step: str = "added", **fields: Any) -> dict[str, Any]:
    """Return an item that is begun or done, with no number of its own."""
    return {"type": f"response.output_item.{step}", "item": {"type": "message", **fields}}


def conversation(turns: int, asks: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """Return a WebSocket conversation."""
    messages = []
    for number in range(turns):
        create = {"type": "response.create", "model": "m", "input": [message(number)], **asks(number)}
        answer = {"type": "response.completed", "response": {"id": f"r{number}", "output": [message(number)]}}
        for side, value in (("client", create), ("server", answer)):
            messages.append({"timestamp": 1.5, "direction": side, "type": "text", "content": json.dumps(value)})
    return {"messages": messages}


def behind(number: int) -> dict[str, Any]:
    """Let each call go on from the answer before it."""
    return {"previous_response_id": f"r{number - 1}"} if number else {}


def model(**fields: Any) -> dict[str, Any]:
    """Return a request to the model."""
    return {"model": "m", "input": "x", **fields}


HEADERS = {f"h{number}": "v" for number in range(MANY)}
LINES: dict[str, Callable[[], str]] = {
    "JSON as deep as a record has it": lambda: line(nested(DEEPEST), nested(DEEPEST, '{"a":1}')),
    "deep JSON that is wide below": lambda: line(nested(DEEPEST - 1, ",".join("1" * MANY)), None),
    "deeper JSON": lambda: line(nested(900), nested(900, "1", '{"output":', "}")),
    "text that is ever deeper JSON": lambda: line(str(nested(MANY * 10)), str(nested(950, "1", '{"a":', "}"))),
    "an object of a million keys": lambda: line({f"k{number}": 1 for number in range(MANY * 10)}),
    "an item of many keys": lambda: line(model(input=[{**message(1), **{f"k{one}": 1 for one in range(MANY)}}])),
    "arguments of many keys": lambda: line(
        model(input=[{**call(1), "arguments": json.dumps({f"k{number}": "a\nb" for number in range(MANY)})}])
    ),
    "a million values in a list": lambda: line(Raw("[" + "[]," * 900_000 + "1]")),
    "ten million values in a text": lambda: line(str(Raw("[" + "[]," * (MOST_VALUES * 10) + "1]"))),
    "many tool calls": lambda: line(model(input=list(map(call, range(MANY)))), {"output": list(map(call, range(10)))}),
    "many parts of one message": lambda: line(None, each(lambda number: delta("output_text", number))),
    "many commands of one call": lambda: line(None, each(lambda number: delta("shell_call_command", number))),
    "many parts that are done": lambda: line(
        None,
        each(
            lambda number: {
                "type": "response.content_part.done",
                "content_index": number,
                "part": {"type": "output_text", "text": "x"},
            }
        ),
    ),
    "many items without a number": lambda: line(
        None, each(lambda number: item(number, "done" if number % 2 else "added", id=f"i{number}"))
    ),
    "many items that only the last event lists": lambda: line(
        None,
        each(lambda number: item(number, id=f"i{number}"), 20_000)
        + events({"type": "response.completed", "response": {"output": [{"type": "message"}] * 20_000}}),
    ),
    "many events of one kind": lambda: line(None, each(lambda number: delta("output_text", 0), MANY)),
    "many events of unknown kinds": lambda: line(None, each(lambda number: {"type": f"response.unknown.{number}"})),
    "many events of nobody's": lambda: line(None, "".join(f"event: e{number}\ndata: 1\n\n" for number in range(MANY))),
    "a stream of empty events": lambda: line(None, "data:\n\n" * MANY),
    "a stream of line ends": lambda: line(None, "data:" + "\r\n\n\r" * MANY),
    "an event without an end": lambda: line(None, "data: x\n" * MANY),
    "line ends and no stream": lambda: line(None, "\r\n" * MANY + "x"),
    "namespaces within namespaces": lambda: line(
        Raw('{"model":"m","input":"x","tools":' + nested(180, '{"name":"f"}', '[{"name":"n","tools":', "}]") + "}")
    ),
    "a namespace with a long name": lambda: line(
        model(tools=[{"type": "namespace", "name": "n" * MANY, "tools": [{"name": str(one)} for one in range(9000)]}])
    ),
    "a conversation that goes on and on": lambda: line(websocket=conversation(1500, behind)),
    "a conversation of single calls": lambda: line(websocket=conversation(5000, lambda number: {})),
    "messages outside of turns": lambda: line(
        websocket={
            "messages": [
                {"timestamp": 1.5, "direction": "server", "type": "text", "content": json.dumps({"type": f"t{number}"})}
                for number in range(MANY // 2)
            ]
        }
    ),
    "a long text": lambda: line("x" * 20_000_000),
    "escapes": lambda: line("\x1b" * 2_000_000),
    "backticks": lambda: line("`" * 2_000_000, "` " * 2_000_000),
    "what Markdown escapes": lambda: line(error="[_]*`<&" * 300_000, url="https://x.test/" + "_ " * 300_000),
    "headers": lambda: line(Raw('{"a":1}')).replace('"body":', f'"headers": {json.dumps(HEADERS)}, "body":'),
}


@pytest.mark.parametrize("make", LINES.values(), ids=LINES.keys())
def test_a_hostile_record_has_a_report_in_proportion(tmp_path: Path, make: Callable[[], str]) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(make())
    # The large ones are single bodies, which both forms write alike.
    for full in (False, True) if path.stat().st_size < LARGEST_TWICE else (False,):
        text, reported = report(path, full=full)
        assert reported.findings.exchange_totals.requests == 1
        assert reported.trace.failures == []
        assert len(text) <= MOST_TIMES * path.stat().st_size + 10_000
        assert len(json_of(summary_of(reported))) <= MOST_TIMES * path.stat().st_size + 10_000


def files(count: int, **parts: Callable[[int], Any]) -> str:
    """Return many records that differ in a part."""
    return "".join(line(**{name: part(number) for name, part in parts.items()}) for number in range(count))


COUNTED = {
    "structures": (lambda: files(3000, request=lambda number: {f"k{number}": {f"l{number}": 1}}), "values not counted"),
    "endpoints": (lambda: files(3000, url=lambda number: f"https://h{number}.test/p{number}"), "(others)"),
}


@pytest.mark.parametrize(("make", "mark"), COUNTED.values(), ids=COUNTED.keys())
def test_what_is_too_many_to_tell_apart_is_counted_together_and_says_so(
    tmp_path: Path, make: Callable[[], str], mark: str
) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(make())
    assert mark in report(path)[0]


def test_deep_json_is_shown_in_one_line_and_shallow_json_is_not(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(line(nested(150, ",".join("7" * 2000))) + line({"a": {"b": [1] * 20_000}}))
    text = report(path, full=True)[0]
    assert "[" * 150 + "7,7" in text
    assert '{\n  "a": {\n    "b": [\n      1,\n' in text


def test_a_hundred_thousand_bad_lines_take_a_few_lines_to_report(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{oops\n" * MANY + line())
    with Running(tmp_path, "probe.analyze", "--input", "bad.jsonl", "--output", "out.md") as running:
        assert running.wait() == 0
        warned = running.stderr.splitlines()
        assert len(warned) == WARNINGS + 2
        assert warned[-2] == f"WARNING: skipping {MANY - WARNINGS:,} more malformed lines of bad.jsonl"
        assert warned[-1].startswith("problems: ")
        assert f"{MANY:,} malformed lines skipped (lines 1, 2, 3," in (tmp_path / "out.md").read_text()


# Analyses a file with so much memory and no more.
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
sys.argv = sys.argv[2:]
runpy.run_module("probe.analyze", run_name="__main__", alter_sys=True)
"""
LARGE: dict[str, Callable[[], str]] = {
    "a line of 100 MB that is text": lambda: line("x" * 100_000_000),
    "a line of 100 MB that is JSON in a text": lambda: line("[" + "[]," * 33_000_000 + "1]"),
    "a line of 100 MB that is a stream": lambda: line(None, "data: {}\n\n" * 8_000_000),
    "a line of 100 MB that is many values": lambda: line(Raw("[" + "[]," * 33_000_000 + "1]")),
    "a line of 100 MB that is keys": lambda: line(Raw("{" + '"":1,' * 20_000_000 + '"a":1}')),
    "lines of 10 MB": lambda: line(Raw("[" + "{}," * 900_000 + "1]"), "x" * 8_000_000) * 4,
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no limit of memory elsewhere")
@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE.keys())
def test_a_hostile_file_is_analysed_in_bounded_memory(tmp_path: Path, make: Callable[[], str]) -> None:
    path = tmp_path / "large.jsonl"
    path.write_text(make())
    command = [sys.executable, "-c", LIMITED, str(MEMORY), "analyze", "--input", str(path), "--target", "codex"]
    done = subprocess.run(command, capture_output=True, timeout=55)
    if b"no line of it is an exchange (line 1: its body has more than 10,000,000 values)" in done.stderr:
        assert done.returncode == 2
        assert not (tmp_path / "large.report.md").exists()
    else:
        assert done.returncode == 0, done.stderr[-2000:]
        assert (tmp_path / "large.report.md").stat().st_size < 3 * path.stat().st_size + 10_000


def test_a_memory_limit_is_one() -> None:
    hungry = [sys.executable, "-c", LIMITED.replace("runpy.run", "bytes(2**31); runpy.run"), str(MEMORY)]
    assert b"MemoryError" in subprocess.run(hungry, capture_output=True, timeout=55).stderr
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
