"""Records of large exchanges are made in a process of its own, and nothing is lost or told twice when that dies."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator

import psutil
import pytest

from tests.support.captures import Listening, Machine, wait_for
from tests.support.client import ask
from tests.support.provider import Provider, provider_running

pytestmark = pytest.mark.slow

PATH = "/v1/responses"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provider_running() as provider:
        yield provider


def large(number: int, *, text: str = "") -> bytes:
    """Make a request of three megabytes."""
    return json.dumps({"model": "m", "number": number, "text": text, "input": "word " * 600_000}).encode()


def recorder(live: Listening) -> psutil.Process | None:
    """Return the process that makes records; None while there is none."""
    children = live.proxy_process.children()
    return next((one for one in children if "probe.wire.recorder" in one.cmdline()), None)


def written(machine: Machine) -> int:
    """Count the lines of the record; the last one may still be being written."""
    return (machine.run_folder / "traffic.jsonl").read_bytes().count(b"\n")


def test_large_records_are_made_beside_the_proxies(machine: Machine, provider: Provider) -> None:
    bodies = [large(number) for number in range(3)]
    with machine.listening(f"--upstream=model={provider.url}") as live:
        ask(live.url + PATH, b"{}")
        live.record(PATH)
        # Small ones need no other process.
        assert recorder(live) is None
        for body in bodies:
            ask(live.url + PATH, body)
        process = wait_for(lambda: recorder(live), "the process that makes records")
        wait_for(lambda: process.nice() > live.proxy_process.nice(), "lower priority")
        assert live.end().code == 0
    assert not process.is_running()
    assert [one.request.sha256 for one in machine.records][1:] == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert machine.manifest["counts"] == {
        "seen": 4,
        "written": 4,
        "refused": 0,
        "cut_short": 0,
        "websocket_messages": 0,
    }
    assert machine.run("verify", "--run", str(machine.run_folder)).code == 0


def test_what_the_proxies_learned_is_redacted_there(machine: Machine, provider: Provider) -> None:
    early, late = secrets.token_hex(20), secrets.token_hex(20)
    with machine.listening(f"--upstream=model={provider.url}") as live:
        ask(live.url + PATH, large(1, text=f"before {early}"), headers={"authorization": f"Bearer {early}"})
        wait_for(lambda: written(machine), "the first record")
        ask(live.url + PATH, b"{}", headers={"authorization": f"Bearer {late}"})
        ask(live.url + PATH, large(2, text=f"after {late} and {early}"))
        assert live.end().code == 0
    text = (machine.run_folder / "traffic.jsonl").read_text()
    assert early not in text
    assert late not in text
    assert [one.request.redactions for one in machine.records] == [1, 0, 2]


def test_a_recorder_that_was_killed_costs_nothing(machine: Machine, provider: Provider) -> None:
    bodies = [large(number) for number in range(4)]
    with machine.listening(f"--upstream=model={provider.url}") as live:
        ask(live.url + PATH, bodies[0])
        wait_for(lambda: written(machine), "the first record")
        process = wait_for(lambda: recorder(live), "the process that makes records")
        # Stopped, so that the next record is under way when it is killed.
        process.suspend()
        for body in bodies[1:]:
            ask(live.url + PATH, body)
        process.kill()
        assert live.end().code == 0
    assert [one.request.sha256 for one in machine.records] == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert machine.run("verify", "--run", str(machine.run_folder)).code == 0


def test_proxies_that_are_killed_while_a_record_is_made_lose_nothing(machine: Machine, provider: Provider) -> None:
    bodies = [large(number) for number in range(3)]
    with machine.listening(f"--upstream=model={provider.url}") as live:
        ask(live.url + PATH, bodies[0])
        wait_for(lambda: written(machine), "the first record")
        process = wait_for(lambda: recorder(live), "the process that makes records")
        process.suspend()
        for body in bodies[1:]:
            ask(live.url + PATH, body)
        live.proxy_process.kill()
        process.resume()
        assert live.end().code == 1
    told = sorted(one.request.sha256 or "" for one in machine.records)
    assert told == sorted(hashlib.sha256(body).hexdigest() for body in bodies)
    assert [one.error for one in machine.records] == [None, None, None]
    assert machine.run("verify", "--run", str(machine.run_folder)).code == 0
