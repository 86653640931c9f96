"""What became of one target, or of one of its recordings."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from probe.cli.called_as import as_called
from probe.errors import UserError
from probe.watch.verdict import verdict_of


class State(StrEnum):
    """How it went."""

    CHANGED = "changed"
    """There is a newer version, and it was compared."""
    UNCHANGED = "unchanged"
    FAILED = "failed"
    LEFT_OUT = "left out"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report."""

    target: str
    recording: str | None = None
    """The run that answered, `target/name`; None where none was chosen."""
    state: State
    before: str | None = None
    """The older version; None where it is not known, or nothing was compared."""
    after: str | None = None
    """The newest version; None where it is not known."""
    counts: dict[str, int] = {}
    """Findings by level; of an unchanged version, those of the last comparison."""
    comparison: str | None = None
    """Place of the comparison's files, without their ending."""
    is_first: bool = False
    """Whether nothing was watched before, because the recording is of the newest version."""
    why: str | None = None
    """Why it failed or was left out, or what else is to be known."""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        files = {end: self.comparison and f"{self.comparison}.{end}" for end in ("md", "json")}
        return {
            "target": self.target,
            "recording": self.recording,
            "state": self.state.value,
            "before": self.before,
            "after": self.after,
            "verdict": verdict_of(self.counts) if self.comparison else None,
            "counts": self.counts,
            "markdown": files["md"],
            "json": files["json"],
            "why": self.why,
        }


def reason_of(error: UserError | OSError) -> str:
    """Return an error in a line, with its hint: of an installation, that is the installer's own words."""
    if isinstance(error, OSError):
        return str(error)
    return f"{error.args[0]} ({as_called(error.hint.strip())})" if error.hint else str(error.args[0])
