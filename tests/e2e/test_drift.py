"""Two versions of an agent are installed, run offline and compared."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from probe.compare.markdown import NONE
from tests.compare.comparing import Recording
from tests.support import agents
from tests.support.loops import PROMPT
from tests.support.running import Running

NPM = r"""#!{python}
import json, pathlib, sys
name, _, version = sys.argv[-1].partition("@")
if version == "9.9.9":
    sys.exit("npm error the disk is full")
folder = pathlib.Path(sys.argv[sys.argv.index("--prefix") + 1], "node_modules", ".bin")
folder.mkdir(parents=True)
program = folder / name
program.write_text(f"#!{python}\nVERSION = {{version!r}}\n" + pathlib.Path({agent!r}).read_text())
program.chmod(0o755)
"""
AGENT = """
import json, os, sys, time, urllib.request
if "--version" in sys.argv:
    sys.exit(print("talker", VERSION))
body = json.loads({body!r})
if VERSION == "2.0.0":
    body["reasoning"]["effort"] = "high"
request = urllib.request.Request(os.environ["TALKER_URL"] + "/v1/responses", json.dumps(body).encode())
request.add_header("content-type", "application/json")
urllib.request.urlopen(request, timeout=60).read()
if VERSION == "3.0.0":
    print("waiting", flush=True)
    time.sleep(100)
print("found", *sorted(os.listdir()), flush=True)
open("made", "w").close()
"""
TARGET = """
description: An agent that asks once
agent: talker
install: npm install -g talker
prompt_command: [talker, "{prompt}"]
listeners:
  model: {port: 8080, upstream: "https://api.openai.com"}
