"""What is known of whose run it is: from its manifest, and of the machine and the user that redact it."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from probe.record.manifest import Manifest
from probe.redact.ordinary_words import GENERIC
from probe.redact.public_hosts import is_public

Value = tuple[str, str]
_GIT_SECONDS = 5


def of_manifest(manifest: Manifest) -> Iterator[Value]:
    """Yield kind and value of what a run's manifest knows."""
    facts = manifest.facts
    for folder in (facts.folder, *facts.folders.values()):
        if folder:
            yield "folder", folder
            yield from user_of(folder)
    if facts.command and "/" in facts.command[0]:
        yield from user_of(facts.command[0])
        yield "folder", str(PurePosixPath(facts.command[0]).parent)
    upstreams = [one.upstream for one in facts.listeners.values()]
    proxies = [one.upstream_proxy or "" for one in facts.listeners.values()]
    settings = [str(one.value) for name, one in facts.settings.items() if name.startswith("upstream")]
    for url in (*upstreams, *proxies, *settings):
        host = _host(url)
        if host and not is_public(host):
            yield "host", host


def user_of(path: str) -> Iterator[Value]:
    """Yield the user in whose home folder a path is."""
    parts = PurePosixPath(path).parts
    if len(parts) > 2 and parts[1] in ("home", "Users") and parts[2].lower() not in GENERIC:
        yield "user", parts[2]


def of_this_machine(environ: Mapping[str, str] = os.environ) -> Iterator[Value]:
    """Yield kind and value of what this machine knows of its user: whoever redacts a run mostly recorded it."""
    home = environ.get("HOME", "")
    if len(PurePosixPath(home).parts) > 1:
        yield "folder", home
    yield "user", PurePosixPath(home).name if home.startswith(("/home/", "/Users/")) else _user()
    yield "host", socket.gethostname()
    yield "host", socket.gethostname().partition(".")[0]
    yield from _of_git()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run as a number that has no name.
        return ""


def _of_git() -> Iterator[Value]:
    try:
        command = ["git", "config", "--global", "--get-regexp", r"^user\.(name|email)$"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        yield ("name" if name == "user.name" else "email"), value


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname if "://" in url else None
    except ValueError:
        return None
