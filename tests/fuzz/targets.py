"""What is fuzzed: each target takes any bytes and raises where something breaks its promise."""

from __future__ import annotations

import json
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from probe.analysis.structure import ExchangeStructure
from probe.analysis.turns import TurnsBuilder
from probe.renderers.bodies import bytes_of
from probe.renderers.markdown import markdown
from probe.report.coverage import channel_table
from probe.report.log import Log
from probe.report.turns import turn_section

from probe.addon.aws_event_stream import CUT, DAMAGED, frame_edits, read_frames
from probe.addon.decoders import DecodeError, decoder_for
from probe.addon.json_text import exact_json
from probe.addon.redaction.edits import Edit, applied
from probe.addon.redaction.redactor import Redactor
from probe.analysis.hosts import ChannelsBuilder
from probe.analysis.prices import Prices
from probe.analysis.summary import summarise
from probe.cli.edge import printed_json
from probe.errors import UserError
from probe.record.exchange import Exchange
from probe.record.integrity import exchange_problems
from probe.record.manifest import Manifest
from probe.record.reader import parse_exchange
from probe.record.runs import all_runs
from probe.record.tunnels import TUNNELS, read_tunnels
from probe.renderers import Renderer, load_renderer
from probe.renderers.sse import SseParser
from probe.report import write_report
from probe.runs import described
from probe.targets import PROJECT
from tests.conftest import GOLDEN
from tests.support.encodings import NAMES, encode
from tests.support.frames import chunk

SAMPLES = sorted((PROJECT / "data").glob("*/*/traffic.jsonl"))
RENDERED = (
    *("openai_responses", "openai_chat_completions", "anthropic_messages", "gemini_generate_content", "bedrock"),
    "generic",
)
RENDERERS = {name: load_renderer(f"probe.renderers.{name}") for name in RENDERED}
SECRETS = ("sk-proj-Planted/secret+42", 'pass"word\\é-0123', "short1!")
_NOW = 1707123456.0


