"""The page of trends of a fleet in a bucket is that of the same fleet in a folder."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from probe.fleet.__main__ import main
from probe.record.mirror_place import mirror_of
from tests.support.s3_server import S3Server
from tests.trends.made_tables import many_runs, write_tables


def _numbers(page: Path) -> Any:
    (packed,) = re.findall(r'id="numbers">([^<]*)</script>', page.read_text("utf-8"))
    found = json.loads(zlib.decompress(base64.b64decode(packed), -zlib.MAX_WBITS))
    return {name: value for name, value in found.items() if name not in ("generated_at", "view")}


def test_a_fleet_in_a_bucket_has_the_same_trends(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROBE_MIRRORS", str(tmp_path / "mirrors"))
    pages = []
    for place in (s3.url, str(tmp_path / "folder")):
        write_tables(place, many_runs(60, days=9, versions=3), by_day=True)
        assert main(["trends", "--data-dir", place]) == 0
        pages.append(Path(capsys.readouterr().out.strip()))
    assert pages[0] == mirror_of(s3.url) / ".fleet" / "reports" / "trends.html"
    assert _numbers(pages[0]) == _numbers(pages[1])
