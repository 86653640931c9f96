"""Processes that upload the same run at the same time do no harm to each other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.support.s3_server import S3Server
from tests.support.stored_runs import contents, in_bucket, own_run

_PROGRAM = """
import sys
from pathlib import Path
from probe.remote import digests
from probe.remote.upload import upload_run
from probe.store.store import store_at
digests.PART = 4000
upload_run(store_at(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], lambda text: None)
"""


@pytest.mark.parametrize("machines", [1, 2], ids=["of one machine", "of two machines"])
def test_processes(s3: S3Server, tmp_path: Path, machines: int) -> None:
    first = own_run(tmp_path / "0")
    folders = [first, first]
    if machines == 2:
        shutil.copytree(tmp_path / "0", tmp_path / "1", symlinks=True)
        folders[1] = tmp_path / "1" / first.relative_to(tmp_path / "0")
    expected, key = contents(first), f"codex/{first.name}"
    uploads = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, s3.url, str(folder), key],
            cwd=PROJECT,
            env=os.environ | dict(s3.environment),
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    said = [one.communicate(timeout=100)[1] for one in uploads]
    assert [one.returncode for one in uploads] == [0, 0], said
    assert in_bucket(s3) == expected
    assert not any((folder / "traffic.jsonl").exists() for folder in folders)
    assert all((folder / "remote.json").exists() for folder in folders)
