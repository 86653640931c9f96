"""The command that installs a missing library installs its whole extra, in versions that fit this Python."""

from __future__ import annotations

import sys

import pytest

from probe import missing_library
from probe.places import PROJECT

LISTED = [
    "mitmproxy>=12",
    "some-prices>=0.2.3,<1; python_version >= '3.12' and extra == 'cost'",
    "some-prices==0.0.61; python_version < \"3.12\" and extra == 'cost'",
    "bokeh<4,>=3.4; extra == 'fleet'",
    "tables<27,>=20; extra == 'fleet'",
    "tables-of-others>=1; python_version < '3.12' and extra == 'fleet'",
    "s3>=2025.3; extra == 'fleet'",
    "tables<27,>=20; extra == 'parquet'",
]
VERSIONS = {
    "an old Python": ((3, 11, 9), "some-prices", "some-prices==0.0.61"),
    "a new one": ((3, 12, 0), "some-prices", "'some-prices>=0.2.3,<1'"),
    "any Python": ((3, 11, 9), "mitmproxy", "'mitmproxy>=12'"),
    "all that its extra has": ((3, 13, 0), "s3", "'bokeh<4,>=3.4' 'tables<27,>=20' 's3>=2025.3'"),
    "an extra that has more in an old Python": (
        *((3, 11, 0), "bokeh", "'bokeh<4,>=3.4' 'tables<27,>=20' 'tables-of-others>=1' 's3>=2025.3'"),
    ),
    "the smallest of two extras": ((3, 13, 0), "tables", "'tables<27,>=20'"),
    "a library that is not listed": ((3, 13, 0), "other", "other"),
}


@pytest.mark.parametrize(("version", "name", "wanted"), VERSIONS.values(), ids=VERSIONS)
def test_a_missing_library_has_the_command_that_installs_it(
    version: tuple[int, ...], name: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_library, "requires", lambda _: LISTED)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "version_info", version)
        patched.setattr(sys, "prefix", "/usr")
        command = missing_library.install_command(name)
    assert command == f"uv pip install --python {sys.executable} {wanted}"


def test_the_hint_names_the_extra_and_a_checkout_takes_it_up_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing_library, "requires", lambda _: LISTED)
    monkeypatch.setattr(sys, "prefix", str(PROJECT / ".venv"))
    hint = missing_library.missing_library("s3").hint or ""
    assert hint.startswith("the extra fleet has it, ")
    assert hint.endswith(f"uv sync --inexact --extra fleet --project {PROJECT}")


def test_the_package_lists_the_libraries_of_fleet_under_one_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/usr")
    command = missing_library.install_command("duckdb")
    assert all(name in command for name in ("bokeh", "distributed", "duckdb", "pyarrow", "s3fs"))
