"""The agents whose session files can be read: where each keeps them, and in which versions that was tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from probe.witness import claude_code, codex, gemini_cli, opencode
from probe.witness.session import Session


class AgentFiles(NamedTuple):
    """How the session files of an agent are found and read."""

    variable: str
    """The variable that moves the folder in which they are."""
    usual_folder: str
    """That folder, in the home folder, where the variable is not set."""
    pattern: str
    """Of the files in that folder."""
    read: Callable[[Path], list[Session]]
    tried: tuple[str, ...]
    """Versions whose real files are compared in the tests."""


def _agent(module: Any, *tried: str) -> AgentFiles:
    read_all = getattr(module, "read_all", None) or (lambda file: [module.read(file)])
    return AgentFiles(module.FOLDER_VARIABLE, module.USUAL_FOLDER, module.PATTERN, read_all, tried)


AGENTS = {
    "codex": _agent(codex, "0.98.0", "0.169.0"),
    "claude": _agent(claude_code, "2.1.329"),
    "gemini": _agent(gemini_cli, "0.61.0"),
    "opencode": _agent(opencode, "1.18.33"),
}
"""By the name of their program."""
