"""However a run ends, nothing is left running, the record is whole, and the exit code says what happened."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from probe.addon.journal import FOLDER
from probe.addon.open_exchange import CUT_OFF
from probe.places import PROJECT
from probe.targets.finding import load_target, target_names
from probe.verify.__main__ import main as verify_main
from probe.wire.ports import free_ports
from tests.support.provider import Provider, provider_running
from tests.support.running import Running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into other processes' environment"),
]

# Asks for a slow stream, says so, and waits for what never comes; its child would outlive it.
AGENT = """
import json, os, signal, subprocess, sys, time, urllib.request
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)  # child of the agent"])
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
body = json.dumps({"model": "m", "stream": True, "input": [{"role": "user", "content": "x"}]}).encode()
url = os.environ["OPENAI_BASE_URL"] + "/responses"
request = urllib.request.Request(url, body, {"content-type": "application/json"})
answer = urllib.request.urlopen(request, timeout=60)
answer.readline()
print("streaming", flush=True)
if "leave" in sys.argv:
    os._exit(7)
if "content" in sys.argv:
    os._exit(0)
time.sleep(300)
"""


@pytest.fixture(scope="module")
def slow() -> Iterator[Provider]:
    """Serve answers that take as long as the test."""
    with provider_running(pause=5.0) as provider:
        yield provider


def capture(
    folder: Path,
    provider: Provider,
    *words: str,
    script: str = "probe.capture",
    env: Mapping[str, str] | None = None,
) -> Running:
    url = f"http://127.0.0.1:{provider.port}"
    options = ["--target", "codex", "--upstream", f"model={url}", "--upstream", f"backend={url}"]
    return Running(folder, script, *options, "--", sys.executable, "-c", AGENT, *words, env=env)


SIGNALS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}


@pytest.mark.parametrize(
    ("script", "number", "code"),
    [
        pytest.param(script, number, code, id=f"{script} {number.name}")
        for script in ("probe.capture", "probe.pipeline")
        for number, code in SIGNALS.items()
    ],
)
def test_a_signal_ends_agent_and_proxies_and_the_record_is_kept(
    tmp_path: Path, slow: Provider, script: str, number: signal.Signals, code: int
) -> None:
    with capture(tmp_path, slow, script=script) as running:
        running.until_said("streaming")
        # Ctrl-C reaches every process of the terminal's group; here only the script that it is sent to.
        (
            running.send
            if script == "probe.capture" or number != signal.SIGINT
            else running.python("-m", "probe.capture").send_signal
        )(number)
        assert running.wait() == code
        running.until_nothing_runs()
        (record,) = running.records()
        assert record["error"]
        assert record["response"]["body"].startswith("event: response.created")
        assert verify_main(["--run", str(running.run_folder())]) == ("stopped" in record["error"])
        assert (running.manifest()["exit_code"], running.manifest()["counts"]["cut_short"]) == (code, 1)


def test_an_agent_that_ignores_sigterm_is_ended_all_the_same(tmp_path: Path, slow: Provider) -> None:
    with capture(tmp_path, slow, "stubborn") as running:
        running.until_said("streaming")
        running.send(signal.SIGTERM)
        assert running.wait() == 143
        running.until_nothing_runs()


@pytest.mark.parametrize("script", ["probe.capture", "probe.pipeline"])
def test_a_killed_script_leaves_nothing_running_and_a_readable_record(
    tmp_path: Path, slow: Provider, script: str
) -> None:
    with capture(tmp_path, slow, script=script) as running:
        running.until_said("streaming")
        running.process.kill()
        running.wait()
        running.until_nothing_runs()
        (record,) = running.records()
        assert "stopped" in record["error"] or "disconnected" in record["error"]
        # Its manifest was not finished; the next command that reads the run does that.
        verify = [sys.executable, "-m", "probe.verify", "--run", str(running.run_folder())]
        assert subprocess.run(verify, timeout=60, cwd=PROJECT).returncode == ("stopped" in record["error"])
        assert running.manifest()["counts"] == {
            "seen": 1,
            "written": 1,
            "refused": 0,
            "cut_short": 1,
            "websocket_messages": 0,
        }


def test_a_killed_proxy_ends_the_agent_with_an_error(tmp_path: Path, slow: Provider) -> None:
    with capture(tmp_path, slow) as running:
        running.until_said("streaming")
        running.python("-m", "probe.wire.proxy").kill()
        assert running.wait() == 1
        assert "the proxies ended unexpectedly" in running.stderr
        running.until_nothing_runs()
        assert running.manifest()["exit_code"] == 1
        assert "1 exchanges that were under way were recovered" in running.stderr
        (record,) = running.records()
        assert record["error"] == CUT_OFF
        assert record["response"]["body"].startswith("event: response.created")
        assert running.manifest()["counts"] == {
            "seen": 1,
            "written": 1,
            "refused": 0,
            "cut_short": 1,
            "websocket_messages": 0,
        }
        assert not (running.run_folder() / FOLDER).exists()


@pytest.mark.parametrize("command", ["probe.verify", "probe.analyze", "probe.runs"])
def test_when_all_are_killed_the_next_command_makes_the_run_whole(tmp_path: Path, slow: Provider, command: str) -> None:
    secret = secrets.token_hex(20)
    with capture(tmp_path, slow, env={"NEVER_SENT_API_KEY": secret}) as running:
        running.until_said("streaming")
        # The agent last: it would see its connection break and might write.
        for process in [running.python("-m", "probe.wire.proxy"), *running.processes()]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        running.wait()
        running.until_nothing_runs()
        folder = running.run_folder()
        assert running.records() == []
        if command == "probe.runs":
            env = os.environ | {"PROBE_DATA_DIR": str(folder.parent.parent)}
            listed = subprocess.run(
                [sys.executable, "-m", command], capture_output=True, text=True, timeout=60, env=env
            )
            assert "recovered now, cut short" in listed.stderr
            assert [record["error"] for record in running.records()] == [CUT_OFF]
            return
        assert secret not in "".join(path.read_text("latin-1") for path in folder.rglob("*") if path.is_file())
        again = subprocess.run(
            [sys.executable, "-m", command, "--run", str(folder)],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=PROJECT,
        )
        assert again.returncode == (command == "probe.verify"), again.stdout + again.stderr
        assert "1 exchange that its proxies left unwritten: recovered now, cut short" in again.stderr
        (record,) = running.records()
        assert record["error"] == CUT_OFF
        assert record["response"]["body"].startswith("event: response.created")
        assert not (folder / FOLDER).exists()
        assert running.manifest()["counts"]["cut_short"] == 1
        assert running.manifest()["recovered"]["exchanges"] == 1
        verified = subprocess.run(
            [sys.executable, "-m", "probe.verify", "--run", str(folder)],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=PROJECT,
        )
        assert (verified.returncode, verified.stderr) == (1, "")
        assert f"line 1: {CUT_OFF}" in verified.stdout
        assert "1 exchange (1 cut short)" in verified.stdout


def test_a_killed_agent_ends_the_run_with_its_code(tmp_path: Path, slow: Provider) -> None:
    with capture(tmp_path, slow) as running:
        running.until_said("streaming")
        running.python("-c", AGENT).kill()
        assert running.wait() == 128 + signal.SIGKILL
        running.until_nothing_runs()
        (record,) = running.records()
        assert record["error"] == "the agent disconnected before the answer ended"
        assert verify_main(["--run", str(running.run_folder())]) == 0


def test_an_agent_that_fails_and_leaves_a_stream_ends_the_run_with_its_code(tmp_path: Path, slow: Provider) -> None:
    with capture(tmp_path, slow, "leave") as running:
        assert running.wait() == 7
        running.until_nothing_runs()
        assert "exit code 7" in running.stderr
        assert "note: the agent left 1 of 1 exchanges before the end" in running.stderr


def test_an_agent_that_succeeds_although_it_leaves_a_stream_ends_the_run_well(tmp_path: Path, slow: Provider) -> None:
    with capture(tmp_path, slow, "content", script="probe.pipeline") as running:
        assert running.wait() == 0, running.stderr
        assert "note: the agent left 1 of 1 exchanges before the end" in running.stderr
        assert running.manifest()["notes"] == ["the agent left 1 of 1 exchanges before the end"]


@pytest.mark.slow
@pytest.mark.parametrize("target", [name for name in target_names() if name != "codex"])
def test_the_proxies_of_every_target_open_and_end(tmp_path: Path, target: str) -> None:
    loaded = load_target(target)[0]
    # In forward mode all listeners share one port.
    names = list(loaded.listeners)[: 1 if loaded.mode.shares_port else None]
    ports = [f"--port={name}={port}" for name, port in zip(names, free_ports(len(names)), strict=True)]
    with Running(tmp_path, "probe.proxies", "--target", target, *ports) as running:
        running.until_said("Ctrl-C ends it.")
        running.send(signal.SIGINT)
        assert running.wait() == 130


def test_proxies_end_on_ctrl_c_and_leave_nothing(tmp_path: Path) -> None:
    model, backend = free_ports(2)
    ports = ["--port", f"model={model}", "--port", f"backend={backend}"]
    with Running(tmp_path, "probe.proxies", "--target", "codex", *ports) as running:
        running.until_said("Ctrl-C ends it.")
        assert f":{model} -> https://api.openai.com/  (Model API)" in running.stdout
        assert f"export OPENAI_BASE_URL=http://127.0.0.1:{model}/v1" in running.stdout
        running.send(signal.SIGINT)
        assert running.wait() == 130
        running.until_nothing_runs()


def test_a_task_passes_signals_on_and_gives_its_scripts_code(tmp_path: Path, slow: Provider) -> None:
    url = f"http://127.0.0.1:{slow.port}"
    task = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "capture", "--target", "codex"]
    words = ["--upstream", f"model={url}", "--", sys.executable, "-c", AGENT]
    with Running(tmp_path, *words, command=task) as running:
        running.until_said("streaming")
        running.send(signal.SIGTERM)
        assert running.wait() == 143
        running.until_nothing_runs()
