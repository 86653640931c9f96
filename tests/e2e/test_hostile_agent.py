"""An agent that may write into its run's folder cannot make us write, delete, wait or run anything outside of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.support.provider import Provider, provider_running
from tests.support.recorded_call import first_body
from tests.support.running import Running

pytestmark = pytest.mark.slow

# Asks its model once, so that there is a record; then does to its run's folder what the words say.
AGENT = f"""
import json, os, pathlib, shutil, sys, urllib.request
body = {first_body("codex/tool-loop")}
request = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/responses", body, {{"content-type": "application/json"}}
)
urllib.request.urlopen(request, timeout=30).read()
(run,) = pathlib.Path(os.environ["PROBE_DATA_DIR"]).glob("*/2*")
outside = pathlib.Path(os.environ["HOME"])
exec(sys.argv[1])
"""
PRECIOUS = "what is the user's own\n"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Serve the model."""
    with provider_running() as running:
        yield running


def capture(folder: Path, provider: Provider, deed: str, *options: str, script: str = "probe.pipeline") -> Running:
    """Run the agent that does something."""
    (folder / "home").mkdir(exist_ok=True)
    for name in ("precious", "manifest.json", "report.md", "traffic.jsonl"):
        (folder / "home" / name).write_text(PRECIOUS)
    upstreams = [f"--upstream={name}=http://127.0.0.1:{provider.port}" for name in ("model", "backend")]
    words = ["--target", "codex", *upstreams, *options, "--", sys.executable, "-c", AGENT, deed]
    return Running(folder, script, *words)


def untouched(folder: Path) -> bool:
    """Check whether all that is the user's is as it was, and nothing was added to it."""
    files = {path.name: path.read_text() for path in (folder / "home").iterdir() if path.is_file()}
    return files == dict.fromkeys(("precious", "manifest.json", "report.md", "traffic.jsonl"), PRECIOUS)


LINKS = {
    "the report": "os.symlink(outside / 'precious', run / 'report.md')",
    "the summary": "os.symlink(outside / 'precious', run / 'summary.json')",
    "the report, to nowhere": "os.symlink(outside / 'new', run / 'report.md')",
    "the manifest": "(run / 'manifest.json').unlink(); os.symlink(outside / 'precious', run / 'manifest.json')",
    "new files whose names can be guessed": """
for name in ("manifest.json", "report.md"):
    for pid in range(os.getpid() - 200, os.getpid() + 200):
        os.symlink(outside / "precious", run / f".{name}.{pid}")
""",
    "the workspace, to nowhere": "os.symlink(outside / 'new', run / 'workspace')",
    "the folder of the agent's own settings": "os.symlink(outside, run / '.agent-folders')",
}


@pytest.mark.parametrize("deed", LINKS.values(), ids=LINKS.keys())
def test_links_are_replaced_and_not_followed(tmp_path: Path, provider: Provider, deed: str) -> None:
    with capture(tmp_path, provider, deed) as running:
        assert running.wait() == 0, running.stderr
        run = running.run_folder()
        assert untouched(tmp_path)
        assert [(run / name).is_symlink() for name in ("report.md", "summary.json", "manifest.json")] == [False] * 3
        assert (run / "report.md").read_text().startswith("# Codex")
        assert running.manifest()["counts"]["written"] == 1


TRAPS = {
    "a link": "os.symlink(outside / 'precious', run / 'traffic.jsonl')",
    "a link to no file": "os.symlink(outside / 'new', run / 'traffic.jsonl')",
    "a link to what has no end": "os.symlink('/dev/zero', run / 'traffic.jsonl')",
    "a pipe that nobody writes into": "os.mkfifo(run / 'traffic.jsonl')",
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS.keys())
def test_what_stands_in_the_place_of_the_record_is_told_and_not_read(
    tmp_path: Path, provider: Provider, trap: str
) -> None:
    with capture(tmp_path, provider, "(run / 'traffic.jsonl').unlink(); " + trap, script="probe.capture") as running:
        assert running.wait() == 1
        assert "traffic.jsonl is not the recorded file" in running.stderr
        run = running.run_folder()
    for script in ("analyze", "verify", "pipeline", "replay"):
        with Running(tmp_path, f"probe.{script}", "--run", str(run)) as again:
            assert again.wait() == 2
            assert "traffic.jsonl is not a file of agent-probe but a link, a pipe or a device" in again.stderr
    assert untouched(tmp_path)


