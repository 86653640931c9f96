"""A run says which hosts it captured and which it only saw, and in what the agent was not as it would be alone."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from probe.wire.ports import free_ports
from tests.support.captures import Ended, Machine
from tests.support.certificates import Authority
from tests.support.echo import echo_running
from tests.support.provider import provider_running
from tests.support.running import Running
from tests.support.talker import COMMAND, SEEN
from tests.support.tunnels import Tunnel, echo, serving

pytestmark = pytest.mark.slow

ASK = "import os, urllib.request as r; r.urlopen(os.environ['OPENAI_BASE_URL'] + '/models').read(); "


def run_on(machine: Machine, script: str, *options: str) -> Ended:
    """Run a script on the run."""
    return machine.run(script, "--run", str(machine.run_folder), "--data-dir", str(machine.data), *options)


def section(machine: Machine, title: str) -> str:
    """Return a section of the run's report."""
    assert run_on(machine, "analyze").code == 0
    return (machine.run_folder / "report.md").read_text().split(f"## {title}\n")[1].split("\n## ")[0]


def environment_of(machine: Machine) -> dict[str, str]:
    """Return the environment that the agent had."""
    found: dict[str, str] = json.loads((machine.workspace / SEEN).read_text())
    return found


# -- captured, or only seen ---------------------------------------------------------------------------------------


def test_report_and_verify_say_which_hosts_were_captured_and_which_only_seen(machine: Machine) -> None:
    with provider_running() as provider, provider_running(ssl_context=Authority().server_context()) as other:
        (closed,) = free_ports(1)
        ports = [str(other.port), str(closed)]
        ended = machine.capture(f"--upstream=model=http://127.0.0.1:{provider.port}", "--", *COMMAND, *ports)
    assert (ended.code, ended.stdout.splitlines()[0]) == (0, "200"), ended.stderr
    verified = run_on(machine, "verify")
    assert verified.code == 0, verified.stdout
    seen = sorted([f"127.0.0.1:{other.port}", f"127.0.0.1:{closed}"])
    names = [f"{name} (not reached)" if name.endswith(f":{closed}") else name for name in seen]
    assert f"captured 1 of 3 hosts; only seen: {', '.join(names)}" in verified.stdout.splitlines()
    coverage = json.loads(run_on(machine, "verify", "--json").stdout)["coverage"]
    assert (coverage["watched"], coverage["only_seen"]) == (True, seen)
    assert coverage["captured"] == [f"127.0.0.1:{provider.port}"]
    table = section(machine, "Hosts")
    notes = [json.loads(line) for line in (machine.run_folder / "tunnels.jsonl").read_text().splitlines()]
    sent, received = next((f"{one['sent']:,}", f"{one['received']:,}") for one in notes if one["port"] == other.port)
    assert f"| `127.0.0.1:{provider.port}` | captured | `model` | 1 | 0 | " in table
    assert f"| `127.0.0.1:{other.port}` | only seen | `coverage` | 1 | {sent} | {received} |" in table
    assert f"| `127.0.0.1:{closed}` | only seen, 1 time not reached | `coverage` | 1 | 0 | 0 |" in table
    assert (machine.manifest["coverage"]["seen"], machine.manifest["coverage"]["noted"]) == (2, 2)


def test_an_agent_that_goes_around_wholly_is_told_where_it_went(machine: Machine) -> None:
    connect = b"CONNECT api.example.test:443 HTTP/1.1\r\n\r\n"
    code = "import os, socket, urllib.parse as u; p = u.urlsplit(os.environ['HTTPS_PROXY']); "
    code += f"s = socket.create_connection((p.hostname, p.port)); s.sendall({connect!r}); s.recv(9)"
    ended = machine.capture("--", sys.executable, "-c", code)
    assert ended.code == 1
    assert "nothing was captured" in ended.stderr
    assert "it talked to other hosts instead: api.example.test:443" in ended.stderr


