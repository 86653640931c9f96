"""Write docs/protocols: what the real agents speak with a local provider, without their vendors' texts.

python -m bench protocols [AGENT …]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from probe.cli.edge import say
from probe.errors import UserError
from probe.targets.finding import PROJECT, load_target
from tests.support import agents
from tests.support.agents import Agent
from tests.support.loops import PROMPT, plant
from tests.support.provider import provider_running

FOLDER = PROJECT / "docs" / "protocols"
SECONDS = 180
_LONG_QUOTE = re.compile(r"[`\"“]([^`\"”\n]*)[`\"”]")
_MOST = 40
"""Characters of a value that is published."""


class Recorded(NamedTuple):
    """An agent, and the listener whose API it speaks."""

    agent: Agent
    listener: str = "model"


AGENTS = (
    Recorded(agents.CODEX_OLD),
    Recorded(agents.CODEX),
    Recorded(agents.CLAUDE_CODE),
    Recorded(agents.GEMINI_CLI),
    Recorded(agents.OPENCODE, "openai"),
    Recorded(agents.QWEN_CODE),
    Recorded(agents.PI, "openai"),
)


def main(argv: Sequence[str] = ()) -> int:
    """Write the protocols of all agents, or of those that are named, and the comparison of Codex's two versions."""
    chosen = [one for one in AGENTS if not argv or str(one.agent) in argv or one.agent.name in argv]
    if not chosen:
        raise UserError(f"no agent {', '.join(argv)}", f"agents are: {', '.join(str(one.agent) for one in AGENTS)}")
    with tempfile.TemporaryDirectory(prefix="probe-protocols-") as scratch:
        runs = {}
        for one in chosen:
            say(f"recording {one.agent} …")
            runs[str(one.agent)] = _recorded(one, Path(scratch) / str(one.agent))
            _describe(str(one.agent), runs[str(one.agent)], Path(scratch))
        old, new = str(agents.CODEX_OLD), str(agents.CODEX)
        if old in runs and new in runs:
            _compare(old, new, runs)
    return 0


def _recorded(one: Recorded, folder: Path) -> Path:
    """Record an agent's tool loop in an empty home; return the folder of the run."""
    (folder / "home").mkdir(parents=True)
    run, name = folder / "data" / one.agent.name / "run", one.agent.name
    target = load_target(name)[0]
    groups = target.keys if isinstance(target.keys, dict) else {"model": target.keys}
    keys = {names[0]: "sk-planted-0123456789" for vendor, names in groups.items() if vendor == one.listener}
    program = agents.program(one.agent)
    environment = {
        "HOME": str(folder / "home"),
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        **keys,
    }
    with provider_running() as provider:
        urls = [
            f"--upstream={name}={provider.url if name == one.listener else 'http://127.0.0.1:9'}"
            for name in target.listeners
        ]
        where = [f"--cwd={plant(folder / 'work')}", f"--output-dir={run}", f"--data-dir={folder / 'data'}"]
        _run("probe.capture", [f"--target={name}", *urls, *where, f"--prompt={PROMPT}"], environment)
    return run


def _describe(name: str, run: Path, scratch: Path) -> None:
    made = scratch / f"{name}-protocol"
    _run("probe.protocol", [f"--run={run}", f"--output={made}", "--shareable"], dict(os.environ))
    for ending in ("md", "json"):
        text = (made / f"protocol.{ending}").read_text()
        # The Markdown is what readers compare; indented, the JSON would be four times as large.
        text = msgspec.json.format(text, indent=0) + "\n" if ending == "json" else text
        (FOLDER / f"{name}.{ending}").write_text(text)
        _check(FOLDER / f"{name}.{ending}")


def _compare(old: str, new: str, runs: dict[str, Path]) -> None:
    file = FOLDER / f"{old}-to-{new.rpartition('-')[2]}.md"
    _run("probe.compare", [str(runs[old]), str(runs[new]), "--shareable", f"--markdown={file}"], dict(os.environ))
    file.chmod(0o644)
    _check(file)


def _check(file: Path) -> None:
    """Print what may be a text of the vendor's: the maintainer reads all of it before it is committed."""
    long = [text for text in _LONG_QUOTE.findall(file.read_text()) if len(text.split()) > 4 and len(text) > _MOST]
    for text in dict.fromkeys(long):
        say(f"WARNING: {file.name}: {text}")
    say(f"{file}: {file.stat().st_size:,} bytes")


def _run(module: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    if ended.returncode:
        raise UserError(f"{module} failed with {ended.returncode}", ended.stderr[-1500:], code=1)
