"""Each path leads to one place: its value, its exact bytes, or an error that says what there is instead."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from probe.ask.line_starts import LineStarts
from probe.ask.path import parse_path
from probe.errors import UserError
from probe.record.integrity import body_bytes
from probe.record.reader import read_exchanges
from tests.ask.asking import RECORDS, got, known, raw

LOOP, SOCKET, DEMO = RECORDS["codex/tool-loop"], RECORDS["codex/tool-loop-websocket"], RECORDS["demo/sample"]
SAID = "I listed the files in this folder; the tool's output above shows each of them. Nothing was changed."
VALUES: dict[str, tuple[Path, str, Any]] = {
    "what a turn said": (LOOP, "turn.2.answer", SAID),
    "a turn that called a tool said nothing": (LOOP, "turn.1.answer", ""),
    "the answer of the run": (LOOP, "answer", SAID),
    "the prompt of the run": (LOOP, "prompt", "List the files"),
    "a fact of a turn": (LOOP, "turn.1/tokens/input", 1204),
    "a call": (LOOP, "turn.1.call.1/name", "exec_command"),
    "an argument of a call": (LOOP, "turn.1.call.1/arguments/cmd", "ls -la"),
    "a block of an answer": (LOOP, "turn.2.block.3/text", SAID),
    "an item of a turn": (LOOP, "turn.1.item.1", "gpt-5.2-codex"),
    "an item by number": (LOOP, "item.0", "gpt-5.2-codex"),
    "an item by hash": (LOOP, "item.4c7183/content/0/text", "List the files"),
    "a place in a request": (LOOP, "exchange.1.request.body/input/3/content/0/text", "List the files"),
    "the same from its turn": (LOOP, "turn.1.request/input/3/content/0/text", "List the files"),
    "JSON within a string": (LOOP, "exchange.2.request.body/input/5/arguments/cmd", "ls -la"),
    "a header": (DEMO, "exchange.1.request.headers/User-Agent", "demo-agent/1.0"),
    "a status": (LOOP, "exchange.1.response.status_code", 200),
    "an event of a stream": (LOOP, "exchange.1.event.1/event", "response.created"),
    "the same from its turn ": (LOOP, "turn.1.event.1/data/type", "response.created"),
    "the first event begins where the stream does": (LOOP, "exchange.1.response.event.1/offset", 0),
    "an event of a WebSocket turn": (SOCKET, "turn.2.event.1/type", "response.created"),
    "a WebSocket message": (SOCKET, "exchange.1.message.1/type", "response.create"),
    "the request of a WebSocket turn": (SOCKET, "turn.2.request/type", "response.create"),
    "the response of a WebSocket turn": (SOCKET, "turn.2.response/0/type", "response.created"),
    "a number of the report": (LOOP, "summary/counts/turns", 2),
    "costs": (LOOP, "costs/tokens/output", 99),
    "instructions": (LOOP, "instructions/0/path", "item.a3a00c7636b5"),
    "tools": (LOOP, "tools/0/facts/name", "exec_command"),
    "files": (DEMO, "files/0/file", "prime.py"),
}


@pytest.mark.parametrize(("record", "path", "value"), VALUES.values(), ids=VALUES)
def test_a_path_leads_to_a_value(record: Path, path: str, value: Any) -> None:
    assert got(known(record), path) == value


MISTAKES = {
    "no such word": ("trun.1", "'trun.1' is no path in a run", "did you mean 'turn'? "),
    "a missing number": ("turn", "turn needs a number: turn.1", "turn.3.answer"),
    "a missing hash": ("item./x", "item needs a number, or a hash: item.1", ""),
    "a word missing": ("turn.1..answer", "a word is missing next to a dot", ""),
    "too large a number": ("turn.3.answer", "no turn 3", "there are 2, from 1"),
    "zero": ("turn.0", "no turn 0", "from 1"),
    "no number": ("turn.last", "no turn last", "from 1"),
    "no such part": ("turn.1.anwser", "turn.1 has no part 'anwser'", "did you mean 'answer'? "),
    "a part without its number": ("turn.1.call", "call needs a number", "turn.1.call.1"),
    "no such call": ("turn.1.call.2", "no call of a tool 2", "there are 1, from 1"),
    "no call at all": ("turn.2.call.1", "no call of a tool 1", "there is none"),
    "no such member": ("turn.1/tokens/inptu", "there is no /tokens/inptu", "/tokens has: input, output"),
    "no such element": ("exchange.1.request.body/input/9", "there is no /input/9", "/input is a list of 4, from /0"),
    "below a number": ("turn.1/number/x", "there is no /number/x", "is no object and no list, but int"),
    "no such item": ("item.26", "has no item '26'", "items are 0 to 25"),
    "no such hash": ("item.ffffffff", "has no item 'ffffffff'", ""),
    "a hash of several": ("item.b5bea41b", "several items", "item.2 (parallel_tool_calls), item.5 (stream)"),
    "a line that is none": ("exchange.3", "has no exchange in line 3", ""),
    "line 0": ("exchange.0", "has no exchange in line 0", "count from 1"),
    "a word for a line": ("exchange.x", "is no line of the record", "exchange.1"),
    "no such side": ("exchange.1.requets", "exchange.1 has no part 'requets'", "did you mean 'request'? "),
    "no stream": ("exchange.1.message.1", "no WebSocket message 1", "there is none"),
    "an event without its number": ("exchange.1.event", "event needs a number", "exchange.1.event.1"),
    "a part of the whole": ("costs.total", "costs has no part 'total'", "costs/"),
}


@pytest.mark.parametrize(("path", "problem", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_path_that_leads_nowhere_says_what_there_is(path: str, problem: str, hint: str) -> None:
    with pytest.raises(UserError) as raised:
        got(known(LOOP), path)
    assert problem in str(raised.value.args[0])
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize("path", ["turn.3.call.1/arguments/a~1b", "item.a06fd5c1", "costs", "exchange.4.request.body/"])
def test_a_path_is_printed_as_it_was_parsed(path: str) -> None:
    assert str(parse_path(path)) == path


@pytest.mark.parametrize("name", RECORDS)
def test_the_raw_bytes_of_each_body_are_those_that_are_recorded(name: str) -> None:
    run = known(RECORDS[name])
    for exchange in read_exchanges(RECORDS[name], lambda number, reason: None):
        sides = {"request": exchange.request, "response": exchange.response}
        for side, payload in sides.items():
            if payload and payload.body_kind is not None:
                data = raw(run, f"exchange.{exchange.seq}.{side}.body")
                if payload.body_kind == "none" or (payload.sha256 and not payload.redactions):
                    assert hashlib.sha256(data).hexdigest() == (payload.sha256 or hashlib.sha256().hexdigest())
                else:
                    assert data == body_bytes(payload)


def test_the_raw_bytes_of_a_place_are_its_json_as_it_was_sent(tmp_path: Path) -> None:
    body = '{"input": [ {"role" : "user", "content": "caf\\u00e9"} ], "model":"m"}'
    line = {
        "schema": 1,
        "timestamp": 1.0,
        "request": {
            "method": "POST",
            "url": "https://api.example/v1/responses",
            "body": json.loads(body),
            "body_kind": "json",
            "body_text": body,
        },
    }
    (tmp_path / "traffic.jsonl").write_text(json.dumps(line) + "\n")
    run = known(tmp_path / "traffic.jsonl")
    assert raw(run, "exchange.1.request.body") == body.encode()
    assert raw(run, "exchange.1.request.body/input/0") == b'{"role" : "user", "content": "caf\\u00e9"}'
    assert raw(run, "exchange.1.request.body/input/0/content") == b'"caf\\u00e9"'
    assert got(run, "exchange.1.request.body/input/0/content") == "café"


def test_the_raw_bytes_of_an_item_have_its_hash() -> None:
    run = known(DEMO)
    for one in run.trace.items.known:
        assert hashlib.sha256(raw(run, f"item.{one.number}")).hexdigest() == one.sha256


def test_the_raw_bytes_of_an_event_are_its_data() -> None:
    data = raw(known(LOOP), "exchange.1.event.1")
    assert data in raw(known(LOOP), "exchange.1.response.body")
    assert json.loads(data)["type"] == "response.created"


def test_the_raw_bytes_of_an_exchange_are_its_line() -> None:
    for number, line in enumerate(LOOP.read_bytes().splitlines(), 1):
        assert raw(known(LOOP), f"exchange.{number}") == line


def test_lines_are_found_in_any_order(tmp_path: Path) -> None:
    texts = [b"x" * size for size in (0, 3, 1 << 20, 1, (1 << 20) - 1, 2)]
    (tmp_path / "lines").write_bytes(b"\n".join(texts))
    for order in ([1, 2, 3, 4, 5, 6], [6, 1, 4], [3, 3, 2], [7, 5]):
        lines = LineStarts(tmp_path / "lines")
        assert [lines.text(number) for number in order] == [(*texts, b"")[number - 1] for number in order]
