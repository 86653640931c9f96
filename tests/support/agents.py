"""The real agents, installed from their registries into a cache folder; checked against the versions named here."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from probe.wire.agent_versions import Package, installed_program, missing_tool

REQUIRED = "PROBE_REQUIRE_AGENTS"
"""Where this is set, an agent that cannot be installed is a failure, not a reason to skip."""


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One version of an agent."""

    name: str
    version: str
    package: str
    program: str
    python: str | None = None
    """The Pythons that it runs on; None for an agent that npm installs."""
    also: tuple[str, ...] = ()
    """Packages of Python that it needs and does not name itself."""
    shown_version: str | None = None
    """What the program says when it is asked for its version; None for `version`."""

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def as_package(self) -> Package:
        """Return how it is installed."""
        return Package(name=self.package, program=self.program, python=self.python, also=self.also)

    @property
    def variable(self) -> str:
        """Return the environment variable that may name a program that is installed already."""
        return f"PROBE_{self.name}_{self.version}".upper().replace("-", "_").replace(".", "_")


CODEX_OLD = Agent(name="codex", version="0.98.0", package="@openai/codex", program="codex")
"""The last that speaks HTTP alone."""
CODEX = Agent(name="codex", version="0.169.0", package="@openai/codex", program="codex")
"""It tries a WebSocket first."""
CLAUDE_CODE = Agent(name="claude-code", version="2.1.329", package="@anthropic-ai/claude-code", program="claude")
GEMINI_CLI = Agent(name="gemini-cli", version="0.61.0", package="@google/gemini-cli", program="gemini")
OPENCODE = Agent(name="opencode", version="1.18.33", package="opencode-ai", program="opencode")
QWEN_CODE = Agent(name="qwen-code", version="0.24.4", package="@qwen-code/qwen-code", program="qwen")
PI = Agent(name="pi", version="0.73.1", package="@mariozechner/pi-coding-agent", program="pi")
AIDER = Agent(name="aider", version="0.86.2", package="aider-chat", program="aider", python=">=3.10,<3.13")
COPILOT = Agent(name="copilot", version="1.0.102", package="@github/copilot", program="copilot")
CONTINUE = Agent(name="continue", version="1.5.47", package="@continuedev/cli", program="cn")
CLINE = Agent(name="cline", version="3.0.65", package="cline", program="cline")
DROID = Agent(name="droid", version="0.215.0", package="droid", program="droid")
MINI_SWE_AGENT = Agent(
    name="mini-swe-agent",
    version="2.4.6",
    package="mini-swe-agent",
    program="mini",
    python=">=3.10,<3.13",
    also=("litellm[mcp]",),
)
"""It prints no version; LiteLLM calls tools only with its extra `mcp`."""
GROK = Agent(name="grok", version="0.0.34", package="@vibe-kit/grok-cli", program="grok", shown_version="1.0.1")
"""It has no file in `targets/`: it is the agent that somebody adds."""

ALL = (
    CODEX_OLD,
    CODEX,
    CLAUDE_CODE,
    GEMINI_CLI,
    OPENCODE,
    QWEN_CODE,
    PI,
    AIDER,
    COPILOT,
    CONTINUE,
    CLINE,
    MINI_SWE_AGENT,
    DROID,
    GROK,
)


def missing(agent: Agent) -> str | None:
    """Return what an agent cannot be installed without; None when all is there."""
    tool = missing_tool(agent.as_package)
    if os.environ.get(agent.variable) or tool is None:
        return None
    return f"{tool} is missing, so {agent} cannot be installed (or set {agent.variable})"


def program(agent: Agent) -> Path:
    """Return the path of an agent's program, installing it if needed."""
    if named := os.environ.get(agent.variable):
        return Path(named)
    return installed_program(agent.as_package, agent.version, agent.name)


def main() -> int:
    """Install all of them: `python -m tests.support.agents`."""
    reasons = {agent: missing(agent) for agent in ALL}
    for agent, reason in reasons.items():
        print(f"MISSING: {reason}" if reason else f"{agent}: {program(agent)}", flush=True)
    return 1 if any(reasons.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
