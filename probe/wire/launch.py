"""How an agent is started: its command line, and the environment that leads it to the listeners."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from probe.wire import agent_folders
from probe.wire.agent import with_target_args
from probe.wire.environment import agent_environment
from probe.wire.started import Started
from probe.witness.agents import session_folder


class Launch(NamedTuple):
    """How the user wants the agent to be started."""

    program: str
    """Its path."""
    template: list[str]
    own_command: list[str]
    """The user's own; empty where the target's is taken."""
    overrides: dict[str, str]
    cwd: Path | None
    prompt: str | None

    def command(self, recording: Started) -> list[str]:
        """Return the command line, placeholders filled and the target's `args` in it."""
        target, own_words = recording.settings.target, {"prompt": self.prompt} if self.prompt is not None else {}
        words = self.own_command or recording.expanded(self.template, **own_words)
        return with_target_args([self.program, *words[1:]], target, recording.expanded(target.args))

    def environment(self, recording: Started) -> dict[str, str]:
        """Return the agent's environment."""
        return agent_environment(
            os.environ,
            recording.settings,
            recording.placeholders,
            _fresh_folders(recording) | self.overrides,
            recording.marker,
            recording.replay_url,
            recording.ports.coverage_url,
            recording.trusted,
            recording.answered,
        )


def described_surroundings(recording: Started, env: Mapping[str, str], command: Sequence[str]) -> dict[str, Any]:
    """Return what an agent may say of its surroundings, in the manifest's form: paths and the time zone."""
    now = time.localtime()
    folders = agent_folders.known_folders(recording.folder, recording.settings.target.fresh_folders, env)
    sessions = session_folder(env, command, recording.settings.target.agent)
    return {
        "folders": {name: recording.redactor.text(path) for name, path in folders.items()},
        "session_folder": recording.redactor.text(sessions) if sessions else None,
        "timezone": env.get("TZ") or now.tm_zone,
        "utc_offset": now.tm_gmtoff,
    }


def _fresh_folders(recording: Started) -> dict[str, str]:
    """Return the variables with empty folders that the agent gets in a replay instead of its own."""
    if recording.replay_url is None:
        return {}
    return agent_folders.fresh_folders(recording.folder, recording.settings.target.fresh_folders)
