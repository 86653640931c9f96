"""A run of one's own to upload, and what a bucket has by the client of the server's own makers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from probe.places import PROJECT
from probe.record.line_index import LINES, line_index
from tests.support.s3_server import BUCKET, S3Server

SAMPLE = PROJECT / "data" / "codex" / "tool-loop"
NAME = "20260101T000000Z"
KEY = f"codex/{NAME}"
FILES = ("manifest.json", "proxy.log", "report.md", "traffic.jsonl", "workspace/.gitignore", "workspace/made.py")
"""What is to be in a bucket of the run."""


def own_run(parent: Path) -> Path:
    """Make a run of codex in a folder of runs, with what belongs to it and what does not; return its folder."""
    folder = parent / "codex" / NAME
    shutil.copytree(SAMPLE, folder)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"bundled": False}))
    (folder / "proxy.log").write_text("log\n")
    for name in ("workspace/made.py", "workspace/.gitignore", ".agent-folders/files/login", ".traffic.jsonl.0123"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
    (folder / "workspace" / "link").symlink_to("/etc/passwd")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of the run that belong into a bucket, and the index of its record's lines."""
    found = {f"{KEY}/{name}": (folder / name).read_bytes() for name in FILES}
    return found | {f"{KEY}/{LINES}": line_index(folder / "traffic.jsonl")}


def client(server: S3Server) -> Any:
    """Return a client that has nothing to do with the one that is tested."""
    import boto3  # moto brings it.

    words = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=server.endpoint, **words)


def in_bucket(server: S3Server, url: str | None = None) -> dict[str, bytes]:
    """Return what is in a data folder, by name."""
    prefix = (url or server.url).removeprefix(f"s3://{BUCKET}/") + "/"
    s3 = client(server)
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
    keys = [one["Key"] for one in found]
    return {key.removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}
