"""Names of agents with their versions, as they are shown, and their order."""

from __future__ import annotations

import re

from probe.record.runs_of_version import version_number

_WORDS = re.compile(r"\d+|[A-Za-z]+")
_NUMBER = re.compile(r"(\d+(?:\.\d+)*)(.*)")


def agent_name(target: str | None, version: str | None) -> str | None:
    """Return target and version; many agents name themselves in their version."""
    if target and version:
        name, _, number = version.partition(" ")
        is_named = number and name.lower().startswith(target.lower())
        return f"{target} {number}" if is_named else f"{target} {version}"
    return target or version


def agent_of(name: str) -> str:
    """Return the agent of a name with a version."""
    return name.partition(" ")[0]


def number_of_version(name: str) -> str | None:
    """Return the version's number: `0.98.0` of `codex codex-cli 0.98.0`; None where there is none."""
    return version_number(name.partition(" ")[2])


def short_name(name: str) -> str:
    """Return agent and version as they are shown: `codex 0.98.0`."""
    agent, _, version = name.partition(" ")
    return agent_name(agent, version) or name


def group_name(name: str) -> str:
    """Return the name of a group of runs: `codex 0.98.0`, `codex (version not known)`."""
    return short_name(name) if " " in name else f"{name} (version not known)"


VersionKey = tuple[str, tuple[tuple[int, int, str], ...], bool, tuple[tuple[int, int, str], ...], str]


def version_key(name: str) -> VersionKey:
    """Return what puts groups in order: by agent, 0.9 before 0.10, 1.0-beta before 1.0, no version before all."""
    version = name.partition(" ")[2]
    match = _NUMBER.search(number_of_version(name) or version)
    number, rest = match.groups() if match else ("", version)
    # A build's number comes after the version, a beta before it.
    return agent_of(name), _words(number), not rest or rest.startswith(("+", ".post")), _words(rest), name


def _words(text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in _WORDS.findall(text[:200]))
