"""Any mitmdump records with the addon, with nothing of this project installed or told."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from probe.places import PROJECT
from probe.record.exchange import Exchange
from probe.wire.ports import free_ports
from tests.support.captures import ending, read_records, wait_for
from tests.support.client import ask, begin, connect, read_until
from tests.support.forward_proxy import proxy_running
from tests.support.provider import provider_running
from tests.support.upstream import STEP_SECONDS, Handler, upstream_running
from tests.support.wirelog import Bytes

pytestmark = pytest.mark.slow

TAP = Path("probe/addon/tap.py")
PATH = "/v1/responses"
QUESTION = b'{"model":"test-model","input":"Hello"}'
EVENT = b"data: 1\n\n"


class Mitmdump:
    """A mitmdump that somebody else has started, with our addon."""

    def __init__(self, port: int, process: subprocess.Popen[str], output: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._process = process
        self._output = output

    def is_ready(self) -> bool:
        """Check whether the addon said that it records; an open port does not mean that."""
        assert self._process.poll() is None, self._output.read_text()
        return "recording into" in self._output.read_text()

    def begin_end(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> str:
        """Send it a signal, wait for its end, and give what it said."""
        self.begin_end(number)
        self._process.wait(STEP_SECONDS)
        return self._output.read_text()


@contextmanager
def mitmdump(
    folder: Path, upstream: str, *, project: Path = PROJECT, scripts: Sequence[Path] = (), **environ: str
) -> Iterator[Mitmdump]:
    """Run the mitmdump beside the running Python, from another folder; the addon is named by its path alone.

    `scripts` are addons that stand behind it.
    """
    (port,) = free_ports(1)
    command = [str(Path(sys.executable).with_name("mitmdump")), "--mode", f"reverse:{upstream}@127.0.0.1:{port}"]
    command += ["-s", str(project / TAP), "--set", f"confdir={folder / 'mitmproxy'}"]
    command += [word for script in scripts for word in ("-s", str(script))]
    # Python would write bytecode beside the addon, where a test looks for what was written.
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **own, **environ}
    output = folder / f"mitmdump-{port}.log"
    with output.open("w") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, text=True
        )
    with ending(process):
        proxy = Mitmdump(port, process, output)
        wait_for(proxy.is_ready, f"mitmdump on port {port}")
        yield proxy


def _whole(exchange: Exchange) -> tuple[bool, str | None]:
    """Check whether there is a response, and the error."""
    return exchange.response is not None, exchange.error


def test_an_exchange_becomes_a_whole_record(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with provider_running(encoding="gzip") as provider:
        with mitmdump(tmp_path, provider.url, TRAFFIC_OUTPUT_DIR=str(out)) as proxy:
            answer = ask(proxy.url + PATH, QUESTION, headers={"authorization": "Bearer sk-planted-key"})
            said = proxy.end()
        provider.log.wait_settled()
    (exchange,), (sent,) = read_records(out), provider.log.responses
    assert (_whole(exchange), exchange.listener) == ((True, None), None)
    assert exchange.response is not None
    assert (exchange.request.size, exchange.request.sha256) == (len(QUESTION), Bytes.of(QUESTION).sha256)
    assert (exchange.response.size, exchange.response.sha256) == (sent.decoded.size, sent.decoded.sha256)
    assert (exchange.response.wire_size, Bytes.of(answer.body)) == (sent.wire.size, sent.wire)
    assert provider.log.requests[0].header("authorization") == "Bearer sk-planted-key"
    assert "sk-planted-key" not in (out / "traffic.jsonl").read_text()
    assert "Traceback" not in said


def test_two_mitmdumps_share_one_file(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    with (
        provider_running() as provider,
        mitmdump(tmp_path, provider.url, TRAFFIC_OUTPUT_DIR=out) as one,
        mitmdump(tmp_path, provider.url, TRAFFIC_OUTPUT_DIR=out) as two,
    ):
        bases = [f"{one.url}/one", f"{two.url}/two"]
        _ask_at_once([f"{base}/{n}/responses" for n in range(25) for base in bases])
        one.end()
        two.end()
    records = read_records(tmp_path / "out")
    paths = sorted(exchange.request.url.removeprefix(provider.url) for exchange in records)
    assert paths == sorted(f"/{name}/{n}/responses" for n in range(25) for name in ("one", "two"))
    assert {_whole(exchange) for exchange in records} == {(True, None)}


def _ask_at_once(urls: list[str]) -> None:
    """Post a question to every URL, each from a thread of its own."""
    threads = [threading.Thread(target=ask, args=(url, QUESTION)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STEP_SECONDS)


def test_a_sigterm_in_the_middle_of_a_stream_leaves_one_record_of_what_had_come(tmp_path: Path) -> None:
    released = threading.Event()

    def begin_only(handler: Handler) -> None:
        handler.stream()
        handler.chunk(EVENT)
        released.wait(STEP_SECONDS)

    with (
        upstream_running({"/a": begin_only}) as upstream,
        mitmdump(tmp_path, upstream.url, TRAFFIC_OUTPUT_DIR=str(tmp_path)) as proxy,
        closing(connect(proxy.url)) as connection,
    ):
        assert read_until(begin(connection, proxy.url + "/a", QUESTION), EVENT) == EVENT
        said = proxy.end(signal.SIGTERM)
        released.set()
    (exchange,) = read_records(tmp_path)
    # A second try to write it down would be told here.
    assert ("1 exchanges seen, 1 written" in said, "could not be written" in said) == (True, False)
    assert exchange.response is not None
    assert exchange.response.body == EVENT.decode()
    assert "stopped" in str(exchange.error)


LATE = """
import asyncio, pathlib