def test_a_folder_in_the_place_of_the_notes_is_refused_before_the_agent_starts(machine: Machine) -> None:
    (machine.run_folder / "tunnels.jsonl").mkdir(parents=True)
    with provider_running() as provider, provider_running(ssl_context=Authority().server_context()) as other:
        ended = machine.capture(f"--upstream=model=http://127.0.0.1:{provider.port}", "--", *COMMAND, str(other.port))
    assert (ended.code, ended.stdout) == (2, "")
    assert "tunnels.jsonl is not a file of agent-probe but a folder" in ended.stderr
    assert provider.log.requests == []


def test_a_note_that_is_missing_later_is_found(machine: Machine) -> None:
    with provider_running() as provider, provider_running(ssl_context=Authority().server_context()) as other:
        machine.capture(f"--upstream=model=http://127.0.0.1:{provider.port}", "--", *COMMAND, str(other.port))
    (machine.run_folder / "tunnels.jsonl").unlink()
    verified = run_on(machine, "verify")
    assert verified.code == 1
    assert "1 tunnels bypassed the listeners, 0 are noted" in verified.stdout


def test_without_it_the_agent_gets_no_proxy_and_the_report_says_so(machine: Machine) -> None:
    with provider_running() as provider:
        upstream = f"--upstream=model=http://127.0.0.1:{provider.port}"
        assert machine.capture("--no-coverage", upstream, "--", *COMMAND).code == 0
    assert [name for name in environment_of(machine) if name.lower() == "https_proxy"] == []
    assert machine.manifest["coverage"] == {"watched": False, "source": "command line"}
    unwatched = "aptured 1 host; what bypassed the listeners was not watched (--coverage)"
    assert f"c{unwatched}" in run_on(machine, "verify").stdout.splitlines()
    assert f"C{unwatched}." in section(machine, "Hosts").splitlines()


def test_in_a_replay_nothing_leaves_through_it(tmp_path: Path) -> None:
    code = ASK + "print(len({v for k, v in os.environ.items() if k.upper() in ('HTTPS_PROXY', 'ALL_PROXY')}))"
    command = [sys.executable, "-c", code]
    words, env = ["--target", "demo", "--", *command], {"PROBE_COVERAGE": "1"}
    with Running(tmp_path, "probe.capture", *words, env=env) as running:
        running.wait()
        # All of them name the replay server, which refuses.
        assert running.stdout.splitlines()[0] == "1"
        assert running.manifest()["coverage"] == {"watched": False, "source": "off in a replay"}
        folder = running.run_folder()
    with Running(tmp_path, "probe.verify", "--run", str(folder)) as verified:
        verified.wait()
        assert "what bypassed the listeners was not watched (off in a replay)" in verified.stdout


def test_proxies_says_how_to_have_an_agent_watched_that_is_started_by_hand(tmp_path: Path) -> None:
    ports = free_ports(2)
    options = [f"--port=model={ports[0]}", f"--port=backend={ports[1]}", "--upstream=model=http://127.0.0.1:9"]
    with Running(tmp_path, "probe.proxies", "--target", "codex", "--coverage", *options) as running:
        running.until_said("Ctrl-C ends it.")
        address = running.manifest()["coverage"]["address"]
        lines = running.stdout.splitlines()
        assert f"export HTTPS_PROXY={shlex.quote(f'http://{address}')}" in lines
        assert "export NO_PROXY=127.0.0.1,localhost,::1" in lines
        changes = [change["what"] for change in running.manifest()["observer_changes"]]
        assert any(what.startswith("HTTPS_PROXY, https_proxy: http://") for what in changes)
        assert any(what.startswith("chatgpt_base_url = http://127.0.0.1:") for what in changes)
        with serving(echo) as port, Tunnel(address, f"127.0.0.1:{port}") as tunnel:
            tunnel.send(b"by hand")
            assert tunnel.read(7) == b"by hand"
        running.send(signal.SIGINT)
        assert running.wait() == 130
        assert running.manifest()["coverage"]["seen"] == 1


# -- what the agent is given, and what was changed ----------------------------------------------------------------


def test_the_agent_gets_one_proxy_for_https_and_its_other_settings_stay(machine: Machine) -> None:
    own = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "intern.example.test"}
    with provider_running() as provider:
        ended = machine.capture(f"--upstream=model=http://127.0.0.1:{provider.port}", "--", *COMMAND, env=own)
    assert ended.code == 0, ended.stderr
    env = environment_of(machine)
    url = f"http://{machine.manifest['coverage']['address']}"
    assert {name: value for name, value in env.items() if name.upper().endswith("_PROXY")} == {
        "HTTPS_PROXY": url,
        "https_proxy": url,
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "intern.example.test,127.0.0.1,localhost,::1",
        "no_proxy": "127.0.0.1,localhost,::1",
    }


