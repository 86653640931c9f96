"""mitmproxy is changed where its code is the known one, and left alone where it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from probe.addon import mitmproxy_fixes
from probe.addon.mitmproxy_fixes.guard import Replacement, replace
from probe.addon.mitmproxy_fixes.ipv6_host import bracketed
from probe.places import PROJECT

FOLDER = Path(mitmproxy_fixes.__path__[0])
# In a process of its own: what is replaced stays replaced.
SCRIPT = """
import sys
from mitmproxy import version
version.VERSION = sys.argv[1] or version.VERSION
import probe.addon.mitmproxy_fixes.slim_import
slim = "mitmproxy.addons" in sys.modules
from mitmproxy.net.http import url
from mitmproxy.proxy import server
from mitmproxy.proxy.layers import websocket
from mitmproxy.proxy.layers.http import HttpStream, _http1
from mitmproxy.test.tflow import tflow
from probe.addon.mitmproxy_fixes import all_bug_fixes, coalescing, refusals
from probe.addon.mitmproxy_fixes.direct_hooks import DirectHooks, addon_manager
from mitmproxy.master import Master
from mitmproxy.options import Options
import asyncio

PLACES = [
    (_http1, "make_body_reader"), (_http1.Http1Connection, "read_body"), (_http1.Http1Client, "read_headers"),
    (_http1.Http1Client, "send"), (_http1.Http1Server, "send"), (websocket.WebsocketLayer, "relay_messages"),
    (server.ConnectionHandler, "on_timeout"), (server.ConnectionHandler, "handle_connection"), (url, "hostport"),
    (HttpStream, "state_wait_for_request_headers"),
]
now = lambda: [getattr(owner, name) for owner, name in PLACES]
before = now()
def apply():
    coalescing.join_reads()
    coalescing.join_chunks()
    all_bug_fixes.apply()
    refusals.apply()
    return now()
once = apply()
again = apply()
changed = {one is not other for one, other in zip(before, once)}
# mitmproxy's master takes the log over.
direct = isinstance(addon_manager(Master(Options(), event_loop=asyncio.new_event_loop())), DirectHooks)
flow = tflow()
refusals.refuse(flow, "a web page sent it")
answered = flow.response.status_code if flow.response else "at its head"
print(slim, direct, changed, once == again, answered)
"""


def told(version: str) -> tuple[str, str]:
    """Put the fixes in twice, in a mitmproxy of some version; return what was changed, and what was logged."""
    command = [sys.executable, "-c", SCRIPT, version]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, done.stderr


def test_every_fix_is_put_into_the_installed_version_once() -> None:
    assert told("") == ("True True {True} True at its head\n", "")


def test_an_unknown_version_is_left_alone_and_the_log_says_so() -> None:
    out, log = told("99.0.0")
    assert out == "False False {False} True 403\n"
    assert "mitmproxy 99.0.0 is not known here: the reading of trailers is left as it is" in log


def known(self: Any, event: Any) -> str:
    return "old"


def other(self: Any, event: Any, more: Any) -> str:
    return "old"


OWNERS = {
    "the function is gone": SimpleNamespace(),
    "it takes something else": SimpleNamespace(send=other),
    "it is no function any more": SimpleNamespace(send="text"),
    "what is to be added is there": SimpleNamespace(send=known, added=1),
}


@pytest.mark.parametrize("owner", OWNERS.values(), ids=OWNERS.keys())
def test_a_fix_of_which_one_part_does_not_fit_is_left_out_whole(owner: SimpleNamespace) -> None:
    sound, before = SimpleNamespace(send=known), dict(vars(owner))
    replacements = [
        Replacement(sound, "send", ("self", "event"), lambda old: "new"),
        Replacement(owner, "send", ("self", "event"), lambda old: "new"),
        Replacement(owner, "added", None, lambda old: "new"),
    ]
    assert not replace(f"a test of {before}", replacements)
    assert (sound.send, vars(owner)) == (known, before)


def test_a_fix_whose_code_is_otherwise_not_the_known_one_is_left_out() -> None:
    owner = SimpleNamespace(send=known)
    assert not replace("a test", [Replacement(owner, "send", ("self", "event"), str)], fits=False)
    assert owner.send is known


@pytest.mark.parametrize("path", [path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "guard")])
def test_every_fix_is_in_the_table(path: Path) -> None:
    assert f"`{path.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


HOSTS = {"127.0.0.1": "127.0.0.1", "api.example.test": "api.example.test", "::1": "[::1]", "[::1]": "[::1]"}


@pytest.mark.parametrize(("host", "written"), HOSTS.items())
def test_only_an_ipv6_address_is_put_in_brackets(host: str, written: str) -> None:
    assert bracketed(host) == written
