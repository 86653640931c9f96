"""Only loopback listens: whatever a script of ours opens, the kernel knows it as an address of this machine alone."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probe.places import PROJECT
from probe.wire.ports import free_ports
from tests.support.certificates import Authority
from tests.support.client import ask
from tests.support.provider import Provider, provider_running
from tests.support.running import Running
from tests.support.sockets import Open, open_sockets

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into other processes' environment"),
]

WAITING = [sys.executable, "-c", "print('waiting', flush=True); import time; time.sleep(300)"]


@contextmanager
def tls_provider(folder: Path, pause: float = 0.0) -> Iterator[tuple[Provider, list[str]]]:
    """Serve over TLS: a listener in front of such an upstream binds UDP besides. Give the options that lead there."""
    authority = Authority()
    (folder / "ca.pem").write_bytes(authority.pem)
    with provider_running(ssl_context=authority.server_context(), pause=pause) as provider:
        yield provider, ["--upstream", f"model={provider.url}", "--upstream-ca", str(folder / "ca.pem")]


def listening(running: Running) -> set[Open]:
    """Return what a script and all that it started listen on."""
    return open_sockets(running.processes())


def expected(running: Running) -> set[Open]:
    """Return what the manifest says that listens."""
    ports = [int(one["address"].rpartition(":")[2]) for one in running.manifest()["listeners"].values()]
    return {Open(kind, "127.0.0.1", port) for port in ports for kind in ("tcp", "udp")}


def test_proxies_listen_on_loopback_only(tmp_path: Path) -> None:
    model, backend = free_ports(2)
    ports = ["--port", f"model={model}", "--port", f"backend={backend}"]
    with tls_provider(tmp_path) as (provider, options):
        upstream = ["--upstream", f"backend={provider.url}"]
        with Running(tmp_path, "probe.proxies", "--target", "codex", *options, *upstream, *ports) as running:
            running.until_said("Ctrl-C ends it.")
            assert ask(f"http://127.0.0.1:{model}/v1/models", method="GET").status == 200
            found = listening(running)
            assert {(one.kind, one.port) for one in found} >= {(k, p) for k in ("tcp", "udp") for p in (model, backend)}
            assert [one for one in found if not one.loopback] == []
            running.send(signal.SIGINT)
            running.wait()


def test_a_capture_listens_on_loopback_only(tmp_path: Path) -> None:
    with tls_provider(tmp_path) as (provider, options):
        backend = ["--upstream", f"backend={provider.url}"]
        with Running(tmp_path, "probe.capture", "--target", "codex", *options, *backend, "--", *WAITING) as running:
            running.until_said("waiting")
            found = listening(running)
            assert found >= expected(running)
            assert [one for one in found if not one.loopback] == []


def test_the_demo_agent_and_its_replay_listen_on_loopback_only(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", "--target", "demo", "--", *WAITING) as running:
        running.until_said("waiting")
        found = listening(running)
        # A listener, and behind it the server of the recording.
        assert len([one for one in found if one.kind == "tcp"]) >= 2
        assert [one for one in found if not one.loopback] == []


def test_the_demo_agent_itself_listens_nowhere(tmp_path: Path) -> None:
    with tls_provider(tmp_path, pause=0.02) as (_, options):
        words = ["--target", "demo", *options, "--replay", "", "--prompt", "List the files"]
        with Running(tmp_path, "probe.capture", *words, env={"OPENAI_API_KEY": "sk-demo-0123456789"}) as running:
            seen: set[Open] = set()
            while running.process.poll() is None:
                seen |= listening(running)
            assert running.wait() == 0, running.stderr
            assert seen >= expected(running)
            assert [one for one in seen if not one.loopback] == []


def test_a_replay_listens_on_loopback_only(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.replay", "--run", str(PROJECT / "data/codex/sample")) as running:
        running.until_said("Ctrl-C ends it")
        found = listening(running)
        assert len(found) == 1
        assert [one for one in found if not one.loopback] == []
