"""A run is uploaded whole or not at all, whatever happens on the way, and nothing is sent twice."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import fsspec
import pytest

from probe.errors import UserError
from probe.record.remote_pointer import read_pointer
from probe.remote import digests, plain_files
from probe.remote.copy_run import copy_run
from probe.remote.kept_uploads import KeptUploads
from probe.remote.progress import Progress
from probe.remote.upload import finish_uploads, pending, upload_run
from probe.store import bucket
from probe.store.store import store_at
from tests.support.s3_faults import NOT_IMPLEMENTED, SLOW_DOWN, Fault, FaultyProxy, faulty_proxy
from tests.support.s3_server import S3Server
from tests.support.stored_runs import KEY, contents, in_bucket, own_run

PART = 10_000
"""Bytes; the record of the sample has four parts then."""
RECORD = f"{KEY}/traffic.jsonl"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a run that is uploaded in small parts."""
    monkeypatch.setattr(digests, "PART", PART)
    return own_run(tmp_path / "data")


@pytest.fixture
def proxy(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """Return a proxy in front of the server; this process uses it, and does not try for long."""
    monkeypatch.setattr(bucket, "_TRIES", 2)
    monkeypatch.setattr(fsspec.get_filesystem_class("s3"), "retries", 2)
    with faulty_proxy(s3.endpoint) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        # Clients are kept by their options, of which the address is none.
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield running
        fsspec.get_filesystem_class("s3").clear_instance_cache()


def upload(server: S3Server, folder: Path) -> list[str]:
    """Upload a run; return what is said of it."""
    said: list[str] = []
    upload_run(store_at(server.url), folder, KEY, said.append)
    return said


def test_a_bucket_has_all_that_belongs_to_a_run_and_the_folder_a_pointer(
    s3: S3Server, proxy: FaultyProxy, folder: Path
) -> None:
    expected, size = contents(folder), (folder / "traffic.jsonl").stat().st_size
    said = upload(s3, folder)
    objects = [line.partition(f"/{KEY}")[2].partition("?")[0][1:] for line, _ in proxy.requests if line[0] == "P"]
    # The name is kept first, then the record is written, and the manifest last.
    assert [objects[0], objects[1], objects[-1]] == ["", "traffic.jsonl", "manifest.json"]
    assert objects.count("manifest.json") == 1
    # The server's own hashes are enough: nothing but the manifest is read back.
    assert not [line for line, _ in proxy.requests if re.match(r"GET \S*/(traffic|report|proxy)", line)]
    assert in_bucket(s3) == expected
    assert said[0].startswith(f"note: {KEY}: 1 not uploaded, for they are no plain files: 'workspace/link'")
    assert said[1].startswith(f"uploaded {KEY} to {s3.url}: 6 files, ")
    pointer = read_pointer(folder)
    assert pointer
    assert (pointer.url, pointer.record) == (f"{s3.url}/{KEY}", "traffic.jsonl")
    assert not (folder / "traffic.jsonl").exists()
    assert not (folder / ".upload.json").exists()
    assert size > 3 * PART
    assert pending(folder.parent.parent) == []


@pytest.mark.parametrize("place", ["memory", "file"])
def test_other_places_than_s3_get_the_same(place: str, folder: Path, tmp_path: Path) -> None:
    store = store_at(f"memory://{token_hex(6)}/data" if place == "memory" else (tmp_path / "there").as_uri())
    expected = contents(folder)
    upload_run(store, folder, KEY, lambda text: None)
    assert {name: store.read(name) for name in store.names()} == expected
    assert not (folder / "traffic.jsonl").exists()


def test_what_a_disk_has_otherwise_than_it_was_written_gets_no_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_files, "pieces", lambda file, size: [b"x" * size])
    store = store_at((tmp_path / "there").as_uri())
    with pytest.raises(UserError, match="the server has other bytes than were sent"):
        upload_run(store, folder, KEY, lambda text: None)
    assert [name for name in store.names() if not name.startswith(".uploads/")] == []
    assert (folder / "traffic.jsonl").exists()