def cut(data: bytes) -> tuple[list[bytes], bytes]:
    """Take bytes as places to cut at, a zero, and what is to be cut; give the pieces and the whole."""
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
    """Tell whether a report has no character that a terminal would obey."""
    left = {char for char in text if not char.isprintable() and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")}
    return left <= {"\n", "\t"}


def told(exchange: Exchange, renderer: Renderer) -> None:
    """Tell an exchange in a report's log, as every renderer of ours must be able to."""
    turns = TurnsBuilder({"session": ["header session_id", "body metadata.user_id.session_id"]})
    log = Log(renderer, exchange.timestamp, turns.add)
    assert harmless(log.entry(1, exchange))
    assert log.failures == 0
    assert harmless(turn_section(turns.turns, Prices(), exchange.timestamp))


def reader(data: bytes) -> None:
    """A line is an exchange or an error in words; an exchange can be counted, checked, told and written down."""
    for line in data.split(b"\n"):
        try:
            exchange = parse_exchange(line, 1)
        except ValueError:
            continue
        summarise([exchange])
        structure = ExchangeStructure()
        structure.add(exchange)
        structure.requests.structure()
        structure.responses.structure()
        for problem in exchange_problems(exchange, Path("/nowhere")):
            assert problem
        for renderer in RENDERERS.values():
            renderer.is_complete(exchange)
            told(exchange, renderer)


def report(data: bytes) -> None:
    """A file of any bytes has a report."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(data)
        file.flush()
        out = StringIO()
        write_report(
            out,
            Path(file.name),
            title="Title",
            source="source",
            generated_at=datetime.fromtimestamp(_NOW, UTC),
            renderer=RENDERERS["openai_responses"],
        )
        assert harmless(out.getvalue())


def renderer_of_responses(data: bytes) -> None:
    """The renderer of the Responses API tells any body, and raises for none."""
    _renders(data, "openai_responses")


def renderer_of_chat_completions(data: bytes) -> None:
    """The renderer of the Chat Completions API tells any body, and raises for none."""
    _renders(data, "openai_chat_completions")


def renderer_of_messages(data: bytes) -> None:
    """The renderer of the Messages API tells any body, and raises for none."""
    _renders(data, "anthropic_messages")


def renderer_of_gemini(data: bytes) -> None:
    """The renderer of the Gemini API tells any body, and what may be an array cut short, and raises for none."""
    _renders(data, "gemini_generate_content")
    array = f"[{data.decode('utf-8', 'replace')}"
    assert harmless(markdown(RENDERERS["gemini_generate_content"].response("/", array, 200)))


def renderer_of_frames(data: bytes) -> None:
    """The renderer of Bedrock tells any bytes, and what is redacted in frames leaves them frames."""
    path = "/model/m/invoke-with-response-stream"
    assert harmless(markdown(RENDERERS["bedrock"].response(path, data, 200)))
    redacted = applied(data, frame_edits(data, Redactor(b"salt", SECRETS)))
    before, after = ([frame.kind for frame in read_frames(one)] for one in (data, redacted))
    if not {CUT, DAMAGED} & set(before):
        assert before == after


def renderer_of_anything(data: bytes) -> None:
    """The generic renderer tells any body, and raises for none."""
    _renders(data, "generic")


def _renders(data: bytes, name: str) -> None:
    renderer = RENDERERS[name]
    text = data.decode("utf-8", "replace")
    for body in _bodies(text):
        for path in ("/v1/responses", "/v1/other"):
            for blocks in (renderer.request(path, body), renderer.response(path, body, 200)):
                assert harmless(markdown(blocks))
    assert harmless(markdown(renderer.response("/v1/responses", tuple(text.split("\n")), 200)))
    assert harmless(markdown(renderer.response("/v1/responses", _as_stream(text), 400)))


def _bodies(text: str) -> Iterator[Any]:
    yield text
    if (exact := exact_json(text)) is not None:
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
    """Any manifest can be listed; what cannot be read is told in words."""
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
        builder = ChannelsBuilder()
        builder.add_tunnels(read_tunnels(path, lambda _line, why: None))
        found = builder.channels({"watched": True})
        assert printable_json(found.as_dict())
        assert harmless(channel_table(found))


def printable_json(value: Any) -> bool:
    """Tell whether JSON is printed without anything that a terminal would obey."""
    return all(char.isprintable() or char == "\n" for char in printed_json(value))


# -- where they start from --------------------------------------------------------------------------------------


def _lines() -> list[bytes]:
    files = [*sorted(GOLDEN.glob("*/*.jsonl")), *SAMPLES]
    return [line for file in files for line in file.read_bytes().splitlines() if len(line) < 40_000]


def _exchanges() -> list[Exchange]:
    return [parse_exchange(line, 1) for line in _lines()]


def _texts() -> list[bytes]:
    """Give every body and message of the golden cases and samples as text."""
    found = []
    for exchange in _exchanges():
        payloads = [exchange.request, *([exchange.response] if exchange.response else [])]
        bodies = [payload.body for payload in payloads if payload.body]
        found += [body if isinstance(body, str) else json.dumps(body, ensure_ascii=False) for body in bodies]
        if exchange.websocket:
            found.append("\n".join(message.content for message in exchange.websocket.messages))
    return [text.encode("utf-8", "replace") for text in found if len(text) < 40_000]


def _frames() -> list[bytes]:
    """Give the binary answers of the golden cases, and one with a secret in it."""
    answers = [exchange.response for exchange in _exchanges() if exchange.response]
    said = [chunk({"delta": {"text": text}}) for text in (*SECRETS, SECRETS[0][:9], SECRETS[0][9:])]
    return [*(data for answer in answers if (data := bytes_of(answer))), b"".join(said)]


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
    "responses": (renderer_of_responses, _texts),
    "chat": (renderer_of_chat_completions, _texts),
    "messages": (renderer_of_messages, _texts),
    "gemini": (renderer_of_gemini, _texts),
    "frames": (renderer_of_frames, _frames),
    "generic": (renderer_of_anything, _texts),
    "redactor": (redactor, _secrets),
    "decoders": (decoders, _encoded),
    "manifest": (manifest, _manifests),
    "tunnels": (tunnels, _tunnels),
}
"""By name: what is called with bytes, and what gives the bytes that the fuzzer starts from."""