NO_MANIFESTS = {
    "a link to what has no end": "os.symlink('/dev/zero', run / 'manifest.json')",
    "a pipe that nobody writes into": "os.mkfifo(run / 'manifest.json')",
    "a folder": "(run / 'manifest.json').mkdir()",
}


@pytest.mark.parametrize("trap", NO_MANIFESTS.values(), ids=NO_MANIFESTS.keys())
def test_what_stands_in_the_place_of_the_manifest_stops_no_listing(
    tmp_path: Path, provider: Provider, trap: str
) -> None:
    with capture(tmp_path, provider, "pass", script="probe.capture") as running:
        assert running.wait() == 0, running.stderr
        run = running.run_folder()
    (run / "manifest.json").unlink()
    exec(trap, {"os": os, "run": run})
    with Running(tmp_path, "probe.runs", "--json") as listing:
        assert listing.wait() == 0
        assert [(one["run"], one["state"]) for one in json.loads(listing.stdout)] == [(run.name, "damaged")]
    with Running(tmp_path, "probe.analyze") as analyze:
        assert analyze.wait() == 2
        assert "manifest.json: cannot be read" in analyze.stderr


def test_a_run_folder_that_was_replaced_by_a_link_is_not_written_to(tmp_path: Path, provider: Provider) -> None:
    deed = "run.rename(run.with_name('moved')); os.symlink(outside, run)"
    with capture(tmp_path, provider, deed, script="probe.capture") as running:
        assert running.wait() == 1
        assert "manifest.json: cannot be written" in running.stderr
        assert untouched(tmp_path)
    with Running(tmp_path, "probe.runs", "--json") as listing:
        assert listing.wait() == 0
        # The link is no run, though files with a run's names lie behind it.
        assert [one["run"] for one in json.loads(listing.stdout)] == ["moved"]
    assert untouched(tmp_path)


WORKSPACES = {
    "deleted": ("shutil.rmtree(os.getcwd())", 0, ""),
    "replaced by a link": (
        "here = os.getcwd(); os.rmdir(here); os.symlink(outside, here)",
        1,
        "put a link in the place of its folder",
    ),
    "full of links": ("os.symlink(outside, 'a'); os.symlink('/dev/zero', 'b'); os.mkfifo('c')", 0, ""),
}


@pytest.mark.parametrize(("deed", "code", "said"), WORKSPACES.values(), ids=WORKSPACES.keys())
def test_whatever_became_of_the_workspace_the_run_is_kept(tmp_path: Path, deed: str, code: int, said: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "precious").write_text(PRECIOUS)
    words = ["--target", "codex", "--replay", str(PROJECT / "data/codex/tool-loop"), "--"]
    with Running(tmp_path, "probe.pipeline", *words, sys.executable, "-c", AGENT, deed) as running:
        assert running.wait() == code, running.stderr
        assert said in running.stderr
        assert running.manifest()["counts"]["written"] == 1
        assert (running.run_folder() / "report.md").exists()
        assert [path.name for path in (tmp_path / "home").iterdir()] == ["precious"]


PLACES = {"away from the data folder": "../../../home", "by a whole path": "{home}"}


