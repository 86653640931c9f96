"""Find the newest run of one version of an agent: `codex@0.98.0`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.record.runs import Run, has_records

_NUMBER = re.compile(r"\d+(?:\.\d+)+[\w.+-]*")


def version_number(version: str | None) -> str | None:
    """Return the number in what an agent says of its version: `0.98.0` of `codex-cli 0.98.0`."""
    found = _NUMBER.search(version or "")
    return found[0] if found else None


def run_of_version(word: str, runs: Sequence[Run]) -> Run | None:
    """Return the newest run that `target@version` names; None where a word has another form. Raises UserError.

    A redacted copy is never meant by a version. `runs` are in the order in which they were recorded.
    """
    target, at, version = word.partition("@")
    if not at or "/" in target:
        return None
    of_target = [run for run in runs if run.target == target and not run.manifest.facts.redaction]
    numbers = [version_number(run.manifest.facts.versions.get("agent")) for run in of_target]
    found = [run for run, number in zip(of_target, numbers, strict=True) if number == version]
    if found:
        return next((run for run in reversed(found) if has_records(run.folder)), found[-1])
    versions = list(dict.fromkeys(filter(None, numbers)))
    if not of_target:
        names = sorted({run.target for run in runs})
        raise UserError(f"there is no run of target {target!r}", did_you_mean(target, names) + _targets(names))
    hint = f"there are runs of: {', '.join(f'{target}@{one}' for one in versions)}" if versions else "there is none"
    raise UserError(f"there is no run of {target} {version}", did_you_mean(version, versions) + hint)


def _targets(names: Sequence[str]) -> str:
    return f"there are runs of: {', '.join(names)}" if names else "there is no run at all; invoke runs lists them"
