"""What is fuzzed: each target takes any bytes and raises where something breaks its promise."""

from __future__ import annotations

import json
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec

from probe.addon.aws_event_stream import CUT, DAMAGED, frame_edits, read_frames
from probe.addon.decoders import DecodeError, decoder_for
from probe.addon.json_text import exact_json
from probe.addon.redaction.edits import Edit, applied
from probe.addon.redaction.redactor import Redactor
from probe.analysis.hosts import HostsBuilder
from probe.cli.edge import printed_json
from probe.errors import UserError
from probe.record.exchange import Exchange
from probe.record.integrity import exchange_problems
from probe.record.manifest import Manifest
from probe.record.manifest_fields import CoverageFacts
from probe.record.reader import parse_exchange
from probe.record.runs import all_runs
from probe.record.tunnels import TUNNELS, read_tunnels
from probe.renderers.api import Kind
from probe.renderers.json_reader import decoded_base64
from probe.renderers.loader import AUTO, load_renderer, renderer_names
from probe.renderers.sse import SseParser
from probe.report.markdown.blocks import markdown
from probe.report.markdown.hosts import host_table
from probe.report.report import write_report
from probe.report.run import ReportedRun
from probe.report.summarize import summary_of
from probe.report.summary import json_of
from probe.runs import described
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.trace import read_trace
from probe.trace.turns import Traced
from tests.conftest import GOLDEN
from tests.renderers.reading import read_blocks, read_request
from tests.support import bundled
from tests.support.encodings import NAMES, encode
from tests.support.frames import chunk

SAMPLES = list(bundled.RECORDS.values())
RENDERERS = {name.rpartition(".")[2]: load_renderer(name) for name in renderer_names()}
FRAMES = "/model/m/invoke-with-response-stream"
PATHS = ("/v1/responses", "/v1/other", FRAMES)
IDS = {"session": ["header session_id", "body metadata.user_id.session_id"]}
SECRETS = ("sk-proj-Planted/secret+42", 'pass"word\\é-0123', "short1!")
_NOW = 1707123456.0


def cut(data: bytes) -> tuple[list[bytes], bytes]:
    """Take bytes as places to cut at, a zero, and what is to be cut; return the pieces and the whole."""
    places, _, whole = data.partition(b"\0")
    ends, place = [0], 0
    for step in places[:64]:
        place += step
        ends.append(min(place, len(whole)))
    return [whole[begin:end] for begin, end in zip(ends, [*ends[1:], len(whole)], strict=True)], whole


# -- event streams ----------------------------------------------------------------------------------------------


def sse(data: bytes) -> None:
    """An event stream reads the same however it is cut, and each event begins where it says."""
    pieces, whole = cut(data)
    parser, other = SseParser(), SseParser()
    events = [event for piece in pieces for event in parser.feed(piece)] + parser.finish()
    assert events == other.feed(whole) + other.finish()
    assert parser.comments == other.comments
    places = [event.offset for event in events]
    assert places == sorted(set(places))
    assert all(0 <= place < len(whole) for place in places)
    text = whole.decode("utf-8", "replace")
    assert list(SseParser().read(text)) == SseParser().feed(text.encode()) + _finished(text)


def _finished(text: str) -> list[Any]:
    parser = SseParser()
    parser.feed(text.encode())
    return parser.finish()


# -- records, renderers, reports --------------------------------------------------------------------------------