@pytest.mark.parametrize("target", PLACES.values(), ids=PLACES.keys())
def test_a_manifest_does_not_say_where_the_analysis_goes(tmp_path: Path, provider: Provider, target: str) -> None:
    with capture(tmp_path, provider, "pass", script="probe.capture") as running:
        assert running.wait() == 0, running.stderr
        manifest = running.run_folder() / "manifest.json"
    known = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(known | {"bundled": True, "target": target.format(home=tmp_path / "home")}))
    with Running(tmp_path, "probe.analyze", "--run", str(manifest.parent)) as analyze:
        assert analyze.wait() == 2
        assert "manifest.json: cannot be read" in analyze.stderr
    assert untouched(tmp_path)
    manifest.write_text(json.dumps(known | {"bundled": True}))
    with Running(tmp_path, "probe.analyze", "--run", str(manifest.parent)) as analyze:
        assert analyze.wait() == 0, analyze.stderr
        assert Path(analyze.stdout.strip()).is_relative_to(tmp_path / "data" / ".samples" / "codex")
    (tmp_path / "data" / ".samples").rename(tmp_path / "data" / "moved")
    (tmp_path / "data" / ".samples").symlink_to(tmp_path / "home")
    with Running(tmp_path, "probe.analyze", "--run", str(manifest.parent), "--force") as analyze:
        assert analyze.wait() == 2
        assert "remove that link" in analyze.stderr
    assert untouched(tmp_path)


def test_pruning_deletes_no_more_than_runs(tmp_path: Path, provider: Provider) -> None:
    deed = "os.symlink(outside, run / 'a'); (run / 'b').mkdir(); os.symlink(outside / 'precious', run / 'b' / 'c')"
    with capture(tmp_path, provider, deed, script="probe.capture") as running:
        assert running.wait() == 0, running.stderr
        run = running.run_folder()
    # A run of another data folder, to which links lead: as a run, and as a target.
    elsewhere = tmp_path / "elsewhere" / "codex" / "20260101T000000Z"
    elsewhere.mkdir(parents=True)
    for name in ("manifest.json", "traffic.jsonl"):
        (elsewhere / name).write_text((run / name).read_text())
    (tmp_path / "data" / "codex" / "20270101T000000Z").symlink_to(elsewhere)
    (tmp_path / "data" / "linked").symlink_to(elsewhere.parent)
    with Running(tmp_path, "probe.runs", "--prune", "0") as prune:
        assert prune.wait() == 0, prune.stderr
        assert prune.stderr.splitlines()[:2] == ["deleting 1 of 1 runs", f"deleted codex/{run.name}"]
    assert not run.exists()
    assert sorted(path.name for path in elsewhere.iterdir()) == ["manifest.json", "traffic.jsonl"]
    assert untouched(tmp_path)


# Python takes modules from the current folder first, when it is told to run one with -m.
PLANT = """
for name in ("probe", "msgspec", "yaml", "psutil", "mitmproxy", "aiohttp", "rich", "json", "site", "sitecustomize"):
    pathlib.Path(name + ".py").write_text("open('planted was run', 'w')")
"""


def test_modules_that_the_agent_plants_where_it_works_are_not_run(tmp_path: Path, provider: Provider) -> None:
    (tmp_path / "work").mkdir()
    upstreams = [f"--upstream={name}=http://127.0.0.1:{provider.port}" for name in ("model", "backend")]
    invoke = [str(Path(sys.executable).parent / "invoke"), "--search-root", str(PROJECT)]
    words = ["--target", "codex", *upstreams, "--", sys.executable, "-c", AGENT, PLANT]
    command = ["/bin/sh", "-c", f'cd "{tmp_path}/work" && exec "$@"', "sh", *invoke]
    with Running(tmp_path, "pipeline", *words, command=command) as running:
        assert running.wait() == 0, running.stderr
        assert (running.run_folder() / "report.md").exists()
    assert (tmp_path / "work" / "probe.py").exists()
    assert not (tmp_path / "work" / "planted was run").exists()


def test_the_agent_gets_the_users_own_python_path(tmp_path: Path, provider: Provider) -> None:
    deed = "print('told', os.environ.get('PYTHONPATH'), os.environ.get('PYTHONSAFEPATH'))"
    with capture(tmp_path, provider, deed) as running:
        assert running.wait() == 0, running.stderr
        assert f"told {PROJECT} None" in running.stdout


