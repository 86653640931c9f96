"""The page's own code: small, typed, linted, and without anything that turns text into markup."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.support.page_tools import modules

CODE = PROJECT / "probe" / "report" / "html" / "page"
HERE = Path(__file__).parent.relative_to(PROJECT)
LARGEST = 226_000
"""Bytes of all code of the page: what it has. The aim is 120,000, which it does not reach."""


def test_the_code_of_the_page_grows_no_more() -> None:
    sizes = {file.name: file.stat().st_size for file in CODE.iterdir() if not file.name.endswith(".d.ts")}
    assert 1000 < sum(sizes.values()) <= LARGEST, sizes


def _checked(*command: str) -> None:
    if not shutil.which("npm"):
        assert not os.environ.get("PROBE_REQUIRE_BROWSERS"), "npm is not installed"
        pytest.skip("npm is not installed")
    environment = os.environ | {"PAGE_TOOLS": str(modules())}
    program = str(modules() / ".bin" / command[0])
    ended = subprocess.run(
        [program, *command[1:]], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.browsers
@pytest.mark.parametrize("page", ["page", "trends"])
def test_the_code_of_a_page_is_type_checked(page: str) -> None:
    _checked("tsc", "--project", str(HERE.parent / page / "tsconfig.json"))


@pytest.mark.browsers
@pytest.mark.parametrize("code", [CODE, PROJECT / "probe" / "trends" / "page"], ids=["page", "trends"])
def test_the_code_of_a_page_is_linted(code: Path) -> None:
    _checked(
        "eslint", "--config", str(HERE / "eslint.config.mjs"), "--no-config-lookup", "--max-warnings", "0", str(code)
    )
