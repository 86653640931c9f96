"""mitmproxy is mended where its code is the known one, and left alone where it is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from probe.addon.mitmproxy_fixes.patches import bracketed
from probe.targets import PROJECT

# In a process of its own: what is patched stays patched.
SCRIPT = """
import sys
from mitmproxy import version
version.VERSION = sys.argv[1] or version.VERSION
from mitmproxy.proxy.layers.http import _http1
before = _http1.Http1Connection.read_body
from probe.addon.mitmproxy_fixes import patches
patches.apply()
once = _http1.Http1Connection.read_body
patches.apply()
print(once is not before, _http1.Http1Connection.read_body is once)
"""


def told(version: str) -> tuple[str, str]:
    """Apply the patches twice in a mitmproxy of some version; give what was said, and what was logged."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, version], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout, done.stderr


def test_the_installed_version_is_patched_once() -> None:
    assert told("") == ("True True\n", "")


def test_an_unknown_version_is_left_alone_and_the_log_says_so() -> None:
    out, log = told("99.0.0")
    assert out == "False True\n"
    assert "mitmproxy 99.0.0 is not known here" in log


HOSTS = {"127.0.0.1": "127.0.0.1", "api.example.test": "api.example.test", "::1": "[::1]", "[::1]": "[::1]"}


@pytest.mark.parametrize(("host", "written"), HOSTS.items())
def test_only_an_ipv6_address_is_put_in_brackets(host: str, written: str) -> None:
    assert bracketed(host) == written
