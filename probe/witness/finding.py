"""Find the session files that an agent wrote during a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from probe.errors import UserError
from probe.record.files import is_plain
from probe.record.manifest_fields import Facts
from probe.witness.agents import AGENTS, AgentFiles, agent_files
from probe.witness.session import Session

_SLACK_SECONDS = 0.5
"""How far the agent's clock readings may be from those of the capture."""


@dataclass(kw_only=True)
class Found:
    """The session files of a run."""

    agent: AgentFiles
    sessions: list[Session] = field(default_factory=list)
    others: int = 0
    """Entries in them from before or after the run: an agent that continues a session appends to its file."""


def agent_of(facts: Facts, program: str | None) -> AgentFiles:
    """Return how the session files of a run's agent are read. Raises UserError for an agent without a reader."""
    agent = agent_files(facts.command or [], program)
    if agent is None:
        shown = Path(facts.command[0]).name if facts.command else "an unknown agent"
        known = ", ".join(AGENTS)
        raise UserError(f"the session files of {shown} cannot be read", f"those of these agents can: {known}")
    return agent


def find_sessions(
    facts: Facts, agent: AgentFiles, ids: Set[str], given: Path | None, kept: Sequence[Session] = ()
) -> Found:
    """Return the sessions of a run, without entries from before and after it.

    `ids` are those of sessions and threads on the wire; an agent that sends none is known by its folder and the time.
    `given` is a file, or a folder to look in; `kept` is the content of files that did not outlive the run.
    Raises UserError when there is none, or more than one that may be it.
    """
    started, ended = _span(facts)
    roots = _roots(facts, agent, given)
    if given and given.is_file():
        chosen = _only_or_named(agent.read(given, 0.0), ids)
        files = [given]
    else:
        files = session_files(agent, roots, started)
        read = [*([] if given else kept), *(session for file in files for session in agent.read(file, started))]
        chosen = _named(read, ids) if ids else [one for one in read if _fits(one, facts, started, ended)]
        if len(chosen) > 1 and not ids:
            listed = "".join(f"\n  {one.file}" for one in chosen)
            hint = "name the one with --against-agent FILE"
            raise UserError(f"several session files may be this run's:{listed}", hint, code=1)
    if not chosen:
        raise UserError(*_none_found(facts, agent, ids, roots, files), code=1)
    found = Found(agent=agent, sessions=chosen)
    found.others = sum(_cut(session, started, ended) for session in chosen)
    return found


def _only_or_named(sessions: list[Session], ids: Set[str]) -> list[Session]:
    """Return what a file that the user names holds: all of it, but of a store only the run's sessions."""
    return sessions if len(sessions) == 1 else _named(sessions, ids)


def _named(sessions: Sequence[Session], ids: Set[str]) -> list[Session]:
    """Return the sessions with some ids; a sub-agent's file may be in a folder named after the session."""
    return [one for one in sessions if one.id in ids or one.file.parent.parent.name in ids]


def works_in(session: Session, facts: Facts) -> bool:
    """Check whether an agent worked in a run's folder."""
    if not session.folder or not facts.folder:
        return False
    return Path(session.folder).resolve() == Path(facts.folder).resolve()


def _fits(session: Session, facts: Facts, started: float, ended: float) -> bool:
    return works_in(session, facts) and any(started <= time <= ended for time in _times(session))


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
    own = own_folder(facts, agent)
    return [own] if own else []


def own_folder(facts: Facts, agent: AgentFiles) -> Path | None:
    """Return the folder below which a run's agent has its session files; None where the manifest does not say."""
    home = facts.folders.get("home")
    # Runs of earlier versions have only their other folders.
    own = facts.session_folder or facts.folders.get(agent.variable)
    return Path(own) if own else Path(home, agent.usual_folder) if home else None


def session_files(agent: AgentFiles, roots: list[Path], started: float) -> list[Path]:
    """Return the session files in some folders that were written since a run began."""
    found = {path.resolve(): path for root in roots for path in sorted(root.glob(agent.pattern)) if is_plain(path)}
    return [path for path in found.values() if _changed(path) >= started]


def _changed(file: Path) -> float:
    return max(path.stat().st_mtime for path in parts_of(file))


def parts_of(file: Path) -> list[Path]:
    """Return a session file; of a database, also the file that has its newest entries."""
    journal = file.with_name(f"{file.name}-wal")
    return [file, journal] if journal.exists() else [file]


def _none_found(
    facts: Facts, agent: AgentFiles, ids: Set[str], roots: list[Path], files: list[Path]
) -> tuple[str, str]:
    hint = "name it, or a folder, with --against-agent PATH"
    if not roots:
        return "the manifest does not say in which folder the agent has its session files", hint
    looked = " and ".join(str(root / agent.pattern) for root in roots)
    wanted = f"session {', '.join(sorted(ids))}" if ids else f"a session in {facts.folder} at that time"
    gone = [one.path for one in facts.agent_sessions if not Path(one.path).exists()]
    if gone:
        looked += f" (at the end of the run there was {', '.join(gone)})"
    seen = f"{len(files)} files were written since the run began, none of them is it" if files else "no file is there"
    return (
        f"no session file of the agent was found: looked for {wanted} in {looked}: {seen}",
        f"{hint}; agents delete old sessions",
    )


def _times(session: Session) -> Iterator[float]:
    sent = chain(session.prompts, session.results)
    times = chain((call.time for call in session.calls), (one.time for one in sent))
    yield from (time for time in times if time is not None)


def _cut(session: Session, started: float, ended: float) -> int:
    """Leave out what is from before or after a run; return how many entries these are."""
    before = len(session.calls) + len(session.prompts) + len(session.results)

    def inside(time: float | None) -> bool:
        return time is None or started <= time <= ended

    session.calls = [one for one in session.calls if inside(one.time)]
    session.prompts = [one for one in session.prompts if inside(one.time)]
    session.results = [one for one in session.results if inside(one.time)]
    return before - len(session.calls) - len(session.prompts) - len(session.results)
