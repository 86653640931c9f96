"""What every exchange and every run has to end with, whatever broke on the way."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from probe.record.exchange import Payload
from probe.replay.timed_answer import stored_bytes
from probe.verify.__main__ import main as verify
from tests.support.captures import Ended, Listening, Machine
from tests.support.raw import END_OF_HEAD, Wire, answer, body, dial, head, request

NEXT = "/next"
FINE = answer(b"fine")
QUESTION = b'{"model":"m","input":"Was kostet das?"}'


def check(payload: Payload | None, data: bytes) -> None:
    """Compare a recorded body with the bytes that crossed."""
    assert payload is not None
    assert (payload.size, payload.sha256, payload.lost) == (len(data), hashlib.sha256(data).hexdigest(), 0)
    assert stored_bytes(payload) == data


def received(records: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Count the hashes of all that an agent's calls of the model got, bodies decoded and WebSocket messages alike."""
    parts: list[Mapping[str, Any]] = []
    for record in records:
        if record.get("websocket"):
            parts += [one for one in record["websocket"]["messages"] if one["direction"] == "server"]
        elif record["request"]["method"] == "POST" and record.get("response"):
            parts.append(record["response"])
    return Counter(part.get("stored_sha256") or part["sha256"] for part in parts)


def content(received: bytes) -> bytes:
    """Return what a client got of an answer's body, as far as it came, the chunks' frames taken off."""
    fields, _, data = received.partition(END_OF_HEAD)
    if b"chunked" not in fields.lower():
        return data
    pieces = b""
    while b"\r\n" in data:
        size, _, data = data.partition(b"\r\n")
        pieces, data = pieces + data[: int(size, 16)], data[int(size, 16) + 2 :]
        if int(size, 16) == 0:
            break
    return pieces


def fine(wire: Wire) -> None:
    """Answer every request."""
    while True:
        body(wire, head(wire))
        wire.send(FINE)


def check_next(live: Listening, listener: str = "model") -> None:
    """Check that the next exchange is whole, on the wire and on the record."""
    with dial(live.urls[listener]) as agent:
        agent.send(request(NEXT, QUESTION))
        assert agent.take(len(FINE)) == FINE
    exchange = live.record(NEXT)
    check(exchange.request, QUESTION)
    check(exchange.response, b"fine")
    assert exchange.error is None


def check_end(machine: Machine, ended: Ended, *, written: int, cut_short: int, left: int = 0) -> None:
    """Check the script's verdict, and that the run proves what it holds; `left` of those cut short left the agent."""
    counts = machine.manifest["counts"]
    assert (counts["seen"], counts["written"], counts["cut_short"]) == (written, written, cut_short)
    assert ended.code == (1 if cut_short > left else 0), ended.stderr
    assert (f"note: the agent left {left} of {written} exchanges before the end" in ended.stderr) == bool(left)
    assert "Traceback" not in ended.stderr
    log = (machine.run_folder / "proxy.log").read_text()
    assert [words for words in ("has crashed", "Addon error", "could not be written") if words in log] == []
    run = ["--run", str(machine.run_folder)]
    assert (verify(run), verify([*run, "--strict"])) == (ended.code, 1 if cut_short else 0)