async def done():
    pathlib.Path("ending").touch()
    await asyncio.sleep(1)
"""


@pytest.mark.parametrize("new", [True, False], ids=["over a new connection", "over one that is open"])
def test_what_comes_once_the_record_is_closed_is_not_passed_on(tmp_path: Path, new: bool) -> None:
    """Another addon takes its time to end, so mitmproxy still runs when ours has ended."""
    late = tmp_path / "late.py"
    late.write_text(LATE)
    asked: list[str] = []

    def note(handler: Handler) -> None:
        asked.append(handler.path)
        handler.whole(b"ok")

    with (
        upstream_running({"/before": note, "/after": note}) as upstream,
        mitmdump(tmp_path, upstream.url, scripts=[late], TRAFFIC_OUTPUT_DIR=str(tmp_path)) as proxy,
        closing(connect(proxy.url)) as connection,
    ):
        connection.request("GET", "/before")
        assert connection.getresponse().read() == b"ok"
        proxy.begin_end()
        wait_for((tmp_path / "ending").exists, "the end of the addons")
        with closing(connect(proxy.url)) as another, suppress(OSError, HTTPException):
            late_one = another if new else connection
            late_one.request("GET", "/after")
            late_one.getresponse().read()
        proxy.end()
    assert asked == ["/before"]
    assert [exchange.request.url for exchange in read_records(tmp_path)] == [f"{upstream.url}/before"]


def test_without_an_output_folder_records_go_beside_the_addon(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    # No more than the addon and the packages around it: it needs nothing else of this project.
    for package in ("probe",):
        (copy / package).mkdir(parents=True)
        shutil.copy(PROJECT / package / "__init__.py", copy / package)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / TAP.parent, copy / TAP.parent, ignore=ignore)
    before = {path.name for path in (copy / TAP.parent).iterdir()}
    with provider_running() as provider, mitmdump(tmp_path, provider.url, project=copy) as proxy:
        assert ask(proxy.url + PATH, QUESTION).status == 200
        proxy.end()
    (exchange,) = read_records(copy / TAP.parent)
    assert _whole(exchange) == (True, None)
    made = {path.name for path in (copy / TAP.parent).iterdir()} - before
    assert made == {"traffic.jsonl", ".redaction-salt"}


def test_it_chains_through_an_upstream_proxy(tmp_path: Path) -> None:
    with (
        provider_running() as provider,
        proxy_running(hosts={"api.example.test": provider.port}, credentials="user:word") as forward,
        mitmdump(
            tmp_path,
            "http://api.example.test",
            TRAFFIC_OUTPUT_DIR=str(tmp_path),
            TRAFFIC_UPSTREAM_PROXY=forward.url,
        ) as proxy,
    ):
        assert ask(proxy.url + PATH, QUESTION).status == 200
        proxy.end()
    assert [(seen.method, seen.target, seen.status) for seen in forward.seen] == [
        ("CONNECT", "api.example.test:80", 200)
    ]
    (exchange,) = read_records(tmp_path)
    assert (_whole(exchange), exchange.request.url) == ((True, None), f"http://api.example.test{PATH}")
