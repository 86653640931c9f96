"""What goes wrong is told: what happened, where, and what to do."""

from __future__ import annotations

import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.cli.called_as import module_of
from probe.cli.commands import COMMANDS
from probe.places import PROJECT
from tests.support.provider import Provider, provider_running
from tests.support.running import Running

ASK = """
import os, urllib.request
body = b'{"model": "m", "stream": true, "input": "x"}'
url = os.environ["OPENAI_BASE_URL"] + "/responses"
request = urllib.request.Request(url, body, {"content-type": "application/json"})
print(len(urllib.request.urlopen(request, timeout=30).read()))
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with provider_running() as running:
        yield running


def ask(provider: Provider) -> list[str]:
    """Return the arguments of a capture that sends one request."""
    url = f"http://127.0.0.1:{provider.port}"
    return ["--target", "codex", "--upstream", f"model={url}", "--", sys.executable, "-c", ASK]


MISTAKES = {
    "no target": ("capture", [], ["no target given", "--target"]),
    "an unknown target": (
        "capture",
        ["--target", "codx", "--prompt", "x"],
        ["no target 'codx'", "did you mean 'codex'?"],
    ),
    "neither prompt nor command": (
        "capture",
        ["--target", "demo"],
        ["needs a prompt or a command", "probe.capture --target demo --prompt"],
    ),
    "neither of them for a pipeline": ("pipeline", ["--target", "demo"], ["probe.pipeline --target demo --prompt"]),
    "both prompt and command": ("capture", ["--target", "demo", "-p", "x", "--", "ls"], ["a prompt and a command"]),
    "a folder that is not there": ("capture", ["--target", "demo", "-p", "x", "-C", "/no/such"], ["no such folder"]),
    "a command that is not there": (
        "capture",
        ["--target", "codex", "--", "no-such-agent"],
        ["'no-such-agent' is not installed"],
    ),
    "a variable without a value": ("capture", ["--target", "demo", "-p", "x", "-e", "A"], ["not K=V"]),
    "an unknown run": ("analyze", ["--run", "never"], ["no run 'never'"]),
    "no run at all": ("analyze", [], ["there is no run in", "make one: ", "probe.pipeline --target demo"]),
    "an unknown run to replay": (
        "capture",
        ["--target", "demo", "-p", "x", "-R", "never"],
        ["no run 'never'", "; of another target: TARGET/RUN, for example codex/tool-loop"],
    ),
    "an unknown run to take up": ("pipeline", ["--run", "never"], ["no run 'never'"]),
    "an unknown file": ("analyze", ["--input", "never.jsonl"], ["never.jsonl: no such file"]),
    "a number that is none": ("runs", ["--prune", "x"], ["--prune x: not a number"]),
    "a command for proxies": (
        "proxies",
        ["--target", "codex", "--", "codex"],
        ["starts no command", "capture --target codex -- codex"],
    ),
    "an unknown option": ("capture", ["--tarjet", "demo"], ["unrecognized arguments: --tarjet"]),
}


@pytest.mark.parametrize(("script", "arguments", "parts"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_way_out(
    tmp_path: Path, script: str, arguments: list[str], parts: list[str]
) -> None:
    with Running(tmp_path, f"probe.{script}", *arguments) as running:
        assert running.wait() == 2
        assert all(part in running.stderr for part in parts), running.stderr
        assert "Traceback" not in running.stderr
        # A run that never began leaves no folder behind.
        assert not [path for path in running.data.glob("*/*") if path.parent.name[0] != "."]


def test_an_agent_that_is_not_installed_is_told_with_its_install_line(tmp_path: Path) -> None:
    env = {"PATH": str(Path(sys.executable).parent)}
    with Running(tmp_path, "probe.capture", "--target", "codex", "--prompt", "x", env=env) as running:
        assert running.wait() == 2
        assert "'codex' is not installed" in running.stderr
        assert "npm install -g @openai/codex" in running.stderr


def test_a_taken_port_is_told_with_its_holder(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Running(tmp_path, "probe.proxies", "--target", "codex", "--port", f"model={port}") as running:
            assert running.wait() == 2
            assert f"port {port} of listener 'model' is taken by" in running.stderr
            assert "--port model=ANOTHER" in running.stderr


def test_a_missing_mitmproxy_is_told(tmp_path: Path, provider: Provider) -> None:
    # Hides the installed one, as on a Python that has none.
    (tmp_path / "hide").mkdir()
    (tmp_path / "hide" / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'mitmproxy':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'mitmproxy' else real(name, package)\n"
        "sys.meta_path.insert(0, Hidden())\n"
    )
    with Running(tmp_path, "probe.capture", *ask(provider), env={"PYTHONPATH": str(tmp_path / "hide")}) as running:
        assert running.wait() == 2
        assert "mitmproxy (mitmdump) is not installed" in running.stderr
        assert "pip install" in running.stderr


def test_nothing_captured_is_told_with_the_likely_reasons(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.pipeline", "--target", "codex", "--", sys.executable, "-c", "pass") as running:
        assert running.wait() == 1
        assert "nothing was captured" in running.stderr
        assert "likely reasons" in running.stderr
        assert running.manifest()["counts"]["seen"] == 0


def test_the_agents_exit_code_is_passed_on(tmp_path: Path, provider: Provider) -> None:
    words = [*ask(provider)[:-1], ASK + "raise SystemExit(9)"]
    with Running(tmp_path, "probe.pipeline", *words) as running:
        assert running.wait() == 9
        assert "the agent ended with exit code 9" in running.stderr
        # The report of a failed agent's run is what its user wants to see.
        assert (running.run_folder() / "report.md").exists()


def test_a_full_disk_cuts_no_agent_off_and_is_told(tmp_path: Path) -> None:
    limit = 60_000

    with provider_running() as provider:
        big = ASK.replace("body = ", "body = b' ' * 120_000 + ")
        words = [*ask(provider)[:-1], big]
        limited = [sys.executable, "-c", LIMITED, str(limit)]
        with Running(tmp_path, "probe.capture", *words, command=limited) as running:
            assert running.wait() == 1
            assert int(running.stdout.split()[0]) > 100
            assert "bytes or messages could not be kept (is the disk full?)" in running.stderr
            assert "the disk was full" in running.stderr
            assert running.manifest()["counts"] == {
                "seen": 1,
                "written": 1,
                "refused": 0,
                "cut_short": 1,
                "websocket_messages": 0,
            }
            (record,) = running.records()
            assert record["request"]["lost"] > 0
            assert record["request"]["size"] + record["request"]["lost"] > 120_000


# The nearest thing to a full disk that needs no disk of its own: no file may grow beyond a limit.
LIMITED = """
import os, resource, runpy, sys
limit = int(sys.argv.pop(1))
# Python itself would keep a module of which only a part could be written.
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
module = sys.argv.pop(1)
sys.argv[0] = module
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def test_malformed_lines_are_skipped_with_a_warning_and_counted(tmp_path: Path) -> None:
    good = {"timestamp": 1.5, "request": {"method": "GET", "url": "https://x.test/a"}, "response": {"status_code": 200}}
    lines = [json.dumps(good), '{"torn', json.dumps({"timestamp": "never"}), json.dumps(good | {"timestamp": 1e300})]
    lines.append(json.dumps(good))
    (tmp_path / "old.jsonl").write_text("\n".join(lines) + "\n")
    with Running(tmp_path, "probe.analyze", "--input", "old.jsonl", "--output", "out.md") as running:
        assert running.wait() == 0
        assert "WARNING: skipping malformed line 2" in running.stderr
        assert "WARNING: skipping malformed line 3" in running.stderr
        assert "WARNING: skipping malformed line 4" in running.stderr
        assert "- 2 exchanges in " in (tmp_path / "out.md").read_text()


