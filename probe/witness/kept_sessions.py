"""Note an agent's session files at the end of a run; keep what those say that do not outlive it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from probe.errors import UserError
from probe.record.files import file_sha256, open_plain, write_private
from probe.record.manifest_fields import AgentSession, Facts
from probe.witness.agents import agent_files
from probe.witness.finding import own_folder, parts_of, session_files, works_in
from probe.witness.session import Session

KEPT = "agent-sessions.json"
"""In the run's folder: the content of session files that were in a temporary folder."""


def note_sessions(
    run: Path, facts: Facts, program: str | None, temporary: Path, redacted: Callable[[bytes], bytes]
) -> list[AgentSession]:
    """Return the session files that a run's agent wrote in its folder, each with its hash.

    `program` is that of the target. Of files in `temporary`, which is removed with the run, the content is kept in the
    run's folder, redacted.
    """
    agent = agent_files(facts.command or [], program)
    root = own_folder(facts, agent) if agent else None
    if agent is None or root is None or facts.agent_started is None:
        return []
    since = facts.agent_started.timestamp()
    files = session_files(agent, [root], since)
    sessions = [one for file in files for one in agent.read(file, since) if works_in(one, facts)]
    kept = [one for one in sessions if one.file.is_relative_to(temporary)]
    if kept:
        text = redacted(msgspec.json.encode(kept, enc_hook=str)).decode("utf-8", "replace")
        write_private(run / KEPT, text)
    noted = dict.fromkeys(part for one in sessions for part in parts_of(one.file))
    return [AgentSession(path=str(file), sha256=file_sha256(file) or "") for file in noted]


def read_kept(file: Path) -> list[Session]:
    """Return the sessions that were kept in a run's folder. Raises UserError for a damaged file."""

    def restored(kind: type, value: Any) -> Any:
        return kind(value)

    try:
        with open_plain(file) as opened:
            return msgspec.json.decode(opened.read(), type=list[Session], dec_hook=restored)
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise UserError(f"{file}: cannot be read: {error}", "name the agent's own file with --against-agent") from error
