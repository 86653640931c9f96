"""A compressed run is the same run to every task: what they say and write of it does not change."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from probe.cli.called_as import module_of
from probe.cli.commands import COMMANDS
from probe.errors import UserError
from probe.exports.formats import FORMATS
from probe.places import PROJECT
from probe.record import compressed, seekable_zstd
from probe.record.compressed import compress, decompress
from probe.record.frame_table import read_table
from probe.record.manifest import Manifest
from probe.record.open_record import record_sha256
from probe.record.runs import Run
from probe.record.seekable_zstd import write_frames
from probe.report import parts
from probe.testing.recordings import find_recording
from probe.wire.ports import free_ports
from tests.support.page_files import PageFile
from tests.support.provider import provider_running
from tests.support.running import Running

RUN, OTHER, SAME = (f"codex/2026010{number}T000000Z" for number in (1, 2, 3))
FRAME = 9000
"""Bytes in a frame, so that a sample has several."""

READING = {
    "analyze": ["analyze", f"--run={RUN}", "--output={out}/report.md"],
    "analyze --full": ["analyze", f"--run={RUN}", "--full", "--output={out}/report-full.md"],
    "analyze --html": ["analyze", f"--run={RUN}", "--html", "--output={out}/report.html"],
    "analyze --jobs": ["analyze", f"--run={RUN}", "--jobs=3", "--output={out}/report.md"],
    "analyze --input": ["analyze", "--input={record}", "--output={out}/report.md", "--target=codex"],
    "verify": ["verify", f"--run={RUN}"],
    "verify --json": ["verify", f"--run={RUN}", "--json"],
    "protocol": ["protocol", f"--run={RUN}", "--output={out}"],
    "compare": ["compare", RUN, OTHER, "--markdown={out}/c.md", "--html={out}/c.html", "--json={out}/c.json"],
    "compare with a file": ["compare", "{record}", OTHER, "--json={out}/c.json"],
    "fleet": ["fleet", "protocol", f"--runs={RUN}", "--workers=0", "--output={out}"],
    "slots": ["slots", RUN, SAME],
    "runs": ["runs", "--json"],
    "show": ["show", RUN],
    "show a turn": ["show", RUN, "turn", "1", "--json"],
    "grep": ["grep", "files"],
    "get": ["get", RUN, "turn.1.answer"],
    "redact": ["redact", RUN, "--output-dir={out}/copy"],
    **{f"export {to}": ["export", f"--run={RUN}", f"--to={to}", "--raw", f"--output={{out}}/{to}"] for to in FORMATS},
}
"""What each task is asked for; `{record}` is the file that has the record."""
SLOW = {"analyze --full", "analyze --jobs", "verify", "compare with a file", "runs", "show a turn", "redact", "fleet"}
SLOW |= {f"export {to}" for to in FORMATS if to != "otlp"}
IN_OTHER_TESTS = {"view", "pipeline", "replay", "replay-check", "capture", "share", "sign"}
"""Tested below."""
NOT_READING = {"proxies", "doctor", "new-target", "bench", "compress", "skill", "import", "sql"}
BY_OTHERS = {"drift", "upload"}
"""The first runs `capture --replay` and `compare`; the second needs a bucket (`tests/remote`)."""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder with three runs of one's own."""
    folder = tmp_path / "data"
    for name, sample in ((RUN, "tool-loop-websocket"), (OTHER, "tool-loop"), (SAME, "tool-loop-websocket")):
        shutil.copytree(PROJECT / "data" / "codex" / sample, folder / name)
        facts = json.loads((folder / name / "manifest.json").read_text())
        started = f"2026-01-0{name[13]}T00:00:00.000000Z"
        own = facts | {"bundled": False, "run": name.partition("/")[2], "started": started, "ended": started}
        (folder / name / "manifest.json").write_text(json.dumps(own))
        for path in [folder / name, *(folder / name).iterdir()]:
            path.chmod(0o700 if path.is_dir() else 0o600)
    (folder / ".redaction-salt").write_bytes(bytes(32))
    monkeypatch.setenv("PROBE_DATA_DIR", str(folder))
    monkeypatch.setattr(compressed, "FRAME", FRAME)
    monkeypatch.setattr(parts, "HEAD_START", 1000)
    return folder


def run_in(data: Path, name: str = RUN) -> Run:
    return Run(folder=data / name, target="codex", manifest=Manifest.read(data / name))