PASSING = {
    "a part is cut": [Fault(kind=r"PUT .*partNumber=2\b", cut_after=3000)],
    "the record is cut at once": [Fault(kind=r"PUT .*partNumber=1\b", cut_after=0)],
    "the manifest is cut": [Fault(kind="PUT .*/codex/.*/manifest.json", cut_after=100)],
    "SlowDown, again and again": [Fault(kind=r"PUT .*partNumber=3\b", answer=(503, SLOW_DOWN), times=5)],
    "SlowDown at the first question": [Fault(kind="GET ", answer=(503, SLOW_DOWN), times=2)],
    "an answer is late": [Fault(kind=r"PUT .*partNumber=1\b", delay=0.5)],
    "the answer to a part is lost": [Fault(kind=r"PUT .*partNumber=2\b", lose_answer=True)],
    "the answer that all parts are there is lost": [Fault(kind="POST .*uploadId=", lose_answer=True)],
    "the answer to the beginning is lost": [Fault(kind="POST .*uploads", lose_answer=True)],
    "the answer to the manifest is lost": [Fault(kind="PUT .*/codex/.*/manifest.json", lose_answer=True)],
    "the answer to the claim is lost": [Fault(kind="PUT .*/.uploads/", lose_answer=True)],
    "a byte of a part arrives changed": [Fault(kind=r"PUT .*partNumber=2\b", flip=4000)],
    "a byte of a small file arrives changed": [Fault(kind="PUT .*/proxy.log", flip=1)],
    "a byte of the manifest arrives changed": [Fault(kind="PUT .*/codex/.*/manifest.json", flip=50)],
    "a server that writes on no condition": [
        Fault(kind="PUT ", answer=(501, NOT_IMPLEMENTED), header=b"if-none-match", times=99)
    ],
}


@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING.keys())
def test_one_call_survives_what_passes(s3: S3Server, proxy: FaultyProxy, folder: Path, faults: list[Fault]) -> None:
    expected = contents(folder)
    proxy.faults += [Fault(**vars(one)) for one in faults]
    upload(s3, folder)
    assert in_bucket(s3) == expected
    assert not (folder / "traffic.jsonl").exists()
    assert all(not one.times or one.times > 90 for one in proxy.faults)


LASTING = {
    "the second part": r"PUT .*partNumber=2\b",
    "the end of the parts": "POST .*uploadId=",
    "a small file": "PUT .*/report.md",
    "the manifest": "PUT .*/codex/.*/manifest.json",
}


@pytest.mark.parametrize("kind", LASTING.values(), ids=LASTING.keys())
def test_the_next_call_goes_on_where_one_was_cut_and_sends_no_part_again(
    s3: S3Server, proxy: FaultyProxy, folder: Path, kind: str
) -> None:
    expected = contents(folder)
    proxy.faults += [Fault(kind=kind, cut_after=10, times=10_000)]
    with pytest.raises(UserError) as caught:
        upload(s3, folder)
    assert str(caught.value.args[0]).startswith(f"run {KEY} is not uploaded: ")
    assert f"go on with: invoke upload --data-dir {s3.url}" in str(caught.value.hint)
    assert caught.value.code == 1
    assert (folder / "traffic.jsonl").exists()
    assert f"{KEY}/manifest.json" not in in_bucket(s3)
    del proxy.faults[:]
    upload(s3, folder)
    assert in_bucket(s3) == expected
    whole = sum(map(len, expected.values()))
    # Of the files, no byte is sent twice.
    assert sum(proxy.sent(r"PUT /\w+/\w+/codex/")) == whole
    assert [len(proxy.sent(rf"PUT .*/traffic.jsonl\?.*partNumber={number}\b")) for number in (1, 2, 3, 4)] == [
        1,
        1,
        1,
        1,
    ]


def test_bytes_that_always_arrive_changed_are_an_error_and_nothing_is_visible(
    s3: S3Server, proxy: FaultyProxy, folder: Path
) -> None:
    proxy.faults += [Fault(kind=r"PUT .*partNumber=2\b", flip=7, times=99)]
    with pytest.raises(UserError, match="part 2: the server has other bytes than were sent"):
        upload(s3, folder)
    assert not any(name.startswith("codex/") for name in in_bucket(s3))
    assert len(proxy.sent(r"PUT .*partNumber=2\b")) == 3


def _changed(folder: Path) -> Path:
    """Return a copy of a run with another record."""
    copy = folder.parent.parent.parent / "other" / "codex" / folder.name
    shutil.copytree(folder, copy, symlinks=True)
    with (copy / "traffic.jsonl").open("ab") as file:
        file.write(b"\n")
    data = (copy / "traffic.jsonl").read_bytes()
    found = json.loads((copy / "manifest.json").read_text())
    changed = {"traffic_sha256": digests.digests_of((copy / "traffic.jsonl").open("rb"), len(data)).sha256}
    (copy / "manifest.json").write_text(json.dumps(found | changed))
    return copy


def test_another_run_of_the_name_is_never_overwritten(s3: S3Server, folder: Path) -> None:
    other = _changed(folder)
    upload(s3, folder)
    before = in_bucket(s3)
    with pytest.raises(UserError, match=f"{s3.url}/{KEY} is another run than the one here"):
        upload(s3, other)
    assert in_bucket(s3) == before
    assert (other / "traffic.jsonl").exists()