FLOODS = {
    "in one line": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
    "in many lines": "import sys\nwhile True: sys.stdout.write('1.2.3\\n' * 9999)",
    "after a while": "import sys, time\nprint('1.2.3', flush=True)\ntime.sleep(1)\nwhile True: print('x' * 65536)",
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
@pytest.mark.parametrize("script", ["capture", "doctor"])
def test_an_agent_that_has_no_end_of_a_version_is_cut_off(tmp_path: Path, script: str, flood: str) -> None:
    agent = tmp_path / "bin" / "codex"
    agent.parent.mkdir()
    said = f"import sys\nif '--version' not in sys.argv: sys.exit(0)\n{flood}\n"
    agent.write_text(f"#!{sys.executable}\n{said}")
    agent.chmod(0o700)
    env = {"PATH": f"{agent.parent}:{os.environ['PATH']}"}
    words = ["--target", "codex", *(["--", "codex"] if script == "capture" else [])]
    with Running(tmp_path, f"probe.{script}", *words, env=env) as running:
        assert running.wait() == 1
        assert len(running.stdout) + len(running.stderr) < 10_000
        running.until_nothing_runs()


def test_a_hostile_data_folder_gets_no_run_and_no_key(tmp_path: Path, provider: Provider) -> None:
    (tmp_path / "home").mkdir()
    data = tmp_path / "data"
    data.mkdir()
    (data / "codex").symlink_to(tmp_path / "home")
    with Running(tmp_path, "probe.capture", "--target", "codex", "--", "true") as running:
        assert running.wait() == 2
        assert f"{data / 'codex'} is a link to {tmp_path / 'home'}" in running.stderr
    (data / "codex").unlink()
    (data / ".mitmproxy").symlink_to(tmp_path / "home")
    with Running(tmp_path, "probe.capture", "--target", "codex", "--", "true") as running:
        assert running.wait() == 2
        assert "the CA's key would be there" in running.stderr
    (data / ".mitmproxy").unlink()
    (data / ".mitmproxy").mkdir()
    (tmp_path / "home" / "precious").write_text(PRECIOUS)
    (data / ".mitmproxy" / ".lock").symlink_to(tmp_path / "home" / "precious")
    with Running(tmp_path, "probe.capture", "--target", "codex", "--", "true") as running:
        assert running.wait() == 2
    assert [path.read_text() for path in (tmp_path / "home").iterdir()] == [PRECIOUS]


def test_an_output_folder_with_links_in_it_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious").write_text("")
    for name in ("traffic.jsonl", "proxy.log", ".live"):
        (out / name).symlink_to(tmp_path / "precious")
        with Running(tmp_path, "probe.capture", "--target", "codex", "--output-dir", str(out), "--", "true") as running:
            assert running.wait() == 2
            assert f"{name} is not a file of agent-probe" in running.stderr
        (out / name).unlink()
    assert (tmp_path / "precious").read_text() == ""


@pytest.mark.parametrize("script", ["probe.runs", "probe.verify", "probe.capture"])
def test_the_documented_way_from_elsewhere_runs_nothing_that_lies_there(tmp_path: Path, script: str) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for name in ("probe", "json", "yaml", "argparse", "msgspec", "asyncio", "mitmproxy", "sitecustomize"):
        (work / f"{name}.py").write_text("open('planted was run', 'w')")
    command = ["/bin/sh", "-c", f'cd "{work}" && exec "$@"', "sh", sys.executable, "-P", "-m"]
    words = ["--data-dir", str(PROJECT / "data")]
    if script == "probe.capture":
        words = ["--target=codex", "--replay", str(PROJECT / "data/codex/tool-loop"), "--", "true"]
    with Running(tmp_path, script, *words, command=command) as running:
        running.wait()
        assert "Traceback" not in running.stderr
    assert not (work / "planted was run").exists()
    assert "python -P -m probe." in (PROJECT / "docs/safety.md").read_text()


def test_a_folder_that_was_deleted_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    command = ["/bin/sh", "-c", f'mkdir "{gone}" && cd "{gone}" && rmdir "{gone}" && exec "$@"', "sh", sys.executable]
    with Running(tmp_path, "-P", "-m", "probe.runs", command=command) as running:
        assert running.wait() == 2
        assert "was deleted" in running.stderr
    data = os.fsdecode(os.fsencode(tmp_path) + b"/no\xff")
    with Running(tmp_path, "probe.capture", "--target=codex", "--data-dir", data, "--", "true") as running:
        assert running.wait() == 2
        assert "is not UTF-8" in running.stderr