@pytest.mark.slow
def test_twenty_runs_at_once_give_twenty_clean_run_folders(tmp_path: Path, provider: Provider) -> None:
    def one(number: int) -> Running:
        folder = tmp_path / str(number)
        folder.mkdir()
        return Running(folder, "probe.pipeline", *ask(provider), env={"PROBE_DATA_DIR": str(tmp_path / "data")})

    runs = [one(number) for number in range(20)]
    assert [run.wait() for run in runs] == [0] * 20
    for run in runs:
        run.until_nothing_runs()
    folders = sorted((tmp_path / "data" / "codex").iterdir())
    assert len(folders) == 20
    for folder in folders:
        manifest = json.loads((folder / "manifest.json").read_text())
        assert (manifest["counts"]["seen"], manifest["counts"]["written"], manifest["exit_code"]) == (1, 1, 0)
        assert sorted(path.name for path in folder.iterdir()) == [
            "manifest.json",
            "proxy.log",
            "report.html",
            "report.md",
            "summary.json",
            "traffic.jsonl",
        ]


def test_a_ca_that_was_left_half_made_is_made_again(tmp_path: Path, provider: Provider) -> None:
    half_made = tmp_path / "data" / ".mitmproxy" / "mitmproxy-ca.pem"
    half_made.parent.mkdir(parents=True)
    half_made.write_text("-----BEGIN RSA")
    with Running(tmp_path, "probe.capture", *ask(provider)) as running:
        assert running.wait() == 0, running.stderr