env: {TALKER_URL: "{model.url}"}
"""


def talker(folder: Path, versions: str, *options: str) -> Running:
    """Start drift for an agent whose package is installed by an npm of the test's own, and that was recorded once."""
    if not (folder / "targets").exists():
        record_talker(folder)
    env = {
        "PROBE_TARGETS": str(folder / "targets"),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    prompt = Recording("codex/tool-loop").manifest["prompt"]
    words = ["--target=talker", f"--versions={versions}", f"--prompt={prompt}", *options]
    return Running(folder, "probe.drift", *words, env=env)


def record_talker(folder: Path) -> None:
    """Write the agent, its npm, its target and a recording of it."""
    recorded = Recording("codex/tool-loop")
    recorded.records = recorded.records[:1]
    recorded.manifest |= {"target": "talker", "bundled": False, "agent_exit_code": 0, "run": "one"}
    recorded.write(folder / "data" / "talker" / "one")
    for name in ("targets", "bin"):
        (folder / name).mkdir()
    (folder / "targets" / "talker.yaml").write_text(TARGET)
    (folder / "agent.py").write_text(AGENT.format(body=json.dumps(recorded.bodies[0])))
    npm = folder / "bin" / "npm"
    npm.write_text(NPM.format(python=sys.executable, agent=str(folder / "agent.py")))
    npm.chmod(0o755)


@pytest.mark.slow
def test_two_versions_are_compared_in_each_form_and_what_was_not_recorded_is_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "with a space"
    folder.mkdir()
    forms = [f"--{form}={folder / form}.out" for form in ("markdown", "html", "json")]
    with talker(folder, "1.0.0,2.0.0", *forms, "--fail-on=notable") as run:
        assert run.wait() == 1, run.stderr
    assert run.stdout.split("\n") == [*(f"{folder / form}.out" for form in ("markdown", "html", "json")), ""]
    findings = json.loads((folder / "json.out").read_text())["findings"]
    found = {one["kind"]: one for one in findings}
    assert {"version-changed", "replay-differed", "sent-value-changed"} <= found.keys(), findings
    assert found["replay-differed"]["line"] == "recorded answers did not fit what the second run asked in 1 place"
    assert found["replay-differed"]["text"] == [
        '  call 1 differs at reasoning.effort (now "high", recorded "medium")',
    ]
    assert "reasoning.effort" in (folder / "markdown.out").read_text()
    assert "<title>talker/" in (folder / "html.out").read_text()


@pytest.mark.slow
def test_each_version_works_in_a_copy_of_its_own(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.txt").write_text("a")
    with talker(tmp_path, "1.0.0,2.0.0", f"--cwd={work}") as run:
        assert run.wait() == 0, run.stderr
    assert [line for line in run.stderr.splitlines() if line.startswith("found")] == ["found a.txt"] * 2
    assert [path.name for path in work.iterdir()] == ["a.txt"]
    with talker(tmp_path, "1.0.0,2.0.0", f"--cwd={work / 'a.txt'}") as run:
        assert run.wait() == 2
    assert "no such folder" in run.stderr


@pytest.mark.slow
def test_a_version_may_be_named_by_its_tag_and_latest_is_no_replay(tmp_path: Path) -> None:
    for versions in ("1.0.0,2.0.0", "v1.0.0,2.0.0"):
        with talker(tmp_path, versions, "--replay=latest") as run:
            assert run.wait() == 0, run.stderr
        assert "answers come from the recording talker/one" in run.stderr
    cached = (tmp_path / "cache" / "agent-probe" / "agents").iterdir()
    assert sorted(path.name for path in cached if path.is_dir()) == ["talker-1.0.0", "talker-2.0.0"]
    with talker(tmp_path, "v1.0.0,1.0.0") as run:
        assert run.wait() == 2
    assert "both are 1.0.0" in run.stderr


def test_a_run_that_never_began_leaves_no_folder(tmp_path: Path) -> None:
    record_talker(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "traffic.jsonl").touch()
    with talker(tmp_path, "1.0.0,2.0.0", f"--replay={empty}") as run:
        assert run.wait() == 1, run.stderr
    assert "talker 1.0.0 was not started" in run.stderr
    assert [path.name for path in (tmp_path / "data" / "talker").iterdir()] == ["one"]


def test_an_install_that_fails_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with talker(tmp_path, "1.0.0,9.9.9") as run:
        assert run.wait() == 2
    assert "the disk is full" in run.stderr
    assert "Traceback" not in run.stderr
    cached = (tmp_path / "cache" / "agent-probe" / "agents").iterdir()
    # A lock stays: another process may wait for it.
    assert sorted(path.name for path in cached if path.suffix != ".lock") == ["talker-1.0.0"]
    assert [path.name for path in (tmp_path / "data" / "talker").iterdir()] == ["one"]


@pytest.mark.slow
def test_who_stops_one_version_stops_all(tmp_path: Path) -> None:
    with talker(tmp_path, "3.0.0,1.0.0") as run:
        run.until_said("waiting")
        run.send(signal.SIGTERM)
        assert run.wait() == 143
        run.until_nothing_runs()
    assert "the run of talker 3.0.0 was stopped" in run.stderr
    assert len(list((tmp_path / "data" / "talker").iterdir())) == 2


@pytest.mark.agents
@pytest.mark.timeout(600)
def test_drift_runs_two_versions_offline_and_compares_them(tmp_path: Path) -> None:
    both = (agents.CODEX_OLD, agents.CODEX)
    if missing := next(filter(None, map(agents.missing, both)), None):
        pytest.skip(missing)
    versions = ",".join(one.version for one in both)
    words = ["--target=codex", f"--versions={versions}", f"--prompt={PROMPT}", "--fail-on=breaking"]
    cache = {"XDG_CACHE_HOME": str(Path.home() / ".cache")}
    with Running(tmp_path, "probe.drift", *words, env=cache) as run:
        assert run.wait() == 1, run.stderr
    assert "codex-cli 0.169.0, no longer codex-cli 0.98.0" in run.stdout
    assert NONE not in run.stdout
    assert run.stderr.count(str(tmp_path / "data" / "codex")) >= 2


DRIFT_ERRORS = {
    "no target": (["--versions=1,2", "--prompt=x"], "drift needs --target"),
    "one version": (["--target=codex", "--versions=1", "--prompt=x"], "drift compares two versions"),
    "no package": (["--target=demo", "--versions=1,2", "--prompt=x"], "cannot be installed from npm or PyPI"),
}


@pytest.mark.parametrize("name", DRIFT_ERRORS)
def test_drift_says_what_it_lacks(name: str, tmp_path: Path) -> None:
    words, said = DRIFT_ERRORS[name]
    with Running(tmp_path, "probe.drift", *words) as run:
        assert run.wait() == 2
        assert said in run.stderr


def test_drift_needs_the_installer(tmp_path: Path) -> None:
    words = ["--target=codex", "--versions=0.0.1,0.0.2", "--prompt=x"]
    empty = {"PATH": "/nowhere", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with Running(tmp_path, "probe.drift", *words, env=empty) as run:
        assert run.wait() == 2
        assert "npm is missing" in run.stderr