def harmless(text: str) -> bool:
    """Check whether a report has no character that a terminal would obey."""
    left = {char for char in text if not char.isprintable() and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")}
    return left <= {"\n", "\t"}


@contextmanager
def file_of(data: bytes) -> Iterator[Path]:
    """Yield a file with these bytes."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def reader(data: bytes) -> None:
    """A line is an exchange or an error in words; an exchange can be checked, and read by every renderer."""
    for line in data.split(b"\n"):
        try:
            exchange = parse_exchange(line, 1)
        except ValueError:
            continue
        for problem in exchange_problems(exchange, Path("/nowhere")):
            assert problem
    with file_of(data) as path:
        for renderer in RENDERERS.values():
            trace = read_trace(path, renderer, ids=IDS, on_exchange=_is_harmless)
            assert trace.failures == []


def _is_harmless(traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
    items = (block for item in new for block in item.blocks)
    answers = (block for turn in traced.turns for block in (*turn.asked.notes, *turn.response))
    for blocks in (items, answers, traced.request or (), traced.response or ()):
        assert harmless(markdown(blocks))
    assert len(turns) == len(traced.turns)


def report(data: bytes) -> None:
    """A file of any bytes has a report of either form."""
    run = ReportedRun(title="Title", source="source", generated_at=datetime.fromtimestamp(_NOW, UTC), prompt="Hi.")
    with file_of(data) as path:
        for full in (False, True):
            out = StringIO()
            written = write_report(out, path, run, renderer=load_renderer(AUTO), ids=IDS, full=full)
            assert harmless(out.getvalue())
            assert written.trace.failures == []
            summary = summary_of(written)
            assert json.loads(json_of(summary)) == msgspec.to_builtins(summary)


def frames(data: bytes) -> None:
    """What is redacted in frames leaves them frames."""
    redacted = applied(data, frame_edits(data, Redactor(b"salt", SECRETS)))
    before, after = ([frame.kind for frame in read_frames(one)] for one in (data, redacted))
    if not {CUT, DAMAGED} & set(before):
        assert before == after


def bodies(name: str, data: bytes) -> None:
    """A renderer shows any body as a request, an answer and a stream, and raises for none."""
    (_, _, api), *_ = RENDERERS[name].routes
    text = data.decode("utf-8", "replace")
    # One API streams an array, whose end may be missing.
    texts = (*_bodies(text), _as_stream(text), f"[{text}", *([data] if api.reads_bytes else []))
    for body in texts:
        for path in PATHS:
            for status in (200, 400):
                assert harmless(markdown(read_blocks(api, body, path, status)))
            if isinstance(body, dict | list):
                assert harmless(markdown(read_request(api, body, path) or ()))
                for kind in Kind:
                    api.canonical(kind, body)


def _bodies(text: str) -> Iterator[Any]:
    yield text
    exact = exact_json(text)
    # A reader of whole records takes the others.
    if exact is not None and exact[:1] in (b"{", b"["):
        yield json.loads(exact)


def _as_stream(text: str) -> str:
    return "".join(f"event: x\ndata: {line}\n\n" for line in text.split("\n"))


# -- what is redacted and decoded -------------------------------------------------------------------------------


def redactor(data: bytes) -> None:
    """No known secret is left, however a body is cut, and what is left does not depend on the cut."""
    pieces, whole = cut(data)
    one = Redactor(b"salt", SECRETS)
    edits: list[Edit] = []
    kept = b"".join(one.chunks([whole], edits))
    again = b"".join(Redactor(b"salt", SECRETS).chunks(pieces, []))
    assert kept == again
    for secret in SECRETS:
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            assert form.encode() not in kept, form
    position, rebuilt = 0, b""
    for edit in edits:
        assert edit.start >= position
        rebuilt += whole[position : edit.start] + edit.new
        position = edit.start + edit.length
    assert rebuilt + whole[position:] == kept
    text = whole.decode("utf-8", "surrogateescape")
    for shown in (one.text(text), one.header("X-Any", text), one.header("Authorization", text)):
        assert SECRETS[0] not in shown


def decoders(data: bytes) -> None:
    """Any bytes decode to bytes, or to an error of the decoders; the cut makes no difference."""
    names, data = data[:2], data[2:]
    encoding = ", ".join(NAMES[number % len(NAMES)] for number in names).replace("none", "identity")
    pieces, whole = cut(data)
    assert _decoded(encoding, pieces) == _decoded(encoding, [whole])


def _decoded(encoding: str, pieces: list[bytes]) -> bytes | None:
    decoder = decoder_for(encoding)
    if decoder is None:
        return b"".join(pieces)
    try:
        return b"".join(chunk for piece in pieces for chunk in decoder.chunks(piece))
    except DecodeError:
        return None


# -- manifests --------------------------------------------------------------------------------------------------


def manifest(data: bytes) -> None:
    """Any manifest can be listed; what cannot be read is an error in words."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "codex", "20260101T000000Z")
        run.mkdir(parents=True)
        (run / "manifest.json").write_bytes(data)
        with suppress(UserError):
            Manifest.read(run)
        (found,) = all_runs(Path(folder))
        assert printable_json(described(found))


def tunnels(data: bytes) -> None:
    """Any file of tunnels can be counted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, TUNNELS)
        path.write_bytes(data)
        builder = HostsBuilder()
        builder.add_tunnels(read_tunnels(path, lambda _line, why: None))
        found = builder.hosts(CoverageFacts(watched=True))
        assert printable_json(found.as_dict())
        assert harmless(host_table(found))


def printable_json(value: Any) -> bool:
    """Check whether JSON is printed without anything that a terminal would obey."""
    return all(char.isprintable() or char == "\n" for char in printed_json(value))


# -- where they start from --------------------------------------------------------------------------------------


def _lines() -> list[bytes]:
    files = [*sorted(GOLDEN.glob("*/*.jsonl")), *SAMPLES]
    return [line for file in files for line in file.read_bytes().splitlines() if len(line) < 40_000]


def _exchanges() -> list[Exchange]:
    found = []
    for line in _lines():
        # Some cases are about lines that are no records.
        with suppress(ValueError):
            found.append(parse_exchange(line, 1))
    return found


def _texts() -> list[bytes]:
    """Return every body and message of the golden cases and samples as text."""
    found = []
    for exchange in _exchanges():
        payloads = [exchange.request, *([exchange.response] if exchange.response else [])]
        bodies = [payload.body for payload in payloads if payload.body]
        found += [body if isinstance(body, str) else json.dumps(body, ensure_ascii=False) for body in bodies]
        if exchange.websocket:
            found.append("\n".join(message.content for message in exchange.websocket.messages))
    return [text.encode("utf-8", "replace") for text in found if len(text) < 40_000]


def _frames() -> list[bytes]:
    """Return the binary answers of the golden cases, and one with a secret in it."""
    answers = [exchange.response for exchange in _exchanges() if exchange.response]
    said = [chunk({"delta": {"text": text}}) for text in (*SECRETS, SECRETS[0][:9], SECRETS[0][9:])]
    binary = (answer.body for answer in answers if answer.body_kind == "base64")
    return [*(data for body in binary if (data := decoded_base64(body))), b"".join(said)]


def _streams() -> list[bytes]:
    return [b"\x01\x07\x30\0" + text for text in _texts() if b"data:" in text]


def _secrets() -> list[bytes]:
    bodies = [json.dumps({"a": secret, "b": json.dumps({"c": secret})}).encode() for secret in SECRETS]
    texts = [f"Authorization: Bearer {secret}\nhttps://me:{secret}@x.test/?key={secret}".encode() for secret in SECRETS]
    return [b"\x05\x09\x11\0" + data for data in bodies + texts]


def _encoded() -> list[bytes]:
    text = b"".join(b'data: {"n":%d}\n\n' % number for number in range(50))
    once = [bytes([0, number]) + b"\x03\x0b\0" + encode(text, name) for number, name in enumerate(NAMES)]
    return [*once, b"\x01\x02\x03\0" + encode(encode(text, "gzip"), "deflate")]


def _tunnels() -> list[bytes]:
    numbers = {"started": 1.5, "ended": 2.5, "sent": 3, "received": 4, "connected": True}
    return [json.dumps({"host": host, "port": 443, **numbers}).encode() + b"\n" for host in ("a.test", "::1")]


def _manifests() -> list[bytes]:
    return [file.with_name("manifest.json").read_bytes() for file in SAMPLES]


Target = Callable[[bytes], None]
TARGETS: dict[str, tuple[Target, Callable[[], list[bytes]]]] = {
    "sse": (sse, _streams),
    "reader": (reader, _lines),
    "report": (report, _lines),
    **{name: (partial(bodies, name), _texts) for name in RENDERERS},
    **{name: (partial(bodies, name), _frames) for name, one in RENDERERS.items() if one.routes[0][2].reads_bytes},
    "frames": (frames, _frames),
    "redactor": (redactor, _secrets),
    "decoders": (decoders, _encoded),
    "manifest": (manifest, _manifests),
    "tunnels": (tunnels, _tunnels),
}
"""By name: what is called with bytes, and what gives the bytes that the fuzzer starts from."""
