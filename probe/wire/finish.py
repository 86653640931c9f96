"""End a recording: stop its processes, count what they wrote, complete the manifest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.addon.journal import FOLDER
from probe.record.files import file_sha256
from probe.record.fold_journals import fold_in
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import text_sha256, utc_now
from probe.record.manifest_fields import AgentSession
from probe.record.problem import Problem, ProblemKind
from probe.record.record_root import record_digests
from probe.record.runs import PROXY_LOG, TRAFFIC, has_records
from probe.record.tunnels import TUNNELS, read_tunnels
from probe.renderers.loader import load_renderer
from probe.targets.finding import renderer_spec
from probe.wire import agent_folders
from probe.wire.capture_counts import tally
from probe.wire.observer_changes import by_transport
from probe.wire.started import Started
from probe.witness.kept_sessions import note_sessions

_PATIENCE_SECONDS = 10.0
"""Killed proxies leave a process behind that finishes its record."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a recording holds, and what is wrong with it."""

    counts: dict[str, int]
    problems: list[Problem]
    notes: list[str]
    """How a replayed run differed from the recorded one, and the like."""


def finish(started: Started) -> Finished:
    """Stop everything and complete the manifest."""
    reported = started.proxy.stop()
    replayed = (started.served.child.stop() if started.served else None) or {}
    left = list(_fold_in(started, killed=reported is None))
    unread = _note_sessions(started)
    kept = agent_folders.remove(started.folder)
    traffic, renderer = started.folder / TRAFFIC, load_renderer(renderer_spec(started.settings.target))
    hits = len(replayed.get("replayed", {}).get("faults_hit", ()))
    counts, problems, notes = tally(traffic, renderer, reported or {}, started.settings.fault, hits)
    coverage = _counted_tunnels(started, reported or {}) if started.settings.coverage else {}
    problems = [*left, *([Problem(ProblemKind.LEFT_BEHIND, kept)] if kept else []), *problems]
    problems += [Problem(ProblemKind.REPLAY, text) for text in replayed.get("problems", [])]
    problems += _refused(started, coverage, reported or {})
    differing = map(started.redactor.text, replayed.get("notes", []))
    notes = [*notes, *differing, *_silent(started, reported or {}), *unread]
    if "replayed" in replayed:
        found = replayed["replayed"]
        places = [{key: _redacted(started, one) for key, one in place.items()} for place in found["differing"]]
        started.manifest.update(replayed=found | {"differing": places})
    _complete(started, Finished(counts=counts, problems=problems, notes=notes), coverage)
    return Finished(counts=counts, problems=problems, notes=notes)


def _redacted(started: Started, value: Any) -> Any:
    """Return a value of a request without credentials; as text where it held one."""
    if isinstance(value, str):
        return started.redactor.text(value)
    text = json.dumps(value, ensure_ascii=False)
    kept = started.redactor.text(text)
    return value if kept == text else kept


def _note_sessions(started: Started) -> list[str]:
    """Note the agent's session files, before its temporary folders go; return why that failed."""
    redactor, program = started.redactor, started.settings.target.agent
    try:
        sessions = note_sessions(
            started.folder,
            started.manifest.facts,
            program,
            started.folder / agent_folders.NAME,
            lambda data: b"".join(redactor.chunks([data], [])),
        )
    except Exception as error:
        # Files of the agent, in a form of its own: they must not cost the recording its end.
        return [redactor.text(f"the agent's session files could not be read: {type(error).__name__}: {error}")]
    noted = [AgentSession(path=redactor.text(one.path), sha256=one.sha256) for one in sessions]
    if noted:
        started.manifest.update(agent_sessions=noted)
    return []


def _complete(started: Started, finished: Finished, coverage: dict[str, Any]) -> None:
    """Write into the manifest what was recorded."""
    manifest, digests = started.manifest, record_digests(started.folder / TRAFFIC)
    started.note_changes(by_transport(finished.counts["websocket_messages"]))
    manifest.update(
        counts=finished.counts,
        coverage=started.described_coverage() | coverage,
        ended=utc_now(),
        pid=None,
        **(digests.noted if digests else {"traffic_sha256": None}),
        problems=[Problem(problem.kind, started.redactor.text(problem.text)) for problem in finished.problems],
        notes=finished.notes,
    )
    inputs = {name: text_sha256(json.dumps(manifest.data.get(name))) for name in ("command", "settings")}
    manifest.finished_step("capture", inputs, {TRAFFIC: digests.sha256} if digests else {})


def _fold_in(started: Started, *, killed: bool) -> Iterator[Problem]:
    """Recover what the proxies could not write; yield a problem for that, and one if they were killed."""
    folder = started.folder
    if killed:
        text = f"the proxies ended before they could finish; see {folder / PROXY_LOG}"
        yield Problem(ProblemKind.PROXY_ENDED, text)
    try:
        folded = fold_in(folder, started.settings.data_dir, _PATIENCE_SECONDS if killed else 0.0)
    except OSError as error:
        text = f"what the proxies could not write is still in {folder / FOLDER}: {error}"
        yield Problem(ProblemKind.LOST, text)
    else:
        if folded:
            yield Problem(ProblemKind.FOLDED_IN, f"{folded} exchanges that were under way were recovered")


def _counted_tunnels(started: Started, reported: Mapping[str, Any]) -> dict[str, Any]:
    """Count the tunnels that bypassed the listeners."""
    path = started.folder / TUNNELS
    noted = sum(1 for _ in read_tunnels(path, lambda line, why: None))
    return {"seen": int(reported.get("tunnels", noted)), "noted": noted, "sha256": file_sha256(path)}


def _refused(started: Started, coverage: Mapping[str, Any], reported: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield tunnels that could not be noted, and hosts for which the agent refused the certificate."""
    if coverage and coverage["seen"] > coverage["noted"]:
        missing = coverage["seen"] - coverage["noted"]
        text = f"{missing} of {coverage['seen']} tunnels that bypassed the listeners could not be noted"
        yield Problem(ProblemKind.LOST, text)
    for host, reason in reported.get("refused", {}).items():
        hint = f"name its CA variable in ca_env, which has {', '.join(started.trusted)}"
        yield Problem(ProblemKind.UNTRUSTED, f"the agent refused the certificate for {host}: {hint} ({reason})")


def _silent(started: Started, reported: Mapping[str, Any]) -> Iterator[str]:
    """Yield the hosts that the agent connected to without any request."""
    for host in reported.get("silent", ()):
        hint = f"name its CA variable in ca_env, which has {', '.join(started.trusted)}"
        yield f"the agent connected to {host} without any request: if it does not trust the certificate, {hint}"


def discard(folder: Path) -> None:
    """Remove the files of a run that never began, and its folder if nothing else is in it."""
    # Behind a link, which the agent may have created, files of the same names are not the run's.
    if folder.is_symlink() or has_records(folder):
        return
    agent_folders.remove(folder)
    for name in (TRAFFIC, TUNNELS, PROXY_LOG, MANIFEST):
        (folder / name).unlink(missing_ok=True)
    # The user may have named an existing folder: only an empty one is removed.
    with contextlib.suppress(OSError):
        folder.rmdir()
