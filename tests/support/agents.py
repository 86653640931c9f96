"""The real agents, installed from their registries into a cache folder; checked against the versions named here."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

INSTALL_SECONDS = 600
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

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

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
CONTINUE = Agent(name="continue", version="1.5.47", package="@continuedev/cli", program="cn")
"""It has no file in `targets/`: it is the agent that somebody adds."""

ALL = (CODEX_OLD, CODEX, CLAUDE_CODE, GEMINI_CLI, OPENCODE, QWEN_CODE, PI, AIDER, CONTINUE)


def missing(agent: Agent) -> str | None:
    """Return what an agent cannot be installed without; None when all is there."""
    tool = "uv" if agent.python else "npm"
    if os.environ.get(agent.variable) or shutil.which(tool):
        return None
    return f"{tool} is missing, so {agent} cannot be installed (or set {agent.variable})"


def program(agent: Agent) -> Path:
    """Return the path of an agent's program, installing it if needed."""
    if named := os.environ.get(agent.variable):
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agent-probe" / "agents" / str(agent)
    with locked(cache):
        found = cache / ("bin" if agent.python else "node_modules/.bin") / agent.program
        if not (cache / ".installed").exists():
            _install(agent, cache)
            (cache / ".installed").touch()
    return found


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Keep others away: several test runs may come here at once."""
    cache.mkdir(parents=True, exist_ok=True)
    with cache.with_name(f"{cache.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(agent: Agent, cache: Path) -> None:
    if agent.python is None:
        _run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(cache), _spec(agent, "@")])
        return
    # One that is there already: a download of a Python would come from elsewhere than the registry.
    _run(["uv", "venv", "--clear", "--no-python-downloads", "--python", agent.python, str(cache)])
    _run(["uv", "pip", "install", "--python", str(cache / "bin" / "python"), _spec(agent, "==")])


def _spec(agent: Agent, sign: str) -> str:
    return f"{agent.package}{sign}{agent.version}"


def _run(command: Sequence[str]) -> None:
    """Run an installer; what it says is of interest only when it fails."""
    ended = subprocess.run(command, timeout=INSTALL_SECONDS, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with {ended.returncode}:\n{ended.stdout}{ended.stderr}")


def main() -> int:
    """Install all of them: `python -m tests.support.agents`."""
    reasons = {agent: missing(agent) for agent in ALL}
    for agent, reason in reasons.items():
        print(f"MISSING: {reason}" if reason else f"{agent}: {program(agent)}", flush=True)
    return 1 if any(reasons.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
