"""The page is one small file that lets nothing in, and the command says where it is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
import stat
import zlib
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.fleet.__main__ import main
from probe.trends.data import trends_of
from probe.trends.page import page_of
from tests.trends.made_tables import MadeRun, many_runs, write_tables

LARGEST = 1_000_000
"""Bytes of the page of 10,000 runs."""
LARGEST_CODE = 55_000
"""Bytes of a page without a run."""


def _data(folder: Path) -> Path:
    write_tables(folder, [MadeRun("codex/a"), MadeRun("demo/b")])
    return folder


def _page(tmp_path: Path, *options: str) -> str:
    assert main(["trends", "--data-dir", str(_data(tmp_path)), *options]) == 0
    return (tmp_path / ".fleet" / "reports" / "trends.html").read_text("utf-8")


def test_the_page_runs_its_own_script_and_loads_nothing(tmp_path: Path) -> None:
    page = _page(tmp_path)
    ((rules,)) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules.startswith("default-src &#x27;none&#x27;; script-src &#x27;sha256-" + digest)
    assert "connect-src" not in rules
    assert re.findall(r"<(?:link|script|img|iframe)[^>]*(?:src|href)=\"(?!data:)", page) == []
    outside = set(re.findall(r"https?://[^\s\"')]+", page))
    assert outside == {"http://www.w3.org/2000/svg"}, "the name of SVG's elements alone"


def test_the_page_is_small() -> None:
    assert len(page_of({}, "", "")) <= LARGEST_CODE


@pytest.mark.slow
def test_ten_thousand_runs_over_a_year_and_fifty_versions_are_less_than_a_megabyte(tmp_path: Path) -> None:
    numbers = trends_of(write_tables(tmp_path, many_runs(10_000), by_day=True))
    assert len(numbers["points"]["n"]) > 8000
    assert len(page_of(numbers, "now", "invoke view --run")) < LARGEST


def test_numbers_are_in_the_page_as_they_were_computed(tmp_path: Path) -> None:
    page = _page(tmp_path)
    (packed,) = re.findall(r'<script type="text/plain" id="numbers">([^<]*)</script>', page)
    found = json.loads(zlib.decompress(base64.b64decode(packed), -zlib.MAX_WBITS))
    expected = trends_of(tmp_path / ".fleet" / "tables")
    assert {name: found[name] for name in expected} == expected
    assert found["tables"].startswith("tables of 2 runs (--runs '*/*'), made 20")
    assert found["view"].endswith(f"view --data-dir {shlex.quote(str(tmp_path))} --run")


def test_the_command_prints_where_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _page(tmp_path)
    printed = capsys.readouterr()
    assert "2 runs, from tables of 2 runs (--runs '*/*'), made 20" in printed.err
    out = Path(printed.out.strip())
    assert out == tmp_path / ".fleet" / "reports" / "trends.html"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("given", "written"), [("new/x.html", "new/x.html"), ("folder", "folder/trends.html")], ids=["a file", "a folder"]
)
def test_the_page_is_written_to_the_place_that_is_named(given: str, written: str, tmp_path: Path) -> None:
    assert main(["trends", "--data-dir", str(_data(tmp_path / "data")), "--output", str(tmp_path / given)]) == 0
    assert (tmp_path / written).read_text("utf-8").startswith("<!doctype html>")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file"):
        main(["trends", "--data-dir", str(_data(tmp_path)), "--output", str(tmp_path / "file" / "x.html")])


def test_no_run_that_fits_is_an_error_and_no_empty_page(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no run fits other/\* in the tables of 2 runs"):
        main(["trends", "--data-dir", str(_data(tmp_path)), "--runs", "other/*"])
    assert not (tmp_path / ".fleet" / "reports").exists()
