"""Questions as a user types them, as processes; and real agents that ask them by the skill."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.ask.asking import known
from tests.ask.test_search import hits
from tests.conftest import require_agent
from tests.support import agents
from tests.support.agents import Agent
from tests.support.loops import plant
from tests.support.provider import provider_running
from tests.support.running import Running

RUN = "demo/sample"
ASK = shlex.join([sys.executable, "-m", "probe.show", RUN, "--data-dir", str(PROJECT / "data")])
ASKED = "What did the demo agent do in its sample run?"
KNOWN_ONLY_THERE = "(turn 1) Write a prime checker"
"""What `show` prints, and no agent says by itself."""


def invoke(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "invoke", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_words_reach_the_script_through_invoke() -> None:
    shown = invoke("show", RUN, "--limit", "4000", "turn", "1", "--json")
    assert shown.returncode == 0, shown.stderr
    printed = json.loads(shown.stdout)
    assert (printed["run"], printed["what"], printed["value"]["facts"]["number"]) == (RUN, "turn 1", 1)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """An agent, and where it looks for skills."""

    agent: Agent
    target: str
    command: tuple[str, ...]
    skill_of: str
    key: str


READERS = {
    "Claude Code": Reader(
        agent=agents.CLAUDE_CODE,
        target="claude-code",
        command=("claude", "-p", ASKED, "--allowedTools", "Bash"),
        skill_of="claude-code",
        key="ANTHROPIC_API_KEY",
    ),
    **{
        str(agent): Reader(
            agent=agent,
            target="codex",
            command=("codex", "exec", "--skip-git-repo-check", "-s", "danger-full-access", ASKED),
            skill_of="codex",
            key="CODEX_API_KEY",
        )
        for agent in (agents.CODEX_OLD, agents.CODEX)
    },
}


@pytest.mark.agents
@pytest.mark.timeout(300)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_an_agent_knows_the_skill_and_gets_an_answer_by_it(tmp_path: Path, reader: Reader) -> None:
    program = require_agent(reader.agent)
    with Running(tmp_path, "probe.skill", "install", "--agent", reader.skill_of) as installed:
        assert installed.wait() == 0, installed.stderr
        file = Path(installed.stdout.strip())
    assert file.is_relative_to(tmp_path / "home")
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}", reader.key: "sk-planted-0123456789"}
    with provider_running(command=ASK) as provider:
        listeners = {"claude-code": ("model",), "codex": ("model", "backend")}[reader.target]
        urls = [f"--upstream={one}={provider.url if one == 'model' else 'http://127.0.0.1:9'}" for one in listeners]
        options = [f"--target={reader.target}", f"--cwd={plant(tmp_path / 'work')}", *urls, "--", *reader.command]
        with Running(tmp_path, "probe.capture", *options, env=env) as run:
            assert run.wait() == 0, run.stderr
            record = run.run_folder() / "traffic.jsonl"
    found = known(record)
    # Name and description are in what the agent sends before anybody asked about a run.
    description = hits(found, r"agent-probe: Answer questions about recorded runs")
    assert description
    assert {one.turn for one in description} <= {1, 2}
    # What the command printed was sent back to the model.
    back = hits(found, re.escape(KNOWN_ONLY_THERE))
    assert [one.role for one in back] == ["tool"]
