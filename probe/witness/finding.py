"""Find the session files that an agent wrote during a run."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from probe.errors import UserError
from probe.record.files import is_plain
from probe.record.manifest_fields import Facts
from probe.witness.agents import AGENTS, AgentFiles
from probe.witness.session import Session

_SLACK_SECONDS = 5.0
"""An agent may note something shortly after its process was seen to begin or to end."""


@dataclass(kw_only=True)
class Found:
    """The session files of a run."""

    agent: AgentFiles
    sessions: list[Session] = field(default_factory=list)
    others: int = 0
    """Entries in them from before or after the run: an agent that continues a session appends to its file."""


def agent_of(facts: Facts, program: str | None) -> AgentFiles:
    """Return how the session files of a run's agent are read. Raises UserError for an agent without a reader."""
    names = [Path(word).name for word in (facts.command or [])[:1]] + ([program] if program else [])
    for name in names:
        if name in AGENTS:
            return AGENTS[name]
    known = ", ".join(AGENTS)
    shown = names[0] if names else "an unknown agent"
    raise UserError(f"the session files of {shown} cannot be read", f"those of these agents can: {known}")


def find_sessions(facts: Facts, agent: AgentFiles, ids: Set[str], given: Path | None) -> Found:
    """Return the sessions of a run, without entries from before and after it.

    `ids` are those of sessions and threads on the wire; an agent that sends none is known by its folder and the time.
    `given` is a file, or a folder to look in. Raises UserError when there is none, or more than one that may be it.
    """
    started, ended = _span(facts)
    roots = _roots(facts, agent, given)
    files = [given] if given and given.is_file() else _files(agent, roots, started)
    read = [session for file in files for session in agent.read(file)]
    if given and given.is_file() and len(read) == 1:
        chosen = read
    else:
        chosen = [one for one in read if one.id in ids or one.file.parent.parent.name in ids]
    if not chosen and not ids:
        chosen = [one for one in read if one.folder in (None, facts.folder) and _has_part(one, started, ended)]
        if len(chosen) > 1:
            listed = "".join(f"\n  {one.file}" for one in chosen)
            raise UserError(
                f"several session files may be this run's:{listed}", "name one with --against-agent FILE", code=1
            )
    if not chosen:
        raise UserError(*_none_found(facts, agent, ids, roots, files), code=1)
    found = Found(agent=agent, sessions=chosen)
    found.others = sum(_cut(session, started, ended) for session in chosen)
    return found


def _span(facts: Facts) -> tuple[float, float]:
    """Return when the agent ran, in epoch seconds."""
    started, ended = facts.agent_started or facts.started, facts.agent_ended or facts.ended
    return (
        started.timestamp() - _SLACK_SECONDS if started else 0.0,
        ended.timestamp() + _SLACK_SECONDS if ended else float("inf"),
    )


def _roots(facts: Facts, agent: AgentFiles, given: Path | None) -> list[Path]:
    """Return the folders to look in."""
    if given:
        return [given, given / agent.usual_folder]
    kept = [Path(folder) for name in ("session_files", agent.variable) if (folder := facts.folders.get(name))]
    home = facts.folders.get("home")
    return kept or ([Path(home, agent.usual_folder)] if home else [])


def _files(agent: AgentFiles, roots: list[Path], started: float) -> list[Path]:
    """Return the session files in some folders that were written since a run began."""
    found = {path.resolve(): path for root in roots for path in sorted(root.glob(agent.pattern)) if is_plain(path)}
    return [path for path in found.values() if _changed(path) >= started]


def _changed(file: Path) -> float:
    # A database in use has its newest entries in another file.
    journal = file.with_name(f"{file.name}-wal")
    return max(path.stat().st_mtime for path in (file, journal) if path.exists())


def _none_found(
    facts: Facts, agent: AgentFiles, ids: Set[str], roots: list[Path], files: list[Path]
) -> tuple[str, str]:
    looked = " and ".join(str(root / agent.pattern) for root in roots) or "no folder: the manifest names none"
    wanted = f"session {', '.join(sorted(ids))}" if ids else f"a session in {facts.folder} at that time"
    seen = f"{len(files)} files were written since the run began, none of them is it" if files else "no file is there"
    return (
        f"no session file of the agent was found: looked for {wanted} in {looked}: {seen}",
        "name it, or a folder, with --against-agent PATH; agents delete old sessions, and replays begin in empty folders",
    )


def _times(session: Session) -> Iterator[float]:
    for one in (*session.calls, *session.prompts, *session.results):
        if one.time is not None:
            yield one.time


def _has_part(session: Session, started: float, ended: float) -> bool:
    return any(started <= time <= ended for time in _times(session))


def _cut(session: Session, started: float, ended: float) -> int:
    """Leave out what is from before or after a run; return how many entries these are."""
    before = len(session.calls) + len(session.prompts) + len(session.results)

    def inside(time: float | None) -> bool:
        return time is None or started <= time <= ended

    session.calls = [one for one in session.calls if inside(one.time)]
    session.prompts = [one for one in session.prompts if inside(one.time)]
    session.results = [one for one in session.results if inside(one.time)]
    return before - len(session.calls) - len(session.prompts) - len(session.results)
