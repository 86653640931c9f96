"""A target's settings files are there while the agent runs, and only then; what they said is in the manifest."""

from __future__ import annotations

import json
import shlex
import signal
import stat
import sys
from pathlib import Path

import pytest

from probe.wire.ports import free_ports
from tests.support.running import Running
from tests.support.upstream import upstream_running

pytestmark = pytest.mark.slow

SECRET = "refresh-planted-0123456789abcdef"
AGENT = f"""
import json, os, pathlib, sys, urllib.request
folder = pathlib.Path(os.environ["PI_CODING_AGENT_DIR"])
url = json.loads((folder / "models.json").read_text())["providers"]["openai"]["baseUrl"]
secret = "{SECRET[::-1]}"[::-1]  # the command line itself is in the manifest
print(oct((folder / "models.json").stat().st_mode), oct(folder.stat().st_mode))
(folder / "auth.json").write_text(json.dumps({{"refresh": secret}}))
(folder / "sessions").mkdir()
(folder / "sessions" / "one.jsonl").write_text(secret)
urllib.request.urlopen(urllib.request.Request(url + "/echo", b"hello")).read()
exec(sys.argv[1] if len(sys.argv) > 1 else "")
"""


WAIT = "import time; print('done', flush=True); time.sleep(60)"
ANSWERS = {"/v1/echo": lambda handler: handler.whole(b"hello")}


def anywhere(folder: Path, secret: str) -> list[Path]:
    """Return the files that hold a secret."""
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_the_files_say_where_the_listeners_are_and_nothing_of_their_folder_stays(tmp_path: Path) -> None:
    with upstream_running(ANSWERS) as upstream:
        words = ["--target=pi", f"--upstream=openai={upstream.url}", "--", sys.executable, "-c", AGENT]
        with Running(tmp_path, "probe.pipeline", *words) as running:
            assert running.wait() == 0, running.stderr
            assert running.stdout.splitlines()[0] == "0o100600 0o40700"
            manifest, folder = running.manifest(), running.run_folder()
    assert [one["request"]["url"] for one in running.records()] == [f"{upstream.url}/v1/echo"]
    address = manifest["listeners"]["openai"]["address"]
    assert json.loads(manifest["files"]["models.json"])["providers"]["openai"] == {"baseUrl": f"http://{address}/v1"}
    assert any("models.json" in change["what"] and address in change["what"] for change in manifest["observer_changes"])
    assert [path.name for path in folder.iterdir() if path.name.startswith(".agent")] == []
    assert anywhere(tmp_path / "data", SECRET) == []


def test_the_files_of_an_agent_that_is_started_by_hand_are_there_until_the_proxies_end(tmp_path: Path) -> None:
    ports = [f"--port={name}={port}" for name, port in zip(("openai", "anthropic"), free_ports(2), strict=True)]
    with Running(tmp_path, "probe.proxies", "--target=pi", *ports) as running:
        running.until_said("Ctrl-C ends it.")
        exports = dict(line[7:].split("=", 1) for line in running.stdout.splitlines() if line.startswith("export "))
        (folder,) = map(Path, shlex.split(exports["PI_CODING_AGENT_DIR"]))
        assert stat.S_IMODE((folder / "models.json").stat().st_mode) == 0o600
        assert ports[1].rpartition("=")[2] in (folder / "models.json").read_text()
        (folder / "auth.json").write_text(SECRET)
        running.send(signal.SIGINT)
        assert running.wait() == 130
    assert anywhere(tmp_path / "data", SECRET) == []


TARGET = """
description: An agent that takes its key from a file
listeners: {model: {port: 8080, upstream: "http://127.0.0.1:9"}}
files: {auth.json: {key: "{key}", url: "{model.url}"}}
env: {THING_HOME: "{files}"}
keys: [THING_API_KEY]
"""
SHOW_KEY = "import os; print(open(os.environ['THING_HOME'] + '/auth.json').read()[::-1])"


def test_a_file_may_hold_the_key_which_stays_out_of_the_manifest_and_of_a_replay(tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "thing.yaml").write_text(TARGET)
    env = {"PROBE_TARGETS": str(tmp_path / "targets"), "THING_API_KEY": SECRET}
    words = ["--target=thing", "--", sys.executable, "-c", SHOW_KEY]
    with Running(tmp_path, "probe.capture", *words, env=env) as running:
        running.wait()
        assert f'"key": "{SECRET}"' in running.stdout[::-1]
        assert json.loads(running.manifest()["files"]["auth.json"])["key"] == "{key}"
        assert anywhere(running.data, SECRET) == []
    with Running(tmp_path, "probe.capture", "--replay=demo/sample", *words, env=env) as running:
        running.wait()
        assert '"key": "placeholder-key-of-a-replay"' in running.stdout[::-1]
    (tmp_path / "targets" / "thing.yaml").write_text(TARGET.replace('"{files}"', '"{key}"'))
    with Running(tmp_path, "probe.capture", *words, env=env) as running:
        assert running.wait() == 2
        assert "{key} is for files alone" in running.stderr


def test_what_a_killed_run_left_goes_with_the_next_command_that_reads_it(tmp_path: Path) -> None:
    with upstream_running(ANSWERS) as upstream:
        words = ["--target=pi", f"--upstream=openai={upstream.url}", "--", sys.executable, "-c", AGENT, WAIT]
        with Running(tmp_path, "probe.capture", *words) as running:
            running.until_said("done")
            running.process.kill()
            running.until_nothing_runs()
            folder = running.run_folder()
    assert anywhere(folder, SECRET) != []
    with Running(tmp_path, "probe.verify", "--run", str(folder)) as verified:
        verified.wait()
    assert anywhere(folder, SECRET) == []
