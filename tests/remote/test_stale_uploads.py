"""What nobody goes on with is removed from a bucket after a week, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from probe.remote.stale import drop_stale
from probe.store.store import store_at
from tests.support.s3_server import BUCKET, S3Server
from tests.support.stored_runs import client, in_bucket


def begun(server: S3Server) -> dict[str, str]:
    """Return the uploads that have not come to their end: the key of each by its id."""
    found = client(server).list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())
    return {one["UploadId"]: one["Key"] for one in found}


def test_old_uploads_to_runs_are_aborted_but_for_those_that_go_on(s3: S3Server) -> None:
    prefix, server = s3.url.removeprefix(f"s3://{BUCKET}/"), client(s3)
    keys = (f"{prefix}/codex/a/traffic.jsonl", f"{prefix}/codex/b/traffic.jsonl", f"{prefix}/file", "elsewhere/a/b/c")
    ids = [server.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"] for key in keys]
    store = store_at(s3.url)
    (since,) = {one["Initiated"] for one in server.list_multipart_uploads(Bucket=BUCKET)["Uploads"]}
    assert drop_stale(store, (), since + timedelta(days=6)) == 0
    assert set(ids) <= begun(s3).keys()
    assert drop_stale(store, {ids[1]}, since + timedelta(days=8)) == 1
    assert set(ids) - begun(s3).keys() == {ids[0]}


def test_names_of_runs_that_are_there_are_released(s3: S3Server) -> None:
    store = store_at(s3.url)
    for name in ("codex/a/manifest.json", ".uploads/codex/a", ".uploads/codex/b"):
        store.write(name, b"{}")
    drop_stale(store, (), datetime.now(UTC))
    assert sorted(in_bucket(s3)) == [".uploads/codex/b", "codex/a/manifest.json"]
