"""What one machine records and writes in a bucket, other machines see: runs, reports, signatures, copies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from probe.errors import UserError
from probe.places import PROJECT
from probe.record.reader import read_unread
from probe.remote.mirror import open_remote_run
from probe.store.store import store_at
from tests.remote.conftest import RECORD, Bucket, Machine, manifest_of
from tests.support.s3_proxy import S3Proxy

Make = Callable[[str], Machine]
RUN = "demo/20261120T100000Z"
PROMPT = "Write a prime checker"


def names_of(bucket: Bucket) -> set[str]:
    """Return the names of the files of all runs."""
    return {key.rpartition("/")[2] for key in bucket.names() if not key.startswith(".")}


def mirror_of(machine: Machine) -> Path:
    """Return the only mirror of a machine."""
    (found,) = (machine.home / "mirrors").iterdir()
    return found


def test_a_pipeline_on_one_machine_is_seen_whole_on_another(bucket: Bucket, machine: Make) -> None:
    one, other = machine("a"), machine("b")
    done = one.run("pipeline", "--target", "demo", "--prompt", PROMPT)
    assert done.returncode == 0, done.stderr
    (key,) = {"/".join(name.split("/")[:2]) for name in bucket.names() if not name.startswith(".")}
    assert f"record: {bucket.url}/{key}/traffic.jsonl\n" in done.stdout
    assert {"traffic.jsonl", "manifest.json", "report.md", "report.html", "summary.json"} <= names_of(bucket)
    assert not list(mirror_of(one).glob("*/*/traffic.jsonl")), "the record is in the bucket alone"
    (found,) = json.loads(other.printed("runs", "--json"))
    assert (f"{found['target']}/{found['run']}", found["prompt"]) == (key, PROMPT)
    assert found["report"] == f"{bucket.url}/{key}/report.md"
    assert "FAIL" not in other.printed("verify", "latest")
    again = other.run("analyze", "latest")
    assert "analyze: up to date" in again.stderr
    assert Path(again.stdout.strip()).read_bytes() == bucket.get(f"{key}/report.md")


def test_a_capture_prints_the_address_of_its_record(bucket: Bucket, machine: Make) -> None:
    done = machine("a").run("capture", "--target", "demo", "--prompt", PROMPT)
    assert done.returncode == 0, done.stderr
    address = done.stdout.splitlines()[-1]
    assert bucket.get(address.removeprefix(f"{bucket.url}/")).startswith(b'{"')
    assert "checked" in done.stderr


def test_settings_name_the_bucket(bucket: Bucket, machine: Make) -> None:
    one = machine("a")
    one.printed("capture", "--target", "demo", "--prompt", PROMPT, "--data-dir", bucket.url)
    (key,) = [key for key in bucket.names() if key.endswith("manifest.json")]
    assert json.loads(bucket.get(key))["settings"]["data_dir"] == {"value": bucket.url, "source": "command line"}


def test_reports_and_the_manifest_follow_in_their_order(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN)
    machine("a").printed("analyze", RUN)
    written = [one.path.rpartition("/")[2] for one in proxy.passed if one.method == "PUT"]
    assert written == ["report.md", "summary.json", "manifest.json"]


def test_documents_of_a_protocol_are_seen_on_another_machine(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(RUN)
    machine("a").printed("protocol", RUN)
    assert {"protocol.md", "protocol.json", "openapi.json"} <= names_of(bucket)
    assert "up to date" in machine("b").run("protocol", RUN).stderr


def test_a_path_into_the_mirror_names_a_run_as_well(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(RUN)
    one = machine("a")
    one.printed("runs")
    done = one.run("analyze", str(mirror_of(one) / RUN), PROBE_DATA_DIR=str(one.home / "data"))
    assert done.returncode == 0, done.stderr
    assert "report.md" in names_of(bucket)


def test_a_run_is_opened_without_a_mirror(
    bucket: Bucket, machine: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bucket.put_run(RUN)
    for name, value in machine("a").environment.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()  # what was connected stays connected
    found = open_remote_run(store_at(bucket.url), RUN, tmp_path / "folder")
    assert (found.target, len(list(read_unread(found.traffic, lambda line, why: None)))) == ("demo", 3)
    assert sorted(one.name for one in (tmp_path / "folder").iterdir()) == ["manifest.json", "remote.json"]
    with pytest.raises(UserError, match="there is no whole run"):
        open_remote_run(store_at(bucket.url), f"{RUN}-2", tmp_path / "other")
    store_at(bucket.url).write(f"{RUN}/manifest.json", b"{")
    found = open_remote_run(store_at(bucket.url), RUN, tmp_path / "damaged")
    assert "manifest.json: cannot be read" in (found.manifest.facts.damaged or "")


def test_completion_offers_what_was_listed_without_asking(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN)
    one = machine("a")
    one.printed("runs")
    proxy.clear()
    words = "from probe.tasks.completion import candidates; print(candidates('probe verify d', []))"
    environment = os.environ | one.environment | {"PROBE_DATA_DIR": bucket.url}
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert RUN in done.stdout
    assert not proxy.passed


def test_steps_of_two_machines_are_both_kept(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN)
    one, other = machine("a"), machine("b")
    analyzed: list[str] = []

    def analyze_elsewhere(method: str, path: str) -> None:
        if method == "PUT" and path.endswith("/report.html") and not analyzed:
            analyzed.append(one.printed("analyze", RUN))

    proxy.before = analyze_elsewhere
    other.printed("analyze", "--html", RUN)
    assert analyzed
    proxy.before = lambda method, path: None
    assert "analyze: up to date" in other.run("analyze", RUN).stderr
    assert {"analyze", "analyze --html"} <= json.loads(bucket.get(f"{RUN}/manifest.json"))["steps"].keys()


def test_a_report_of_another_machine_takes_the_place_of_an_older_one(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(RUN)
    one, other = machine("a"), machine("b")
    first = Path(one.printed("analyze", RUN).strip())
    bucket.put(f"{RUN}/report.md", b"# Another\n")
    other.printed("analyze", "--force", RUN)
    again = one.run("analyze", RUN)
    assert "up to date" in again.stderr
    assert first.read_bytes() == bucket.get(f"{RUN}/report.md") != b"# Another\n"


def test_a_signature_is_checked_on_another_machine(bucket: Bucket, machine: Make, tmp_path: Path) -> None:
    bucket.put_run(RUN)
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30)
    machine("a").printed("sign", RUN, "--key", str(key))
    assert {"record-root.json", "record-root.json.sig"} <= names_of(bucket)
    assert "FAIL" not in machine("b").printed("verify", RUN, "--signature")


def test_a_redacted_copy_is_a_run_in_the_bucket(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(RUN)
    machine("a").printed("redact", RUN)
    assert not any("salt" in key for key in bucket.names()), "the key of the pseudonyms stays on the machine"
    assert machine("b").printed("get", f"{RUN}-redacted", "manifest/redaction/of").strip() == RUN


def test_an_archive_and_an_export_are_written_here(bucket: Bucket, machine: Make, tmp_path: Path) -> None:
    bucket.put_run(RUN)
    one = machine("a")
    archive = Path(one.printed("share", RUN).splitlines()[-1])
    exported = Path(one.printed("export", RUN, "--to", "har").strip())
    assert archive.is_file()
    assert exported.is_file()
    assert {archive.name, exported.name}.isdisjoint(names_of(bucket))


def test_an_imported_file_is_a_run_in_the_bucket(bucket: Bucket, machine: Make, tmp_path: Path) -> None:
    one = machine("a")
    har = tmp_path / "x.har"
    one.printed("export", "demo/sample", "--to", "har", "--output", str(har))
    one.printed("import", str(har))
    (found,) = json.loads(machine("b").printed("runs", "--json"))
    assert found["import_of"] == "x.har"


def test_pruning_deletes_in_the_bucket_manifests_first(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    for day in (20, 21, 22):
        bucket.put_run(f"demo/202611{day}T100000Z", started=f"2026-11-{day}T10:00:00Z", schema=2)
    machine("a").printed("runs", "--prune", "1")
    assert {key.split("/")[1] for key in bucket.names()} == {"20261122T100000Z"}
    deleted = [one.path.rpartition("/")[2] for one in proxy.passed if one.method == "DELETE"]
    assert deleted[0::2] == ["manifest.json"] * 2


def test_a_record_in_a_bucket_stays_as_it_is(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(RUN)
    for words in ((), ("--undo",)):
        done = machine("a").run("compress", RUN, *words)
        assert done.returncode == 2
        assert f"{bucket.url}/{RUN}/traffic.jsonl, and stays as it is there" in done.stderr


def test_doctor_asks_the_bucket(bucket: Bucket, machine: Make) -> None:
    one = machine("a")
    assert f"{bucket.url} can be read and written" in one.run("doctor").stdout
    assert not bucket.names()
    assert "there is no such bucket" in one.run("doctor", PROBE_DATA_DIR="s3://none-here/x").stdout


def test_a_recording_in_a_bucket_answers_an_agent(bucket: Bucket, machine: Make) -> None:
    bucket.put_run(RUN)
    done = machine("a").run("replay-check", "--run", RUN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith(bucket.url)


def test_a_killed_recording_is_recovered_and_uploaded_by_the_next_command(bucket: Bucket, machine: Make) -> None:
    one = machine("a")
    one.printed("runs")
    folder = mirror_of(one) / RUN
    folder.mkdir(parents=True, mode=0o700)
    (folder / "traffic.jsonl").write_bytes(RECORD)
    killed = {"ended": None, "counts": None, "pid": 1 << 30, "traffic_sha256": None}
    (folder / "manifest.json").write_bytes(manifest_of(RUN, RECORD, **killed))
    one.run("show", RUN)
    assert bucket.get(f"{RUN}/traffic.jsonl") == RECORD
    assert json.loads(bucket.get(f"{RUN}/manifest.json"))["counts"]["written"] == 3


@pytest.mark.parametrize("option", ["--output-dir", "PROBE_OUTPUT_DIR"])
def test_a_run_in_a_folder_of_its_own_stays_there(option: str, bucket: Bucket, machine: Make, tmp_path: Path) -> None:
    place = tmp_path / "own"
    words = ("--output-dir", str(place)) if option.startswith("--") else ()
    variables = {} if words else {option: str(place)}
    done = machine("a").run("capture", "--target", "demo", "--prompt", PROMPT, *words, **variables)
    assert done.returncode == 0, done.stderr
    assert f"note: the run stays in {place}, and is not uploaded to {bucket.url}" in done.stderr
    assert (place / "traffic.jsonl").is_file()
    assert not bucket.names()
