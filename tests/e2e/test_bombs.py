"""A compression bomb reaches the agent as it was sent, and fills neither the proxy's memory nor the disk."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from probe.record.exchange import Payload
from probe.record.runs import TRAFFIC
from tests.support.bombs import bomb
from tests.support.captures import Listening, Machine, wait_for
from tests.support.client import ask
from tests.support.encodings import encode
from tests.support.upstream import Handler, upstream_running

pytestmark = pytest.mark.slow

SIZE = 10 << 30
MEMORY = 300 << 20
"""Far below the bomb, far above what a proxy needs."""
BOMBS = {
    "gzip": bomb("gzip", SIZE),
    "deflate": bomb("deflate", SIZE),
    "br": bomb("br", SIZE),
    "zstd": bomb("zstd", SIZE),
    "gzip, gzip": encode(bomb("gzip", SIZE), "gzip"),
}


def peak_memory(live: Listening) -> int:
    """Return the most memory that the proxy ever had."""
    status = Path(f"/proc/{live.proxy_process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def lines(machine: Machine) -> int:
    """Count the records so far; the line that is being written counts when it is whole."""
    return (machine.run_folder / TRAFFIC).read_bytes().count(b"\n")


def wire_form(payload: Payload | None) -> bytes:
    """Return a body that was kept as it was on the wire."""
    assert payload is not None
    assert payload.decode_error is not None
    assert "more than 64 MB and 100 times its size on the wire" in payload.decode_error
    assert payload.body_kind == "base64"
    return base64.b64decode(payload.body)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_bombs_cross_and_are_kept_as_they_came_in_little_memory(machine: Machine) -> None:
    def explode(handler: Handler) -> None:
        encoding = handler.path.partition("?")[2].replace("+", ", ")
        handler.whole(BOMBS[encoding], ("Content-Encoding", encoding), ("Content-Type", "text/event-stream"))

    with (
        upstream_running({f"/{number}": explode for number in range(len(BOMBS))}) as upstream,
        machine.listening(f"--upstream=model={upstream.url}") as live,
    ):
        for number, (encoding, wire) in enumerate(BOMBS.items()):
            query = encoding.replace(", ", "+")
            answer = ask(f"{live.url}/{number}?{query}", wire, headers={"Content-Encoding": encoding})
            assert answer.body == wire
        wait_for(lambda: lines(machine) == len(BOMBS), "records")
        assert peak_memory(live) < MEMORY
        ended = live.end()
    assert ended.code == 0, ended
    for record, wire in zip(machine.records, BOMBS.values(), strict=True):
        assert wire_form(record.request) == wire_form(record.response) == wire
    assert machine.run("analyze", f"--run={machine.run_folder}").code == 0
    report = (machine.run_folder / "report.md").read_text()
    assert report.count("**not decoded:** content-encoding gzip: it decodes to more than") == 2
