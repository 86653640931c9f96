"""Install versions of agents side by side, each into a folder of its own in the cache."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from probe.errors import UserError

INSTALL_SECONDS = 600
_LIST_SECONDS = 60
LATEST = "latest"
_NPM = re.compile(r"npm (?:install|i) (?:-g|--global) (\S+)")
_PYTHON = re.compile(
    r"(?:uv tool install|pipx? install|uv pip install)"
    r"(?: --python (?P<python>\S+))?(?P<also>(?: --with \S+)*) (?P<name>[A-Za-z][\w.\[\]-]*)"
)
_NPM_ERROR = re.compile(r"npm (?:error|ERR!) *")
_NPM_LOG = re.compile(r"A complete log of this run|/_logs/\S+\.log$")
_VERSION = re.compile(r"\d[\w.+-]*")
_UNKNOWN = ("ETARGET", "E404", "notarget", "No solution found", "no version of")
_OFFLINE = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "dns error",
    "Could not connect",
    "error sending request",
)
_SHOWN = 8
"""Versions that an error lists."""


class NoSuchVersionError(UserError):
    """A registry has no such version of a package."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent is installed."""

    name: str
    program: str
    python: str | None = None
    """The Pythons that it runs on, as `uv` takes them; None for a package of npm."""
    also: tuple[str, ...] = ()
    """Packages of Python that it needs and does not name itself."""

    @property
    def tool(self) -> str:
        """Return the program that installs it."""
        return "uv" if self.python else "npm"


def package_of(install: str | None, program: str) -> Package | None:
    """Return the package that a target's `install` command names; None where it names none of a registry."""
    if found := _NPM.fullmatch(install or ""):
        return Package(name=found[1], program=program)
    if found := _PYTHON.fullmatch(install or ""):
        also = tuple(re.findall(r"--with [\"']?([^\s\"']+)", found["also"]))
        return Package(name=found["name"], program=program, python=found["python"] or ">=3.11", also=also)
    return None


def cache_folder(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return where agents are kept, as the platform has it."""
    usual = Path.home() / ("Library/Caches" if platform == "darwin" else ".cache")
    return Path(env.get("XDG_CACHE_HOME") or usual) / "agent-probe" / "agents"


def installed_program(package: Package, version: str, name: str) -> Path:
    """Return the program of one version, installing it if needed. Raises UserError.

    `name` is the agent's, for the name of its folder.
    """
    if not _VERSION.fullmatch(version):  # It names a folder, which is removed where the installation fails.
        raise UserError(f"{version!r} is no version of {package.name}", "for example 0.98.0, or latest")
    cache = cache_folder() / f"{name}-{version}"
    found = cache / ("bin" if package.python else "node_modules/.bin") / package.program
    with locked(cache) as lock:
        if not is_installed(version, name):
            try:
                _install(package, version, cache, lock)
            except BaseException:
                shutil.rmtree(cache, ignore_errors=True)  # The lock stays: others may wait for it.
                raise
            (cache / ".installed").touch()
    return found


def is_installed(version: str, name: str) -> bool:
    """Check whether a version of an agent is there already."""
    return (cache_folder() / f"{name}-{version}" / ".installed").exists()


@contextmanager
def locked(cache: Path) -> Iterator[int]:
    """Keep others away, since several processes may come here at once; yield what a child keeps open to do so too."""
    cache.mkdir(parents=True, exist_ok=True)
    with cache.with_name(f"{cache.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def missing_tool(package: Package) -> str | None:
    """Return the program without which a package cannot be installed; None when it is there."""
    return None if shutil.which(package.tool) else package.tool


def newest_version(package: Package) -> str:
    """Return the version that the registry has as the latest. Raises UserError."""
    _require_tool(package)
    if package.python:
        words = ["uv", "pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "-"]
        text = _output(package, LATEST, words, package.name).partition("==")[2]
    else:
        text = _output(package, LATEST, ["npm", "view", package.name, "version"])
    if not _VERSION.fullmatch(text.strip()):
        raise UserError(f"the newest version of {package.name} cannot be found", "name a version", code=1)
    return text.strip()


def _install(package: Package, version: str, cache: Path, lock: int) -> None:
    """Install a version; the installer keeps the lock, also where this process is killed."""
    _require_tool(package)
    if package.python is None:
        words = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(cache)]
        _output(package, version, [*words, f"{package.name}@{version}"], kept=lock)
        return
    # A Python that is there already: a download of one would come from elsewhere than the registry.
    venv = ["uv", "venv", "--clear", "--no-python-downloads", "--python", package.python, str(cache)]
    _output(package, version, venv, kept=lock)
    words = ["uv", "pip", "install", "--python", str(cache / "bin" / "python")]
    _output(package, version, [*words, f"{package.name}=={version}", *package.also], kept=lock)


def _require_tool(package: Package) -> None:
    if tool := missing_tool(package):
        where = "it comes with Node.js" if tool == "npm" else "see its documentation"
        raise UserError(f"{tool} is missing, so {package.name} cannot be installed", f"install {tool}: {where}", code=2)


def _output(
    package: Package, version: str, command: Sequence[str], text: str | None = None, *, kept: int | None = None
) -> str:
    """Run an installer and return what it prints. Raises UserError with its last words where it fails."""
    try:
        ended = subprocess.run(
            command,
            input=text,
            timeout=INSTALL_SECONDS,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=() if kept is None else (kept,),
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{command[0]} took more than {INSTALL_SECONDS} seconds", "try again", code=1) from error
    if ended.returncode == 0:
        return ended.stdout
    said = f"{ended.stdout}\n{ended.stderr}".strip()
    if any(word in said for word in _OFFLINE):
        raise UserError(
            f"{command[0]} cannot reach its registry", "check the network, or name versions that are installed", code=2
        )
    if any(word in said for word in _UNKNOWN):
        raise NoSuchVersionError(f"there is no version {version} of {package.name}", _versions(package), code=2)
    raise UserError(f"{' '.join(command)} failed with {ended.returncode}", _cause(said), code=2)


def _cause(said: str) -> str:
    """Return what an installer says of its failure: npm's code and last words of it, or the last line of another."""
    lines = [line for line in said.splitlines() if line.strip() and not _NPM_LOG.search(line)]
    errors = [_NPM_ERROR.sub("", line) for line in lines if _NPM_ERROR.match(line)]
    return ": ".join(dict.fromkeys((errors[0], errors[-1]))) if errors else "".join(lines[-1:])


def _versions(package: Package) -> str:
    """Return a hint that lists the newest versions; a general one where they cannot be listed."""
    command = ["npm", "view", package.name, "versions", "--json"]
    listed: Any = []
    if package.python is None:
        with suppress(subprocess.TimeoutExpired, ValueError):
            listed = json.loads(subprocess.run(command, timeout=_LIST_SECONDS, capture_output=True, check=False).stdout)
    found = [one for one in listed if re.fullmatch(r"[\d.]+", one)] if isinstance(listed, list) else []
    return f"the newest ones are: {', '.join(found[-_SHOWN:])}" if found else "name another one, or latest"
