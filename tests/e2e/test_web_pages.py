"""A web page of elsewhere uses no listener, and what it tried is on the record."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.captures import Machine, ended, ending, wait_for
from tests.support.provider import Provider, provider_running
from tests.support.raw import UPGRADE, Wire, dial, request

EVIL = "Origin: https://evil.example"
OWN_TARGET = """
description: An agent in a container, and a page.
listeners:
  model: {{port: 18080, upstream: "{url}"}}
allow_hosts: [host.docker.internal, "*.app.example"]
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Serve the model."""
    with provider_running() as running:
        yield running


def status(wire: Wire) -> str:
    """Read an answer's status."""
    return wire.until(b"\r\n").split()[1].decode()


ASKED = {
    "a page's request": request("/v1/responses", b"{}", EVIL),
    "a page's question before it": request("/v1/responses", b"", EVIL, method="OPTIONS"),
    "a page's WebSocket": request("/v1/responses", b"", EVIL, *UPGRADE, method="GET"),
    "a page's upload that does not end": request("/v1/responses", b"", EVIL).replace(b"Length: 0", b"Length: 99999"),
    "a page under a name that leads here": request("/v1/models", method="GET").replace(b"localhost", b"evil.example"),
}


@pytest.mark.slow
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED.keys())
def test_what_a_page_of_elsewhere_asks_is_refused_and_recorded(
    machine: Machine, provider: Provider, asked: bytes
) -> None:
    with machine.listening(f"--upstream=model={provider.url}", f"--upstream=backend={provider.url}") as live:
        with dial(live.url) as wire:
            wire.send(asked)
            assert status(wire) == "403"
            assert b"agent-probe refused this request" in wire.rest()
        wait_for(lambda: machine.run_folder.joinpath("traffic.jsonl").stat().st_size, "the record")
        with dial(live.url) as wire:
            wire.send(request("/v1/models", b"", "Connection: close", method="GET"))
            assert status(wire) != "403"
            wire.rest()
        done = live.end()
    # It is the page's doing, so the capture of the agent has not failed.
    assert (done.code, "WARNING" in done.stderr) == (0, False), done.stderr
    assert "note: 1 of 2 requests were refused, the first because: " in done.stderr
    assert machine.manifest["counts"].items() >= {"seen": 2, "written": 2, "refused": 1}.items()
    refused, served = machine.records
    assert "evil.example" in (refused.error or "")
    assert "allow_hosts" in (refused.error or "")
    assert (refused.response, refused.request.size) == (None, 0)
    assert "evil.example" in f"{refused.request.header('origin')} {refused.request.header('host')}"
    assert (refused.refused, served.refused) == (True, False)
    assert served.response


def test_what_only_pages_asked_is_not_taken_for_the_agents(machine: Machine, provider: Provider) -> None:
    with machine.listening(f"--upstream=model={provider.url}") as live:
        with dial(live.url) as wire:
            wire.send(request("/v1/responses", b"{}", EVIL))
            assert status(wire) == "403"
        live.record("/v1/responses")
        done = live.end()
    assert done.code == 1
    assert "nothing was captured" in done.stderr


def test_what_the_target_allows_passes(machine: Machine, provider: Provider, tmp_path: Path) -> None:
    targets = tmp_path / "targets"
    targets.mkdir()
    (targets / "own.yaml").write_text(OWN_TARGET.format(url=provider.url))
    options, env = ["--target=own"], {"PROBE_TARGETS": str(targets)}
    with machine.listening(*options, env=env) as live:
        for origin, expected in (("https://www.app.example", False), ("https://app.example", True)):
            with dial(live.url) as wire:
                wire.send(
                    request("/v1/models", b"", f"Origin: {origin}").replace(b"localhost", b"host.docker.internal")
                )
                assert (status(wire) == "403") == expected


SPELLINGS = ["127.0.0.1", "127.1", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "{own}"]


@pytest.mark.parametrize("listener", ["its own", "the model's"])
def test_what_leads_back_into_the_proxies_ends_after_one_turn(
    machine: Machine, provider: Provider, listener: str
) -> None:
    ended_at = {}
    with machine.listening("--coverage", f"--upstream=model={provider.url}") as live:
        coverage = machine.manifest["coverage"]["address"]
        port = (coverage if listener == "its own" else live.url).rpartition(":")[2]
        for spelling in SPELLINGS:
            place = f"{spelling.format(own=socket.gethostname())}:{port}"
            ended_at[spelling] = {*_asked_plainly(coverage, place), *_asked_through_a_tunnel(coverage, place)}
    assert {spelling: found for spelling, found in ended_at.items() if found - {"403", "502"}} == {}
    assert machine.manifest["coverage"]["seen"] <= 4 * len(SPELLINGS)


def _asked_plainly(coverage: str, place: str) -> Iterator[str]:
    with dial(f"http://{coverage}") as wire:
        wire.send(f"GET http://{place}/ HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        yield status(wire)


def _asked_through_a_tunnel(coverage: str, place: str) -> Iterator[str]:
    with dial(f"http://{coverage}") as wire:
        wire.send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        answered = status(wire)
        if answered == "200":
            wire.until(b"\r\n")
            wire.send(f"GET http://{place}/ HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
            yield status(wire)


def test_the_proxies_have_all_the_files_that_the_system_gives(machine: Machine, provider: Provider) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    show = ["/bin/sh", "-c", "ulimit -Sn; exec cat"]
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        running = machine.start("capture", *machine.capture_options(), f"--upstream=model={provider.url}", "--", *show)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with ending(running):
        manifest = machine.run_folder / "manifest.json"
        wait_for(lambda: manifest.exists() and machine.manifest.get("listeners"), "the listener")
        url = f"http://{machine.manifest['listeners']['model']['address']}"
        wires = [dial(url) for _ in range(80)]
        for wire in wires:
            wire.send(request("/v1/responses", b'{"stream": true, "input": [{"role": "user", "content": "x"}]}'))
        assert [status(wire) for wire in wires] == ["200"] * 80
        for wire in wires:
            wire.close()
        # What it is for the agent is the user's.
        assert ended(running).stdout.startswith("64\n")