WORDS_THAT_ARE_CLOSE: dict[str, tuple[list[str], str]] = {
    "a run": (["verify", "--run", "thre-runs"], "did you mean 'three-runs'?"),
    "a run of a target": (["analyze", "--run", "codex/thre-runs"], "did you mean 'codex/three-runs'?"),
    "a run of a target that is not there": (["verify", "--run", "codx/three-runs"], "did you mean 'codex/three-runs'?"),
    "a target": (["verify", "--target", "codx"], "did you mean 'codex'?"),
    "a target whose runs are to be listed": (["runs", "--target", "dmo"], "did you mean 'demo'?"),
}


@pytest.mark.parametrize(("words", "told"), WORDS_THAT_ARE_CLOSE.values(), ids=WORDS_THAT_ARE_CLOSE.keys())
def test_a_word_that_is_close_to_the_right_one_is_told_so(tmp_path: Path, words: list[str], told: str) -> None:
    folder = tmp_path / "data" / "codex" / "three-runs"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"target": "codex"}')
    script, *rest = words
    with Running(tmp_path, f"probe.{script}", *rest) as running:
        assert running.wait() == 2
        assert told in running.stderr


UNKNOWN = {
    "runs": ("probe.runs", "nosuch", 2),
    "doctor": ("probe.doctor", "nosuch", 2),
    "runs, of a path": ("probe.runs", "../data", 2),
    "runs, of a target that has none": ("probe.runs", "demo", 0),
    "runs, in the folder of a target that is gone": ("probe.runs", "gone", 0),
}


@pytest.mark.parametrize(("script", "name", "code"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_name_of_neither_a_target_nor_a_folder_is_an_error(tmp_path: Path, script: str, name: str, code: int) -> None:
    (tmp_path / "data" / "gone").mkdir(parents=True)
    with Running(tmp_path, script, "--target", name) as running:
        assert running.wait() == code
        assert (f"no target {name!r}" in running.stderr) is (code == 2)
        assert "did you mean" not in running.stderr


# Python's own hook for what is to be done at its start: Ctrl-C comes while a script's imports are under way.
INTERRUPTED = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "probe.cli.edge":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
"""


@pytest.mark.parametrize("script", [module_of(command) for command in COMMANDS])
def test_ctrl_c_while_a_script_is_being_imported_shows_no_traceback(tmp_path: Path, script: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED)
    with Running(tmp_path, script, env={"PYTHONPATH": f"{tmp_path}:{PROJECT}"}) as running:
        assert running.wait() == -signal.SIGINT
        assert running.stderr == ""
