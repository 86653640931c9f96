"""What is known of a run besides its record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from probe.record.manifest_fields import Counts, CoverageFacts, ObserverChange
from probe.record.tunnels import Tunnel


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRun:
    """What a report needs of a run besides its record."""

    title: str
    source: str
    generated_at: datetime
    about: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    """What a reader should know of how it was recorded."""
    target: str | None = None
    name: str | None = None
    """Of the run's folder; None for a file from elsewhere."""
    agent: str | None = None
    """Version of the agent."""
    command: Sequence[str] | None = None
    prompt: str | None = None
    replay_of: str | None = None
    differing: Sequence[str] = ()
    """Where calls of a replayed agent differ from the recorded ones."""
    nearest: bool = False
    """Whether such a call got the nearest recorded answer."""
    measured: bool = True
    """False for a replay of other requests than those that the recorded usage is of."""
    replay_server: str | None = None
    """Host and port of what answered with a recorded run; None where the real upstreams answered."""
    agent_exit_code: int | None = None
    keeps_secrets: bool = False
    tunnels: Iterable[Tunnel] = ()
    """What bypassed the listeners."""
    coverage: CoverageFacts | None = None
    """None for a file from elsewhere."""
    changes: Sequence[ObserverChange] = ()
    """In which ways recording changed the agent."""
    started: float | None = None
    """When the agent was started, in epoch seconds; None where only its exchanges are known."""
    ended: float | None = None
    live: bool = False
    traffic_sha256: str | None = None
    """Of the record as it is; None where nothing is known to compare it with."""
    manifest_sha256: str | None = None
    """Of the record as the capture left it."""
    counts: Counts | None = None
    """What the capture counted."""
