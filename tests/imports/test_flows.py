"""Flows of mitmproxy become runs, as far as they go."""

from __future__ import annotations

import gzip
import io
import pickle
from pathlib import Path

import pytest
from mitmproxy.flow import Flow
from mitmproxy.http import Headers
from mitmproxy.io import FlowWriter, tnetstring
from mitmproxy.test import tflow, tutils

from probe.errors import UserError
from tests.imports.importing import imported


def write(folder: Path, *flows: Flow | bytes) -> Path:
    out = io.BytesIO()
    for one in flows:
        if isinstance(one, bytes):
            out.write(one)
        else:
            FlowWriter(out).add(one)
    file = folder / "recorded.flows"
    file.write_bytes(out.getvalue())
    return file


def packed() -> Flow:
    """Return a flow with a compressed answer."""
    headers = Headers(
        [(b"content-type", b"application/json"), (b"content-encoding", b"gzip"), (b"x", b"1"), (b"x", b"2")]
    )
    return tflow.tflow(
        resp=tutils.tresp(content=gzip.compress(b'{"a": 1}', mtime=0), headers=headers, reason=b"f\xfcr")
    )


def test_a_flow_becomes_an_exchange(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(write(tmp_path, packed(), tflow.twebsocketflow(), tflow.tflow(err=True)), capsys)
    first, second, third = run.exchanges
    assert first.response
    assert second.websocket
    assert (first.request.method, first.request.url) == ("GET", "http://address:22/path")
    assert (first.response.body, first.response.body_text, first.response.reason) == ({"a": 1}, '{"a": 1}', "für")
    assert first.response.headers["x"] == ["1", "2"]
    assert first.response.wire_size == len(gzip.compress(b'{"a": 1}', mtime=0))
    assert (first.response.started, first.response.ended, first.response.pieces) == (946681202, 946681203, [])
    assert [(one.direction, one.type) for one in second.websocket.messages] == [
        ("client", "binary"),
        ("client", "text"),
        ("server", "text"),
    ]
    assert (second.websocket.close_code, second.websocket.close_reason) == (1000, None)
    assert (third.response, third.error) == (None, "error")
    assert run.code == 1  # the last got no answer


def test_flows_of_an_old_version_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = packed().get_state()
    state["version"] = 20
    run = imported(write(tmp_path, tnetstring.dumps(state)), capsys)
    assert run.code == 0


def _newer() -> bytes:
    return tnetstring.dumps(packed().get_state() | {"version": 9999})


BROKEN: dict[str, tuple[list[Flow | bytes], str]] = {
    "of a later version": ([packed(), _newer(), packed()], "flow 2 (byte "),
    "cut short": ([packed(), tnetstring.dumps(packed().get_state())[:-9]], "the file is cut short"),
    "something else behind it": ([packed(), b"\x00\x01\x02"], "no flow begins here"),
    "an absurd length": ([packed(), b"999999999999:"], "999,999,999,999 bytes are announced"),
    "no end of digits": ([packed(), b"9" * 100], "no flow begins here"),
    "a list": ([packed(), tnetstring.dumps([1])], "it is no flow"),
    "a dictionary of something else": ([packed(), tnetstring.dumps({"version": 21, "type": "http"})], "KeyError"),
    "an unknown type": ([packed(), tnetstring.dumps({"version": 21, "type": "x"})], "flow 2"),
}


@pytest.mark.parametrize(("flows", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_what_can_be_read_of_broken_flows_is_kept(
    flows: list[Flow | bytes], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = imported(write(tmp_path, *flows), capsys)
    assert (run.code, len(run.exchanges)) == (1, sum(isinstance(one, Flow) for one in flows))
    assert any(said in problem for problem in run.problems), run.problems


def test_nesting_without_end_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = b"0:]"
    for _ in range(20_000):
        data = b"%d:" % len(data) + data + b"]" if len(data) < 90_000 else data
    run = imported(write(tmp_path, packed(), data), capsys)
    assert "flow 2" in run.problems[0]


def test_other_flows_than_http_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(write(tmp_path, packed(), tflow.ttcpflow(), tflow.tdnsflow()), capsys)
    assert (run.code, len(run.exchanges)) == (0, 1)
    assert "it is a flow of tcp, and left out" in run.said


def test_a_pickle_is_never_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "recorded.flows"
    file.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(UserError, match="no known format"):
        imported(file, capsys)
