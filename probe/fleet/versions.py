"""Names of groups: agent and version, their order, and the words that name one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from probe.compare.compare import agent_name
from probe.compare.shown_values import listed
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.record.runs_of_version import version_number

_WORDS = re.compile(r"\d+|[A-Za-z]+")
_NUMBER = re.compile(r"(\d+(?:\.\d+)*)(.*)")


def agent_of(name: str) -> str:
    """Return the agent of a group's name."""
    return name.partition(" ")[0]


def number_of_version(name: str) -> str | None:
    """Return the version's number: `0.98.0` of `codex codex-cli 0.98.0`; None where there is none."""
    return version_number(name.partition(" ")[2])


def short_name(name: str) -> str:
    """Return agent and version as they are shown: `codex 0.98.0`."""
    agent, _, version = name.partition(" ")
    return agent_name(agent, version) or name


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


def named(names: Iterable[str], word: str) -> str:
    """Return the group that `agent@version` names, or the newest of an agent. Raises UserError."""
    ordered = sorted(names, key=version_key)
    agent, at, version = word.partition("@")
    found = [
        one
        for one in ordered
        if agent_of(one) == agent and (not at or version in (number_of_version(one), one.partition(" ")[2]))
    ]
    if found:
        return found[-1]
    known = ["@".join(filter(None, (agent_of(one), number_of_version(one)))) for one in ordered]
    hint = f"there are runs of: {listed(known)}" if known else "there is none at all"
    raise UserError(f"there is no run of {word}", did_you_mean(word, known) + hint)
