"""The command that installs a missing library names the versions that fit this Python."""

from __future__ import annotations

import sys

import pytest

from probe import missing_library

LISTED = [
    "mitmproxy>=12",
    "some-prices>=0.2.3,<1; python_version >= '3.12' and extra == 'cost'",
    "some-prices==0.0.61; python_version < \"3.12\" and extra == 'cost'",
]
VERSIONS = {
    "an old Python": ((3, 11, 9), "some-prices", "some-prices==0.0.61"),
    "a new one": ((3, 12, 0), "some-prices", "'some-prices>=0.2.3,<1'"),
    "any Python": ((3, 11, 9), "mitmproxy", "'mitmproxy>=12'"),
    "a library that is not listed": ((3, 13, 0), "other", "other"),
}


@pytest.mark.parametrize(("version", "name", "wanted"), VERSIONS.values(), ids=VERSIONS)
def test_a_missing_library_has_the_command_that_installs_it(
    version: tuple[int, ...], name: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_library, "requires", lambda _: LISTED)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "version_info", version)
        command = missing_library.install_command(name)
    assert command == f"uv pip install --python {sys.executable} {wanted}"
