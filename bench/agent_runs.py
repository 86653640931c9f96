"""The agents of the matrix: run with their real programs, and recorded against the local provider."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from probe.places import PROJECT
from probe.targets.finding import load_target
from tests.support import agents
from tests.support.agents import Agent
from tests.support.loops import PROMPT, plant
from tests.support.provider import provider_running
from tests.support.running import Running

TARGETS = PROJECT / "tests" / "fixtures" / "targets"


class Subject(NamedTuple):
    """An agent of the matrix, with the target that runs it."""

    agent: Agent
    target: str
    listener: str = "model"


SUBJECTS = {
    str(subject.agent): subject
    for subject in (
        Subject(agents.CODEX_OLD, "codex"),
        Subject(agents.CODEX, "codex"),
        Subject(agents.CLAUDE_CODE, "claude-code"),
        Subject(agents.GEMINI_CLI, "gemini-cli"),
        Subject(agents.OPENCODE, "opencode", "openai"),
        Subject(agents.QWEN_CODE, "qwen-code"),
        Subject(agents.PI, "pi", "openai"),
        Subject(agents.AIDER, "aider", "openai"),
        Subject(agents.CONTINUE, "continue"),
    )
}
NEWER = (
    Subject(agents.COPILOT, "copilot"),
    Subject(agents.CLINE, "cline"),
    Subject(agents.MINI_SWE_AGENT, "mini-swe-agent"),
    Subject(agents.DROID, "droid"),
    Subject(agents.GROK, "grok"),
)
"""Those without a column in docs/faults.md and a page in docs/protocols."""


def record(subject: Subject, folder: Path) -> Path:
    """Record an agent against the local provider; return the run's folder."""
    folder.mkdir(parents=True)
    with provider_running() as provider, recording(subject, folder, provider.url) as run:
        if run.wait():
            raise RuntimeError(f"{subject.agent} could not be recorded:\n{run.stderr}")
        return run.run_folder()


def recording(subject: Subject, folder: Path, url: str, *options: str) -> Running:
    """Start to record an agent that asks the provider at an address; its other listeners lead nowhere."""
    target = load_target(subject.target)[0]
    group = target.keys[subject.listener] if isinstance(target.keys, dict) else target.keys
    addresses = dict.fromkeys(target.listeners, "http://127.0.0.1:9") | {subject.listener: url}
    urls = [f"--upstream={name}={address}" for name, address in addresses.items()]
    return capturing(subject, folder, *urls, *options, env={group[0]: "sk-planted-0123456789"})


def capturing(subject: Subject, folder: Path, *options: str, env: dict[str, str]) -> Running:
    """Start `capture` with an agent, in a home and a folder of its own."""
    program = agents.program(subject.agent)
    own = {"PATH": f"{program.parent}:{os.environ['PATH']}", "PROBE_TARGETS": str(TARGETS), **env}
    where = f"--cwd={plant(folder / 'work')}"
    return Running(folder, "probe.capture", f"--target={subject.target}", *options, where, "--prompt", PROMPT, env=own)


def matrix(only_agents: Sequence[str]) -> list[str]:
    """Return the names of the agents that can be had here."""
    names = [name for name in SUBJECTS if not only_agents or any(name.startswith(one) for one in only_agents)]
    return [name for name in names if agents.missing(SUBJECTS[name].agent) is None]
