"""The agents whose session files can be read: where each keeps them, and in which versions that was tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from probe.errors import UserError
from probe.witness import claude_code, codex, gemini_cli, opencode
from probe.witness.session import Session

_LARGEST = 1 << 30
"""Bytes of a session file: what an agent leaves must not take all memory."""


class AgentFiles(NamedTuple):
    """How the session files of an agent are found and read."""

    variable: str
    """The variable that moves the folder in which they are."""
    usual_folder: str
    """That folder, in the home folder, where the variable is not set."""
    pattern: str
    """Of the files in that folder."""
    read: Callable[[Path, float], list[Session]]
    """Returns the sessions in a file; of a store of many, those that were changed since a time in epoch seconds."""
    tried: tuple[str, ...]
    """Versions whose real files are compared in the tests."""


def _agent(module: Any, *tried: str) -> AgentFiles:
    def read(file: Path, since: float) -> list[Session]:
        if file.stat().st_size > _LARGEST:
            raise UserError(f"{file} has more than {_LARGEST >> 20} MB", "no session file of an agent is as large")
        return [module.read(file)]

    read_since = getattr(module, "read_since", read)
    return AgentFiles(module.FOLDER_VARIABLE, module.USUAL_FOLDER, module.PATTERN, read_since, tried)


AGENTS = {
    "codex": _agent(codex, "0.98.0", "0.169.0"),
    "claude": _agent(claude_code, "2.1.329"),
    "gemini": _agent(gemini_cli, "0.61.0"),
    "opencode": _agent(opencode, "1.18.33"),
}
"""By the name of their program."""


def session_folder(env: Mapping[str, str], command: Sequence[str], program: str | None) -> str | None:
    """Return the folder below which an agent with this environment has its session files."""
    agent, home = agent_files(command, program), env.get("HOME")
    if agent is None:
        return None
    return env.get(agent.variable) or (str(Path(home, agent.usual_folder)) if home else None)


def agent_files(command: Sequence[str], program: str | None) -> AgentFiles | None:
    """Return how the session files of an agent are found, by the command or by its target's program."""
    names = [Path(word).name for word in command[:1]] + ([Path(program).name] if program else [])
    return next((AGENTS[name] for name in names if name in AGENTS), None)
