"""Whenever an uploading process is killed, a reader sees nothing or the whole run, and the next process goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.support.s3_server import S3Server
from tests.support.stored_runs import KEY


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_at_every_step(s3: S3Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.killed_uploading", s3.url, str(tmp_path)]
    environ = os.environ | dict(s3.environment)
    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    points = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["killed"] for one in points] == [True] * (len(points) - 1) + [False]
    assert all(one["went_on"] for one in points)
    files = [f"{KEY}/{name}" for name in ("manifest.json", "report.md", "traffic.jsonl", "traffic.lines")]
    # Nothing of the bucket but the run, and here a pointer in the place of its record.
    assert {tuple(one["after"]) for one in points} == {tuple(files)}
    assert all({"manifest.json", "remote.json", "report.md"} <= set(one["here_after"]) for one in points)
    assert not any({"traffic.jsonl", ".upload.json"} & set(one["here_after"]) for one in points)
    for one in points:
        assert one["there"] or one["here"], "a whole record is somewhere"
        assert one["here"] or one["pointer"], "it goes here when the pointer is there"
        assert not one["visible"] or set(files) <= set(one["seen"]), "what is visible is whole"
        assert not one["pointer"] or one["visible"]
    # It was killed before the record was there, before it was visible, and before it was gone here.
    found = {(one["there"], one["visible"], one["pointer"], one["here"]) for one in points}
    assert {(False, False, False, True), (True, False, False, True), (True, True, False, True)} <= found
    assert (True, True, True, False) in found
