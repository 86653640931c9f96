"""What belongs to a run is uploaded with it, and nothing else of its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from probe.remote.copy_run import copy_run
from probe.remote.progress import Progress
from probe.remote.run_files import run_files
from probe.store.store import store_at
from tests.support.s3_server import S3Server
from tests.support.stored_runs import FILES, KEY, in_bucket, own_run


def test_hidden_files_pointers_and_what_no_bucket_can_hold_stay_here(tmp_path: Path) -> None:
    folder = own_run(tmp_path)
    (folder / ".live").mkdir()
    (folder / ".live" / "1").write_bytes(b"not redacted")
    (folder / "remote.json").write_bytes(b"{}")
    os.mkfifo(folder / "workspace" / "pipe")
    (folder / "workspace" / "others").symlink_to(tmp_path)
    (folder / "workspace" / os.fsdecode(b"\xff")).write_bytes(b"")
    deep = folder / "workspace" / ("d" * 200) / ("e" * 200) / ("f" * 200) / ("g" * 200)
    deep.mkdir(parents=True)
    (deep / ("h" * 200)).write_bytes(b"")
    found = run_files(folder)
    assert (found.record, found.other_record) == ("traffic.jsonl", "traffic.jsonl.zst")
    assert {*found.others, "traffic.jsonl", "manifest.json"} == set(FILES)
    assert {Path(name).name for name in found.left_out} == {"link", os.fsdecode(b"\xff"), "others", "pipe", "h" * 200}


@pytest.mark.parametrize("records", [["traffic.jsonl.zst"], ["traffic.jsonl", "traffic.jsonl.zst"], []])
def test_the_plain_record_is_the_record_where_both_are_there(tmp_path: Path, records: list[str]) -> None:
    for name in records:
        (tmp_path / name).write_bytes(b"")
    assert run_files(tmp_path).record == (records[0] if records else None)


def test_a_run_that_holds_credentials_is_uploaded_with_a_warning(s3: S3Server, tmp_path: Path) -> None:
    folder, said = own_run(tmp_path), list[str]()
    manifest = json.loads((folder / "manifest.json").read_text())
    kept = {"keep_secrets": {"value": True, "source": "command line"}}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"settings": kept}))
    copy_run(store_at(s3.url), folder, KEY, Progress(KEY, said.append))
    assert f"WARNING: {KEY} holds credentials as they are (--keep-secrets), and is uploaded" in said


def test_a_run_without_a_record_is_uploaded_as_well(s3: S3Server, tmp_path: Path) -> None:
    folder = own_run(tmp_path)
    (folder / "traffic.jsonl").unlink()
    copy_run(store_at(s3.url), folder, KEY, Progress(KEY, lambda text: None))
    assert sorted(in_bucket(s3)) == [f"{KEY}/{name}" for name in FILES if name != "traffic.jsonl"]
