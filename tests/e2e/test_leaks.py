"""With proxies set in the user's shell, a replay stays on loopback and a capture tells those proxies no key."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.support.captures import Ended, Machine
from tests.support.forward_proxy import ForwardProxy, proxy_running
from tests.support.provider import provider_running
from tests.support.recorded_call import first_body

pytestmark = pytest.mark.slow

KEY = "sk-user-0123456789-planted"
SAMPLES = ("tool-loop", "tool-loop-websocket")
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")

# An agent that obeys the proxy variables, calls its model, and then somebody else.
AGENT = f"""
import os, sys, urllib.error, urllib.request
def post(url):
    headers = {{"Authorization": "Bearer " + os.environ["CODEX_API_KEY"], "Content-Type": "application/json"}}
    try:
        body = {first_body("codex/tool-loop")}
        answer = urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=15)
        answer.read()
        return answer.status
    except urllib.error.HTTPError as error:
        return error.code
print([post(url) for url in [os.environ["OPENAI_BASE_URL"] + "/responses", *sys.argv[1:]]])
"""
ELSEWHERE = "http://telemetry.example.test/v1/traces"


@pytest.fixture
def shell_proxy() -> Iterator[ForwardProxy]:
    """Be the proxy of the user's shell: it takes every plain request and passes none on."""
    with proxy_running(forward_plain=False) as proxy:
        yield proxy


def shell(proxy: ForwardProxy) -> dict[str, str]:
    """Return the environment of a user behind a proxy, who has a key."""
    return {**dict.fromkeys(VARIABLES, proxy.url), "CODEX_API_KEY": KEY, "OPENAI_API_KEY": KEY}


def shell_with(binary: Path, machine: Machine, proxy: ForwardProxy) -> dict[str, str]:
    """Return the same with a program of ours first on the path."""
    return {**shell(proxy), "PATH": f"{binary.parent}:{machine.environment({})['PATH']}"}


def told_a_key(proxy: ForwardProxy) -> list[str]:
    """Return what of all that the proxy saw held the key."""
    return [seen.target for seen in proxy.seen if KEY in f"{seen.target} {seen.headers} {seen.body!r}"]


def run_agent(machine: Machine, proxy: ForwardProxy, *words: str, urls: tuple[str, ...] = ()) -> Ended:
    """Capture the agent above."""
    return machine.capture(*words, "--", sys.executable, "-c", AGENT, *urls, env=shell(proxy))


def test_without_us_the_agent_tells_the_proxy_its_key(machine: Machine, shell_proxy: ForwardProxy) -> None:
    env = machine.environment({**shell(shell_proxy), "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    subprocess.run([sys.executable, "-c", AGENT], env=env, check=True, timeout=30, stdout=subprocess.DEVNULL)
    assert told_a_key(shell_proxy) == ["http://127.0.0.1:9/v1/responses"]


def test_in_a_capture_the_agent_goes_to_its_listener(machine: Machine, shell_proxy: ForwardProxy) -> None:
    with provider_running() as provider:
        ended = run_agent(machine, shell_proxy, f"--upstream=model={provider.url}")
        provider.log.wait_settled()
    assert (ended.code, ended.stdout.splitlines()[0]) == (0, "[200]")
    assert [request.header("authorization") for request in provider.log.requests] == [f"Bearer {KEY}"]
    assert shell_proxy.seen == []


def test_the_users_own_no_proxy_is_kept(machine: Machine, shell_proxy: ForwardProxy) -> None:
    show = [sys.executable, "-c", "import os; print(os.environ['NO_PROXY'], os.environ['no_proxy'])"]
    env = {**shell(shell_proxy), "NO_PROXY": ".corp.example.test", "no_proxy": "10.0.0.0/8"}
    ended = machine.capture("--", *show, env=env)
    loopback = "127.0.0.1,localhost,::1"
    assert ended.stdout.splitlines()[0] == f".corp.example.test,{loopback} 10.0.0.0/8,{loopback}"


@pytest.mark.parametrize("sample", SAMPLES)
def test_in_a_replay_what_goes_elsewhere_is_refused(machine: Machine, shell_proxy: ForwardProxy, sample: str) -> None:
    replay = f"--replay={PROJECT / 'data' / 'codex' / sample}"
    ended = run_agent(machine, shell_proxy, replay, urls=(ELSEWHERE,))
    assert (ended.code, ended.stdout.splitlines()[0]) == (0, "[200, 403]")
    assert shell_proxy.seen == []


def test_in_a_replay_the_agent_gets_no_key_of_the_users(machine: Machine, shell_proxy: ForwardProxy) -> None:
    show = [sys.executable, "-c", "import os; print(sorted(os.environ.items()))"]
    ended = machine.capture(f"--replay={PROJECT / 'data/codex/tool-loop'}", "--", *show, env=shell(shell_proxy))
    assert "CODEX_API_KEY" in ended.stdout
    assert KEY not in ended.stdout
    assert shell_proxy.url not in ended.stdout


def test_a_replay_of_the_demo_stays_on_loopback(machine: Machine, shell_proxy: ForwardProxy) -> None:
    options = [
        f"--data-dir={machine.data}",
        f"--replay={PROJECT / 'data/demo/sample'}",
        "--prompt=Write a prime checker",
    ]
    ended = machine.run("pipeline", "--target=demo", *options, env=shell(shell_proxy))
    assert ended.code == 0, ended
    assert shell_proxy.seen == []


@pytest.mark.agents
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_replay_of_the_real_codex_stays_on_loopback(
    machine: Machine, shell_proxy: ForwardProxy, codex_binary: Path, sample: str
) -> None:
    replay = f"--replay={PROJECT / 'data' / 'codex' / sample}"
    env = shell_with(codex_binary, machine, shell_proxy)
    ended = machine.capture(replay, "--prompt=List the files", env=env)
    assert ended.code == 0, ended
    assert len(machine.records) > 0
    assert shell_proxy.seen == []


@pytest.mark.agents
def test_a_capture_of_the_real_codex_tells_the_proxy_no_key(
    machine: Machine, shell_proxy: ForwardProxy, codex_binary: Path
) -> None:
    env = shell_with(codex_binary, machine, shell_proxy)
    with provider_running() as provider:
        upstreams = [f"--upstream={name}={provider.url}" for name in ("model", "backend")]
        ended = machine.capture(*upstreams, "--prompt=List the files", env=env)
        provider.log.wait_settled()
    assert ended.code == 0, ended
    # The key crossed, and by the listener alone: what else the agent looks for goes through tunnels.
    assert f"Bearer {KEY}" in {request.header("authorization") for request in provider.log.requests}
    assert told_a_key(shell_proxy) == []
    assert {seen.method for seen in shell_proxy.seen} <= {"CONNECT"}