def test_a_name_that_another_run_is_being_uploaded_to_is_taken(s3: S3Server, proxy: FaultyProxy, folder: Path) -> None:
    other, expected = _changed(folder), contents(folder)
    proxy.faults += [Fault(kind=r"PUT .*partNumber=2\b", cut_after=10, times=10_000)]
    with pytest.raises(UserError):
        upload(s3, folder)
    del proxy.faults[:]
    with pytest.raises(UserError, match=f"another run of the name {KEY} is being uploaded") as caught:
        upload(s3, other)
    assert f"delete {s3.url}/.uploads/{KEY}" in str(caught.value.hint)
    upload(s3, folder)
    assert in_bucket(s3) == expected


def test_a_run_that_is_there_is_not_sent_again(s3: S3Server, proxy: FaultyProxy, folder: Path) -> None:
    store, progress = store_at(s3.url), Progress("", lambda text: None)
    assert copy_run(store, folder, KEY, progress) is not None
    del proxy.requests[:]
    assert copy_run(store, folder, KEY, progress) is None
    assert [line.split()[0] for line, _ in proxy.requests] == ["GET", "HEAD"]
    # What was uploaded by another machine, or just before this one was killed, is compared before a record goes.
    upload(s3, folder)
    assert not (folder / "traffic.jsonl").exists()


def test_a_record_that_is_not_what_the_manifest_says_is_not_uploaded(s3: S3Server, folder: Path) -> None:
    with (folder / "traffic.jsonl").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(UserError, match=r"is not as its capture left it: traffic\.jsonl has SHA-256 "):
        upload(s3, folder)
    assert not any(name.startswith("codex/") for name in in_bucket(s3))
    assert finish_uploads(folder.parent.parent, store_at(s3.url), lambda text: None) == 1


def _running(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"ended": None, "pid": os.getpid(), "started": _NOW}))


def _killed(folder: Path) -> None:
    (folder / ".live").mkdir()


_NOW = "2999-01-01T00:00:00.000000Z"
UNFINISHED = {
    "recorded": (_running, "is still being recorded"),
    "killed": (_killed, "the recording of run .* was killed"),
}


@pytest.mark.parametrize(("change", "problem"), UNFINISHED.values(), ids=UNFINISHED.keys())
def test_a_run_that_is_not_finished_stays_here(s3: S3Server, folder: Path, change: object, problem: str) -> None:
    assert callable(change)
    change(folder)
    with pytest.raises(UserError, match=problem):
        upload(s3, folder)
    assert in_bucket(s3) == {}


def test_a_record_that_was_compressed_after_it_was_uploaded_is_there_once(
    s3: S3Server, proxy: FaultyProxy, folder: Path
) -> None:
    from probe.record.compressed import compress
    from probe.remote.upload import run_in

    proxy.faults += [Fault(kind="PUT .*/report.md", cut_after=10, times=10_000)]
    with pytest.raises(UserError):
        upload(s3, folder)
    del proxy.faults[:]
    assert RECORD in in_bucket(s3)
    compress(run_in(folder))
    packed = (folder / "traffic.jsonl.zst").read_bytes()
    upload(s3, folder)
    found = in_bucket(s3)
    assert RECORD not in found
    assert found[f"{RECORD}.zst"] == packed


def test_without_a_note_of_what_was_begun_all_is_sent_again(s3: S3Server, proxy: FaultyProxy, folder: Path) -> None:
    expected = contents(folder)
    proxy.faults += [Fault(kind=r"PUT .*partNumber=2\b", cut_after=10, times=10_000)]
    with pytest.raises(UserError):
        upload(s3, folder)
    del proxy.faults[:]
    assert len(KeptUploads(folder).ids()) == 1
    (folder / ".upload.json").write_text("{")
    upload(s3, folder)
    assert in_bucket(s3) == expected


def test_an_upload_that_somebody_aborted_begins_anew(s3: S3Server, proxy: FaultyProxy, folder: Path) -> None:
    from tests.support.s3_server import BUCKET
    from tests.support.stored_runs import client

    expected = contents(folder)
    proxy.faults += [Fault(kind=r"PUT .*partNumber=2\b", cut_after=10, times=10_000)]
    with pytest.raises(UserError):
        upload(s3, folder)
    del proxy.faults[:]
    key = f"{s3.url.rpartition('/')[2]}/{RECORD}"
    client(s3).abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=KeptUploads(folder).ids().pop())
    upload(s3, folder)
    assert in_bucket(s3) == expected
