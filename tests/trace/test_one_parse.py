"""Each byte of a record reaches a decoder once at its level of nesting, whichever part of the project reads it.

Every level of every body holds a token of its own: the body, an item, JSON within a string, the data of an event, a
message of a WebSocket, the arguments of a tool. Only what could not be decoded is tried again by the next best reader.
Credentials are searched for by the redactor's own reading of the bytes, which knows nothing of APIs.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import probe.verify.checking
from probe.record import body_text, ids, integrity, reader
from probe.record.exchange import Exchange, UnreadExchange
from probe.record.manifest import Manifest
from probe.record.runs import Run
from probe.renderers import events, joined_events, json_reader
from probe.renderers.anthropic_messages import merging as anthropic_merging
from probe.renderers.loader import AUTO, load_renderer
from probe.renderers.openai_responses import merging as responses_merging
from probe.report.report import write_report
from probe.report.run import ReportedRun
from probe.trace import answers, large_json
from probe.trace.repeats import Repeats
from probe.wire.capture_counts import tally
from tests.analysis.runs import ask, said
from tests.replay.replays import conversation, create, post, told
from tests.trace.tracing import fail, lines

IDS = {"session": ["header x-ids a.session"], "thread": ["body client_metadata.ids thread"]}
_TOKEN = re.compile(rb'(\\*)"(tkn\d+)')


class Decoders:
    """Notes what each decoder was handed, and which tokens it read at which depth of JSON within strings."""

    def __init__(self) -> None:
        self.given: Counter[tuple[str, bytes]] = Counter()
        self.read: Counter[tuple[str, int]] = Counter()

    def full(self, name: str, decode: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a decoder of all that it is handed."""

        def wrapped(text: Any, *arguments: Any, **options: Any) -> Any:
            value = decode(text, *arguments, **options)
            data = self._note(name, text)
            self.read.update((token.decode(), len(slashes)) for slashes, token in _TOKEN.findall(data))
            return value

        return wrapped

    def outer(self, name: str, decode: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a decoder that leaves what is within as it is."""

        def wrapped(text: Any, *arguments: Any, **options: Any) -> Any:
            value = decode(text, *arguments, **options)
            if value is not None:
                self._note(name, text)
            return value

        return wrapped

    def outline(self, decode: Callable[[bytes], UnreadExchange]) -> Callable[[bytes], UnreadExchange]:
        """Wrap the decoder of a line, which reads the texts among the members of bodies."""

        def wrapped(line: bytes) -> UnreadExchange:
            exchange = decode(line)
            for payload in (exchange.request, exchange.response):
                members: dict[str, Any] = payload.body if payload and isinstance(payload.body, dict) else {}
                texts = [json.dumps(one).encode() for one in members.values() if isinstance(one, str)]
                self.read.update((token.decode(), len(slashes)) for t in texts for slashes, token in _TOKEN.findall(t))
            return exchange

        return wrapped

    def _note(self, name: str, text: Any) -> bytes:
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
        # Small values are the same in many places.
        self.given[name, data] += b"tkn" in data
        return data


@pytest.fixture
def decoders(monkeypatch: pytest.MonkeyPatch) -> Decoders:
    """Wrap every decoder of the modules that read records."""
    found = Decoders()
    for remembered in (ids._object, json_reader._remembered, large_json._remembered):
        remembered.cache_clear()
    for module, name in ((json_reader, "_members"), (json_reader, "_elements")):
        monkeypatch.setattr(module, name, found.outer(name, getattr(module, name)))
    monkeypatch.setattr(reader, "_decode_outline", found.outline(reader._decode_outline))
    for split in ("_split_plain", "_split_any"):
        monkeypatch.setattr(events, split, found.outer("stream", getattr(events, split)))
    for module in (json_reader, joined_events, anthropic_merging, responses_merging):
        monkeypatch.setattr(module, "_decode", found.full("json", module._decode))
    monkeypatch.setattr(answers, "_repeats", Repeats())
    monkeypatch.setattr(large_json, "_outline", found.outer("outline", large_json._outline))
    for module in (json_reader, ids, integrity):
        loads = found.full("json", json.loads)
        monkeypatch.setattr(module, "json", SimpleNamespace(loads=loads, dumps=json.dumps))
    whole = SimpleNamespace(decode=found.full("json", msgspec.json.decode))
    monkeypatch.setattr(integrity, "msgspec", SimpleNamespace(json=whole, Raw=msgspec.Raw))
    strings = SimpleNamespace(json=SimpleNamespace(decode=found.outer("string", msgspec.json.decode)))
    monkeypatch.setattr(body_text, "msgspec", strings)
    return found


class Planted:
    """Makes values with tokens, each another one."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1000)

    def token(self) -> str:
        """Return a new token."""
        return f"tkn{next(self._numbers)}"

    def text(self, levels: int = 1) -> str:
        """Return JSON with a token, in which is JSON as a string, and so on."""
        inner = {"within": self.text(levels - 1)} if levels else {}
        return json.dumps({"token": self.token(), **inner})

    @property
    def count(self) -> int:
        """Return how many tokens there are."""
        return next(self._numbers) - 1000


def responses(made: Planted) -> Iterator[Exchange]:
    """Make calls in the Responses API: streamed, whole, and over a WebSocket."""
    call = {"type": "function_call", "name": "shell", "call_id": "c", "arguments": made.text(2)}
    result = {"type": "function_call_output", "call_id": "c", "output": made.text(2)}
    big = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": made.token() * 3000}]}
    answer = [{**call, "call_id": made.token(), "arguments": made.text(2)}, big]
    header = {"x-ids": json.dumps({"a": {"session": made.token()}, "b": made.text()})}
    yield ask(1, said(made.token()), call, result, instructions=made.token(), metadata={"m": made.text()},
              answer=answer, headers=header, client_metadata={"ids": json.dumps({"thread": made.token()})})  # fmt: skip
    yield post(1.5, "".join(_named(one) for one in (
        *[{"type": f"response.{kind}", "response": {"id": made.token(), "instructions": "x" * 9000}}
          for kind in ("created", "in_progress")],
        *[{"type": "response.output_text.delta", "item_id": "m", "delta": made.token()} for _ in range(5)],
        {"type": "response.completed", "response": {"id": made.token(), "instructions": "x" * 9000, "output": []}},
    )), request={"input": [said(made.token())]})  # fmt: skip
    yield post(2.0, {"id": made.token(), "output": [{**call, "arguments": made.text()}]}, headers={},
               request={"input": [said(made.token())], "text": {"format": {"x": made.token()}}})  # fmt: skip
    done = {"type": "response.output_item.done", "item": {**call, "arguments": made.text()}}
    end = {"type": "response.completed", "response": {"id": made.token(), "output": []}}
    messages = [create(3.0, input=[said(made.token())], instructions=made.token())]
    messages += told(3.5, [json.dumps(done), json.dumps(end), json.dumps({"type": made.token()})])
    yield conversation(messages)


def others(made: Planted) -> Iterator[Exchange]:
    """Make calls in the other APIs, and exchanges that call no model."""
    function = {"name": "f", "arguments": made.text(2)}
    chunk = {
        "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": made.token(), "function": function}]}}]
    }
    yield post(4.0, _sse(chunk, {"id": made.token(), "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
               request={"model": made.token(), "messages": [
                   {"role": "user", "content": made.token()},
                   {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {
                       "name": "f", "arguments": made.text(2)}}]},
                   {"role": "tool", "tool_call_id": "1", "content": made.text()},
               ]}, url="https://api.test/v1/chat/completions")  # fmt: skip
    use = {"type": "tool_use", "id": "1", "name": "f", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": made.text(2)}
    yield post(5.0, _sse(
        {"type": "message_start", "message": {"id": made.token(), "type": "message", "role": "assistant"}},
        {"type": "content_block_start", "index": 0, "content_block": use},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        *[{"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": made.token()}}
          for _ in range(5)],
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "mark": made.token()}},
        {"type": "message_stop"},
    ), request={"model": made.token(), "max_tokens": 9, "system": made.token(), "messages": [
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": made.text()}]},
    ]}, url="https://api.test/v1/messages")  # fmt: skip
    said_so = {"candidates": [{"content": {"parts": [{"text": made.token()}]}, "finishReason": "STOP"}]}
    contents = [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"r": made.text()}}}]}]
    gemini = "https://api.test/v1beta/models/m"
    config: dict[str, Any] = {"responseSchema": {"properties": {made.token(): {}}}}
    request = {"contents": contents, "generationConfig": config}
    yield post(6.0, _sse(said_so), request=request, url=f"{gemini}:streamGenerateContent?alt=sse")
    array = [{"candidates": [{"content": {"parts": [{"text": made.token()}]}, "finishReason": "STOP"}]}]
    yield post(7.0, array, headers={}, request={"contents": [{"parts": [{"text": made.token()}]}]},
               url=f"{gemini}:streamGenerateContent")  # fmt: skip
    yield post(8.0, {"a": made.text()}, headers={}, request={"b": made.token()}, url="https://api.test/log")
    yield post(9.0, _sse({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": made.text()}]}}),
               request={"jsonrpc": "2.0", "id": 1, "method": made.token()}, url="https://api.test/mcp")  # fmt: skip
    yield post(10.0, made.text(2), headers={}, request={"c": made.token()}, url="https://api.test/text")


def _named(data: Any) -> str:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n"


def _sse(*data: Any) -> str:
    return "".join(f"data: {json.dumps(one)}\n\n" for one in data)


def sized(exchange: Exchange) -> Exchange:
    """Return an exchange as it is recorded here: with the size of each body, by which it proves itself."""
    made = {}
    for name in ("request", "response"):
        payload = getattr(exchange, name)
        text = payload.body if isinstance(payload.body, str) else json.dumps(payload.body, separators=(",", ":"))
        kind = payload.body_kind or "none"
        made[name] = msgspec.structs.replace(payload, size=len(text.encode()), body_kind=kind)
    return msgspec.structs.replace(exchange, schema=1, **made)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Write a record with tokens at every level."""
    made = Planted()
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(lines(map(sized, [*responses(made), *others(made)])))
    assert made.count > 50
    return path


def tokens(value: Any) -> set[str]:
    """Return the tokens in a value that has those of quoted strings alone."""
    return set(re.findall(r"tkn\d+", json.dumps(value)))


def analyze(record: Path) -> None:
    run = ReportedRun(title="T", source="s", generated_at=datetime(2026, 1, 1, tzinfo=UTC))
    write_report(io.StringIO(), record, run, renderer=load_renderer(AUTO), ids=IDS, on_malformed=fail)


def verify(record: Path) -> None:
    run = Run(folder=record.parent, target="of no known name", manifest=Manifest.read(record.parent))
    findings = probe.verify.checking.findings_of(run, strict=False)
    assert findings.bodies > 10


def capture(record: Path) -> None:
    tally(record, load_renderer(AUTO), {})


@pytest.mark.parametrize("read", [analyze, verify, capture])
def test_each_byte_reaches_a_decoder_once_at_its_level(
    read: Callable[[Path], None], record: Path, decoders: Decoders
) -> None:
    read(record)
    found = [json.loads(line) for line in record.read_text().splitlines()]
    # An agent's own ids are read for a report alone.
    unread = tokens([one["request"]["headers"] for one in found]) if read is not analyze else set()
    assert {token for token, _ in decoders.read} == tokens(found) - unread
    assert [found for found, times in decoders.given.items() if times > 1] == []
    assert {found: times for found, times in decoders.read.items() if times > 1} == {}


def test_a_second_reading_would_be_found(decoders: Decoders) -> None:
    text = json.dumps({"a": "tkn1", "b": json.dumps({"c": "tkn2"})})
    json_reader.parsed(text)
    json_reader.parsed(json_reader.parsed(text)["b"])
    assert decoders.read == {("tkn1", 0): 2, ("tkn2", 1): 2, ("tkn2", 0): 1}
    assert max(decoders.given.values()) == 2