OBSERVED: dict[str, tuple[list[str], dict[str, str]]] = {
    "as it comes": ([], {}),
    "without coverage": (["--no-coverage"], {}),
    "a key under another name": ([], {"OPENAI_API_KEY": "sk-planted-0123456789"}),
    "a variable that is given": (["--env", "MINE=1"], {"MINE": "0"}),
    "proxies already": ([], {"HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": "x.example.test"}),
    "a replay": (["--replay", "codex/sample"], {"CODEX_API_KEY": "sk-planted-0123456789", "OPENAI_API_KEY": "sk-x"}),
}


@pytest.mark.parametrize(("options", "own"), OBSERVED.values(), ids=OBSERVED.keys())
def test_every_variable_that_differs_is_on_the_list_of_changes(
    machine: Machine, options: list[str], own: dict[str, str]
) -> None:
    with provider_running() as provider:
        # A replay answers in the upstream's place.
        upstream = [] if "--replay" in options else [f"--upstream=model=http://127.0.0.1:{provider.port}"]
        machine.capture(*upstream, *options, "--", *COMMAND, env=own)
    before, after = machine.environment(own), environment_of(machine)
    # The last is Python's own, which sets it where there is no locale.
    differ = {name for name in {*before, *after} if before.get(name) != after.get(name)} - {"LC_CTYPE"}
    changes: list[dict[str, str]] = machine.manifest["observer_changes"]
    assert "OPENAI_BASE_URL" in differ
    assert [name for name in sorted(differ) if not any(name in change["what"] for change in changes)] == []
    assert all(change["what"] and change["why"] for change in changes)
    assert "the recorder sets it" not in {change["why"] for change in changes}
    assert "sk-" not in json.dumps(changes)


def test_the_report_lists_what_was_changed_and_why(machine: Machine) -> None:
    with provider_running() as provider:
        machine.capture(f"--upstream=model=http://127.0.0.1:{provider.port}/prefix", "--", *COMMAND)
    changes = section(machine, "What the observer changed")
    rows = [line for line in changes.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(machine.manifest["observer_changes"])
    for part in (
        "OPENAI_BASE_URL = ",
        "in plain http (listener model)",
        "/prefix is put before every path (listener model)",
        "Host header",
        "HTTP/1.1",
        "HTTPS_PROXY, https_proxy: ",
        "NO_PROXY, no_proxy: ",
    ):
        assert part in changes, changes


@pytest.mark.parametrize("command", ["the target's agent", "another program"])
def test_the_arguments_that_were_put_in_are_listed_where_they_were(machine: Machine, command: str) -> None:
    program = machine.temporary / ("codex" if command == "the target's agent" else "other")
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exit 0\nexec {shlex.join(COMMAND)}\n')
    program.chmod(0o700)
    with provider_running() as provider:
        machine.capture(f"--upstream=model=http://127.0.0.1:{provider.port}", "--", str(program))
    changes = json.dumps(machine.manifest["observer_changes"])
    assert ("analytics.enabled=false" in changes) is (command == "the target's agent")
    assert ("--version" in changes) is (command == "the target's agent")
    # That is for what runs without a prompt.
    assert "model_providers.probe" not in changes


def test_a_websocket_that_was_kept_is_on_the_list(machine: Machine) -> None:
    code = "import asyncio, os, aiohttp\nasync def main():\n async with aiohttp.ClientSession() as s, "
    code += "s.ws_connect(os.environ['OPENAI_BASE_URL']) as ws:\n  await ws.send_str('hi'); await ws.receive_str()\n"
    code += "asyncio.run(main())"
    with echo_running() as server:
        machine.capture(f"--upstream=model={server.url}", "--", sys.executable, "-c", code)
    whats: list[Any] = [change["what"] for change in machine.manifest["observer_changes"]]
    assert [what for what in whats if "WebSocket was kept" in what] != []
