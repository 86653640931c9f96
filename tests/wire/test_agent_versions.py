"""Versions of agents are installed once each, and a failure says why and leaves no half of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.wire import agent_versions
from probe.wire.agent_versions import Package, installed_program, is_installed, newest_version, package_of

CODEX = Package(name="@openai/codex", program="codex")
AIDER = Package(name="aider-chat", program="aider", python="3.12")
Npm = Callable[[str], Path]

INSTALLS: dict[str, tuple[str | None, Package | None]] = {
    "npm": ("npm install -g @openai/codex", CODEX),
    "uv, with a Python": ("uv tool install --python 3.12 aider-chat", AIDER),
    "uv": ("uv tool install aider-chat", Package(name="aider-chat", program="aider", python=">=3.11")),
    "uv, with another package": (
        'uv tool install --python 3.12 --with "litellm[mcp]" mini-swe-agent',
        Package(name="mini-swe-agent", program="mini", python="3.12", also=("litellm[mcp]",)),
    ),
    "a script of the web": ("curl -fsSL https://example.test/install | bash", None),
    "nothing": (None, None),
}


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """Return what makes an `npm` of these shell commands; the cache is empty, and no other program is there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))

    def made(commands: str) -> Path:
        (tmp_path / "npm").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n{commands}\n')
        (tmp_path / "npm").chmod(0o755)
        return tmp_path / "asked"

    return made


@pytest.mark.parametrize(("install", "package"), INSTALLS.values(), ids=INSTALLS.keys())
def test_a_package_is_known_by_the_targets_own_command(install: str | None, package: Package | None) -> None:
    assert package_of(install, package.program if package else "x") == package


def test_a_version_is_installed_once(npm: Npm) -> None:
    asked = npm("")
    first = installed_program(CODEX, "0.98.0", "codex")
    assert first == installed_program(CODEX, "0.98.0", "codex")
    assert first.parts[-4:] == ("codex-0.98.0", "node_modules", ".bin", "codex")
    (words,) = asked.read_text().splitlines()
    assert words.endswith("codex-0.98.0 @openai/codex@0.98.0")


LISTED = """[ "$1" = view ] && { echo '["0.97.0", "0.98.0", "0.99.0-alpha.1"]'; exit; }; """
FAILURES: dict[str, tuple[str, str, str]] = {
    "unknown": (LISTED + "echo 'npm error code ETARGET'; exit 1", "there is no version 9.9.9 of @openai/codex",
        "the newest ones are: 0.97.0, 0.98.0"),
    "unknown, and no list": ("echo ETARGET; exit 1", "there is no version 9.9.9", "name another one, or latest"),
    "unknown, and a list that never comes": ('[ "$1" = view ] && exec /bin/sleep 60; echo ETARGET; exit 1',
        "there is no version 9.9.9", "name another one, or latest"),
    "offline": ("echo 'npm error code ENOTFOUND'; exit 1", "npm cannot reach its registry", "check the network"),
    "a failure of npm": (
        "echo 'npm error code ENOTDIR'; echo 'npm error syscall mkdir'; echo 'npm error ENOTDIR: not a directory';"
        "echo 'npm error A complete log of this run can be found in: /home/me/.npm/_logs/x-debug-0.log'; exit 1",
        "failed with 1", "code ENOTDIR: ENOTDIR: not a directory"),
    "a failure of an older npm": (
        "echo 'npm ERR! code 1'; echo; echo 'npm ERR! A complete log of this run can be found in:';"
        "echo 'npm ERR!     /home/me/.npm/_logs/x-debug-0.log'; exit 1", "failed with 1", "code 1"),
    "another failure": ("echo 'no space left'; exit 3", "failed with 3", "no space left"),
}  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("commands", "problem", "hint"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_says_why_and_leaves_nothing_installed(
    npm: Npm, monkeypatch: pytest.MonkeyPatch, commands: str, problem: str, hint: str
) -> None:
    monkeypatch.setattr(agent_versions, "_LIST_SECONDS", 0.5)
    npm(commands)
    with pytest.raises(UserError, match=re.escape(problem)) as raised:
        installed_program(CODEX, "9.9.9", "codex")
    assert (raised.value.hint or "").startswith(hint)
    assert not (agent_versions.cache_folder() / "codex-9.9.9").exists()
    npm("")
    assert installed_program(CODEX, "9.9.9", "codex")
    assert is_installed("9.9.9", "codex")


@pytest.mark.parametrize("version", ["", "..", "/../../..", "../claude", "next"])
def test_what_is_no_version_is_refused_before_any_folder_is_made(npm: Npm, version: str) -> None:
    asked = npm("exit 1")
    with pytest.raises(UserError, match="is no version of @openai/codex"):
        installed_program(CODEX, version, "codex")
    assert not agent_versions.cache_folder().exists()
    assert not asked.exists()


def test_the_newest_version_is_the_registrys(npm: Npm) -> None:
    npm("echo 0.169.0")
    assert newest_version(CODEX) == "0.169.0"
    npm("echo nothing")
    with pytest.raises(UserError, match="the newest version of @openai/codex cannot be found"):
        newest_version(CODEX)


def test_a_missing_installer_is_named(npm: Npm) -> None:
    with pytest.raises(UserError, match="npm is missing, so @openai/codex cannot be installed"):
        newest_version(CODEX)