def main_of(task: str) -> Callable[[list[str]], int]:
    module = import_module(module_of(task))
    if not hasattr(module, "main"):
        module = import_module(f"{module_of(task)}.__main__")
    found: Callable[[list[str]], int] = module.main
    return found


def asked(words: list[str], data: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return all that a task says and writes, with the exit code; times of making apart."""
    out.mkdir()
    record = next(path for path in (data / RUN).iterdir() if path.name.startswith("traffic.jsonl"))
    task, *options = (word.format(out=out, record=record) for word in words)
    code = main_of(task)(options)
    said = capsys.readouterr()
    texts = {"code": str(code), "stdout": said.out, "stderr": said.err}
    texts |= {path.name: _text(path) for path in out.rglob("*") if path.is_file()}
    return {name: _without_names(text.replace(str(out), "OUT")) for name, text in texts.items()}


def _text(path: Path) -> str:
    """Return what is in a file; a page is packed, with the time of its making; connections of flows get random ids."""
    if path.name != "report.html":
        text = path.read_bytes().decode("latin-1")
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text) if path.name == "flows" else text
    page = PageFile(path.read_text())
    return repr((page.summary | {"generated_at": ""}, page.index, page.pieces))


def _without_names(text: str) -> str:
    """Return a text without times of its making, and with one name of the record's file."""
    text = re.sub(r"(run read \([\d.]+ MB\)) in \d+:\d\d", r"\1", text)
    return re.sub(r"(generated[ _]at\W+)[-0-9:TZ ]+", r"\1", text.replace("traffic.jsonl.zst", "traffic.jsonl"))


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in READING])
def test_every_task_says_and_writes_the_same(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    plain = asked(READING[name], data, tmp_path / "plain", capsys)
    for run in (RUN, OTHER, SAME):
        assert compress(run_in(data, run))
    assert asked(READING[name], data, tmp_path / "compressed", capsys) == plain


def test_no_task_is_forgotten() -> None:
    named = {words[0] for words in READING.values()} | IN_OTHER_TESTS | NOT_READING | BY_OTHERS
    assert set(COMMANDS) - named == set(), "a task that reads records belongs into READING"


def test_the_sample_of_these_tests_is_several_frames(data: Path) -> None:
    assert compress(run_in(data))
    with (data / RUN / "traffic.jsonl.zst").open("rb") as file:
        assert len(read_table(file, "it")) > 4


def test_compressing_prints_the_file_and_says_how_much_it_saved(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = data / RUN
    size = (folder / "traffic.jsonl").stat().st_size
    lines = {
        ("compress", "--run=latest~2"): (f"{size:,} bytes in ", "traffic.jsonl.zst"),
        ("compress", f"--run={RUN}"): ("it is compressed already", "traffic.jsonl.zst"),
        ("compress", f"--run={RUN}", "--undo"): ("the record is plain again", "traffic.jsonl"),
        ("compress", "--undo", f"--run={folder}"): ("it is not compressed", "traffic.jsonl"),
    }
    for number, (words, (said, file)) in enumerate(lines.items()):
        found = asked([*words], data, tmp_path / str(number), capsys)
        assert found["stderr"].startswith(said)
        assert (found["code"], found["stdout"]) == ("0", f"{folder}/traffic.jsonl\n")
        assert (folder / file).exists()


@pytest.mark.slow
def test_what_is_up_to_date_stays_so(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [["analyze"], ["analyze", "--html"], ["protocol"]]
    for number, step in enumerate(steps):
        asked([*step, f"--run={RUN}"], data, tmp_path / f"first-{number}", capsys)
    before = {path.name: path.stat().st_mtime_ns for path in (data / RUN).iterdir() if "report" in path.name}
    for change in ([], ["--undo"]):
        asked(["compress", f"--run={RUN}", *change], data, tmp_path / f"change{change}", capsys)
        for number, step in enumerate(steps):
            found = asked([*step, f"--run={RUN}"], data, tmp_path / f"{change}-{number}", capsys)
            assert found["stderr"].endswith(": up to date\n")
    assert {path.name: path.stat().st_mtime_ns for path in (data / RUN).iterdir() if "report" in path.name} == before


@pytest.mark.slow
def test_a_test_replays_a_compressed_run_by_its_name_its_folder_or_its_file(data: Path) -> None:
    plain = [one.id for one in find_recording(data / RUN).exchanges]
    assert compress(run_in(data))
    for source in (RUN, data / RUN, data / RUN / "traffic.jsonl.zst"):
        assert [one.id for one in find_recording(source).exchanges] == plain
    (data / RUN / "manifest.json").unlink()
    assert [one.id for one in find_recording(data / RUN).exchanges] == plain


@pytest.mark.slow
def test_what_is_shared_or_signed_of_a_run_is_the_same(data: Path, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True, timeout=60)
    found = []
    for name in ("plain", "compressed"):
        assert main_of("sign")([RUN, f"--key={tmp_path / 'key'}"]) == 0
        assert main_of("share")([RUN, f"--output={tmp_path / name}.zip"]) == 0
        found.append(((tmp_path / f"{name}.zip").read_bytes(), (data / RUN / "record-root.json").read_bytes()))
        assert compress(run_in(data)) is None or name == "plain"
    assert found[0] == found[1]


REFUSED = {
    "a sample": (["--run=codex/tool-loop"], "codex/tool-loop is a sample, which stays as it is", 2),
    "a run that is being recorded": ([f"--run={OTHER}"], "is still being recorded (pid ", 2),
    "a run without a record": ([f"--run={SAME}"], "holds no exchange", 1),
    "a word too many": (["--", "more"], "unexpected arguments: more", 2),
}


@pytest.mark.parametrize(("words", "said", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_finished_run_of_ones_own_is_refused(data: Path, words: list[str], said: str, code: int) -> None:
    shutil.copytree(PROJECT / "data" / "codex" / "tool-loop", data / "codex" / "tool-loop")
    run_in(data, OTHER).manifest.update(ended=None, pid=os.getpid(), started="2099-01-01T00:00:00.000000Z")
    (data / SAME / "traffic.jsonl").unlink()
    with pytest.raises(UserError) as caught:
        main_of("compress")(words)
    assert said in caught.value.args[0]
    assert caught.value.code == code
    assert not list(data.rglob("*.zst"))


def damage(data: Path, name: str) -> str:
    """Damage the last frame of a run that is compressed for it; return what is said of that."""
    assert compress(run_in(data, name))
    file = data / name / "traffic.jsonl.zst"
    with file.open("r+b") as opened:
        frame = read_table(opened, "it")[-1]
        opened.seek(frame.place + frame.size // 2)
        opened.write(b"\0\0\0\0")
    return f"{file}: frame {frame.number} of {frame.number} (bytes "


def test_verify_names_the_damaged_frame_and_goes_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = damage(data, OTHER).replace(".zst", "")
    found = asked(["verify", f"--run={OTHER}", "--json"], data, tmp_path / "out", capsys)
    report = json.loads(found["stdout"])
    assert (found["code"], report["ok"]) == ("1", False)
    assert report["problems"]["lines"][0].startswith(said)
    assert report["problems"]["file"][0].startswith(said)
    place = r"\(bytes [\d,]+ to [\d,]+, for [\d,]+ at offset [\d,]+ of the record\) is damaged: "
    assert re.search(place, report["problems"]["lines"][0])
    assert any("traffic.jsonl has SHA-256" in one for one in report["problems"]["file"])
    assert report["exchanges"] == 1
    assert report["problems"]["secrets"] == []


DAMAGED = ["analyze", "analyze --jobs", "analyze --html", "analyze --input", "protocol", "compare", "slots"]


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.slow
def test_no_other_task_crashes_on_damage(data: Path, tmp_path: Path, name: str) -> None:
    said = damage(data, RUN)
    (tmp_path / "out").mkdir()
    task, *options = READING[name]
    record = data / RUN / "traffic.jsonl.zst"
    with pytest.raises(UserError) as caught:
        main_of(task)([word.format(out=tmp_path / "out", record=record) for word in options])
    assert caught.value.args[0].startswith(said)
    assert caught.value.code == 1
    assert caught.value.hint
    assert list((tmp_path / "out").iterdir()) == []


DEMO = ["--target", "demo", "--prompt", "Write a prime checker"]


@pytest.mark.slow
def test_a_run_over_the_size_is_compressed_at_its_end_and_the_pipeline_goes_on_with_it(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.pipeline", *DEMO, "--compress-over=0") as running:
        assert running.wait() == 0, running.stderr
        folder, manifest = running.run_folder(), running.manifest()
        assert f"record: {folder}/traffic.jsonl.zst\n" in running.stdout
    assert not (folder / "traffic.jsonl").exists()
    assert "the record was compressed (compress_over): " in running.stderr
    assert manifest["settings"]["compress_over"] == {"value": 0, "source": "command line"}
    assert manifest["compressed"]["file"] == "traffic.jsonl.zst"
    assert record_sha256(folder / "traffic.jsonl") == manifest["traffic_sha256"]
    assert {"report.md", "report.html", "summary.json"} <= {path.name for path in folder.iterdir()}
    with Running(tmp_path, "probe.pipeline", f"--run={folder}", "--compress-over=9") as running:
        assert running.wait() == 2
        assert "is recorded already: --compress-over would change nothing" in running.stderr
    with Running(tmp_path, "probe.pipeline", f"--run={folder}") as running:
        assert running.wait() == 0, running.stderr
        assert [line for line in running.stderr.splitlines() if line.endswith(": up to date")] == [
            "capture: up to date", "analyze: up to date", "analyze --html: up to date",
        ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("setting", [[], ["--compress-over=never"]])
def test_a_small_record_stays_plain_by_default(tmp_path: Path, setting: list[str]) -> None:
    with Running(tmp_path, "probe.capture", *DEMO, *setting) as running:
        assert running.wait() == 0, running.stderr
        folder = running.run_folder()
        assert running.stdout.endswith(f"{folder}/traffic.jsonl\n")
    assert not (folder / "traffic.jsonl.zst").exists()


@pytest.mark.slow
def test_proxies_started_by_hand_compress_theirs_as_well(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with provider_running() as provider:
        options = ["--target=openai-compatible", f"--upstream=model={provider.url}", f"--port=model={port}"]
        with Running(tmp_path, "probe.proxies", *options, env={"PROBE_COMPRESS_OVER": "0"}) as one:
            one.until_said("Ctrl-C ends it")
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=20).read()
            one.until(lambda: (one.run_folder() / "traffic.jsonl").stat().st_size, "a record")
            one.send(signal.SIGINT)
            assert one.wait() == 130, one.stderr
            assert one.stdout.endswith(f"{one.run_folder()}/traffic.jsonl.zst\n")


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """Return a compressed run of the demo agent."""
    folder = tmp_path / "data" / "demo" / "20260101T000000Z"
    shutil.copytree(PROJECT / "data" / "demo" / "sample", folder)
    facts = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(facts | {"bundled": False}))
    assert compress(Run(folder=folder, target="demo", manifest=Manifest.read(folder)))
    return folder


@pytest.mark.slow
def test_an_agent_runs_again_on_a_compressed_recording(tmp_path: Path, demo: Path) -> None:
    with Running(tmp_path, "probe.replay_check", f"--run={demo}", env={"PROBE_COMPRESS_OVER": "0"}) as running:
        assert running.wait() == 0, running.stderr
        assert running.stdout.endswith("/traffic.jsonl.zst\n")
    with Running(tmp_path, "probe.capture", *DEMO, f"--replay={demo}", f"--output-dir={tmp_path / 'again'}") as running:
        assert running.wait() == 0, running.stderr
    manifest = Manifest.read(tmp_path / "again").facts
    assert manifest.replayed
    assert (manifest.replayed.calls, manifest.replayed.differing) == (3, [])


@pytest.mark.slow
def test_view_makes_the_page_of_a_compressed_run(tmp_path: Path, demo: Path) -> None:
    with Running(tmp_path, "probe.view", f"--run={demo}") as running:
        assert running.wait() == 0, running.stderr
        assert running.stdout == f"{demo}/report.html\n"


@pytest.mark.slow
def test_a_compressed_run_is_served(tmp_path: Path, demo: Path) -> None:
    with Running(tmp_path, "probe.replay", f"--run={demo}") as running:
        running.until_said("http://127.0.0.1:")
        address = re.search(r"http://127\.0\.0\.1:\d+", running.stdout + running.stderr)
        assert address
        line = json.loads((PROJECT / "data" / "demo" / "sample" / "traffic.jsonl").read_text().splitlines()[0])
        body = json.dumps(line["request"]["body"], separators=(",", ":")).encode()
        path = line["request"]["url"].partition("://")[2].partition("/")[2]
        asked_for = urllib.request.Request(f"{address[0]}/{path}", body, {"content-type": "application/json"})
        answer = urllib.request.urlopen(asked_for, timeout=20).read().decode()
        running.send(signal.SIGINT)
        running.wait()
    assert answer == line["response"]["body"]


@pytest.mark.slow
@pytest.mark.parametrize("change", [[], ["--undo"]])
def test_killed_at_any_time_it_loses_nothing(tmp_path: Path, change: list[str]) -> None:
    random = Random(str(change))
    folder = tmp_path / "data" / "codex" / "20260101T000000Z"
    shutil.copytree(PROJECT / "data" / "codex" / "tool-loop", folder)
    facts = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(facts | {"bundled": False}))
    lines = (folder / "traffic.jsonl").read_bytes().splitlines(keepends=True)
    noise = b"".join(b'{"noise": "%s"}\n' % random.randbytes(3000).hex().encode() for _ in range(2500))
    (folder / "traffic.jsonl").write_bytes(b"".join(lines) * 20 + noise)
    whole, cut = record_sha256(folder / "traffic.jsonl"), 0
    other = [] if change else ["--undo"]
    for _ in range(8):
        with Running(tmp_path, "probe.compress", f"--run={folder}", *other) as running:
            assert running.wait() == 0, running.stderr
        with Running(tmp_path, "probe.compress", f"--run={folder}", *change) as running:
            time.sleep(0.15 + 0.35 * random.random())
            running.process.kill()
            cut += running.wait() == -signal.SIGKILL
        assert record_sha256(folder / "traffic.jsonl") == whole
    assert cut
    with Running(tmp_path, "probe.compress", f"--run={folder}", *change) as running:
        assert running.wait() == 0, running.stderr
    file = "traffic.jsonl" if change else "traffic.jsonl.zst"
    assert sorted(path.name for path in folder.iterdir() if "traffic" in path.name) == [file]
    assert record_sha256(folder / "traffic.jsonl") == whole


@pytest.mark.slow
def test_a_full_disk_leaves_the_record_as_it_was(tmp_path: Path, demo: Path) -> None:
    assert decompress(Run(folder=demo, target="demo", manifest=Manifest.read(demo)))
    whole, names = record_sha256(demo / "traffic.jsonl"), {path.name for path in demo.iterdir()}
    # Python itself would keep a module of which only a part could be written.
    script = 'ulimit -f 2; PYTHONDONTWRITEBYTECODE=1 exec "$0" -m "$@"'
    limited = ["bash", "-c", script, sys.executable]
    with Running(tmp_path, "probe.compress", f"--run={demo}", command=limited) as running:
        assert running.wait() == 1
        assert "nothing is lost: the record is as it was" in running.stderr
    assert record_sha256(demo / "traffic.jsonl") == whole
    assert {path.name for path in demo.iterdir()} == names


IN_THE_WAY = """
import os, sys, urllib.request
os.mkdir(sys.argv[1])
try:
    urllib.request.urlopen(os.environ["OPENAI_BASE_URL"])
except OSError:
    pass
"""


@pytest.mark.slow
def test_an_agent_that_is_in_the_way_of_compressing_costs_the_recording_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with provider_running() as provider:
        options = ["--target=openai-compatible", f"--upstream=model={provider.url}", f"--output-dir={folder}"]
        command = [sys.executable, "-c", IN_THE_WAY, str(folder / "traffic.jsonl.zst")]
        with Running(tmp_path, "probe.capture", *options, "--compress-over=0", "--", *command) as running:
            assert running.wait() == 0, running.stderr
            assert "WARNING: the record is not compressed: Is a directory" in running.stderr
            assert running.stdout.endswith(f"{folder}/traffic.jsonl\n")
    assert record_sha256(folder / "traffic.jsonl") == Manifest.read(folder).facts.traffic_sha256


MEMORY = """
import re, sys
from pathlib import Path
from probe.record.reader import read_unread
count = sum(1 for _ in read_unread(Path(sys.argv[1]), print, outlined=True))
print(count, re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone says what memory a process had at most")
def test_reading_a_large_one_takes_hardly_more_memory(tmp_path: Path) -> None:
    plain, packed = tmp_path / "traffic.jsonl", tmp_path / "packed.jsonl.zst"
    sample = (PROJECT / "data" / "codex" / "tool-loop" / "traffic.jsonl").read_bytes()
    plain.write_bytes(sample * 4000)
    with plain.open("rb") as source, packed.open("wb") as out:
        write_frames(source, out, seekable_zstd.FRAME)
    found = []
    for path in (plain, packed):
        said = subprocess.run([sys.executable, "-c", MEMORY, path], capture_output=True, cwd=PROJECT, timeout=60)
        found.append([int(word) for word in said.stdout.split()])
    (count, kilobytes), (same, more) = found
    assert count == same == 4000 * sample.count(b"\n")
    assert more < kilobytes + 20_000
