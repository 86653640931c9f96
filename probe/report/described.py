"""What a run's manifest says of it, as its reports need it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from probe.record.differing_place import NEAREST, is_note_of_call
from probe.record.manifest_fields import CoverageFacts, Facts
from probe.record.runs import Run, is_alive
from probe.record.tunnels import TUNNELS, read_tunnels
from probe.report.run import ReportedRun

UNKNOWN_TITLE = "Agent Traffic Analysis Report"
"""Title of a report about a run whose target is not known."""


def described_run(
    found: Run, title: str, source: str, on_malformed: Callable[[int, str], None], sha256: str | None
) -> ReportedRun:
    """Return what a report needs of a run besides its record.

    `source` names the record for a reader, `sha256` is its hash, `on_malformed` gets bad lines of the list of tunnels.
    """
    facts = found.manifest.facts
    differing = facts.replayed.differing if facts.replayed else []
    return ReportedRun(
        title=title,
        source=source,
        generated_at=datetime.now(UTC),
        about=about(found),
        notes=[note for note in facts.notes if not (differing and is_note_of_call(note))],
        target=found.target,
        name=found.name,
        agent=" ".join(filter(None, (found.target, facts.versions.get("agent")))) or None,
        command=facts.own_command,
        prompt=facts.prompt,
        replay_of=facts.replay_of,
        differing=[one.line for one in differing],
        nearest=any(note.endswith(NEAREST) for note in facts.notes),
        measured=not facts.replay_of or (facts.replayed is not None and not differing),
        replay_server=_replay_server(facts),
        agent_exit_code=facts.agent_exit_code,
        keeps_secrets=facts.keeps_secrets,
        tunnels=read_tunnels(found.folder / TUNNELS, on_malformed),
        # A run from before there was coverage was not watched either.
        coverage=facts.coverage or CoverageFacts(),
        changes=facts.observer_changes or (),
        started=facts.agent_started.timestamp() if facts.agent_started else None,
        ended=facts.agent_ended.timestamp() if facts.agent_ended else None,
        live=is_alive(found),
        traffic_sha256=sha256,
        manifest_sha256=facts.traffic_sha256,
        counts=facts.counts,
    )


def about(found: Run) -> list[tuple[str, str]]:
    """Return the facts of the manifest that the report begins with."""
    facts = found.manifest.facts
    rows = [
        ("Target", " ".join(filter(None, (found.target, facts.versions.get("agent"))))),
        ("Command", shlex.join(facts.own_command or []) if facts.prompt is None else None),
        ("Replay of", facts.replay_of),
        ("Exit code of the agent", facts.agent_exit_code),
        ("Credentials", "written as they are (--keep-secrets)" if facts.keeps_secrets else None),
    ]
    return [(name, str(value)) for name, value in rows if value not in (None, "")]


def _replay_server(facts: Facts) -> str | None:
    """Return host and port of the server that answered in a replay."""
    if not facts.replay_of:
        return None
    return next((urlsplit(one.upstream).netloc for one in facts.listeners.values()), "")
