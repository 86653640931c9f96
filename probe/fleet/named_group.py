"""The groups that words on a command line name."""

from __future__ import annotations

from collections.abc import Iterable

from probe.compare.shown_values import listed
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.record.agent_versions import agent_of, number_of_version, version_key


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
