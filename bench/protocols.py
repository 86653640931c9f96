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

import msgspec

from bench.agent_runs import SUBJECTS, TARGETS, record
from probe.cli.edge import say
from probe.errors import UserError
from probe.places import PROJECT
from tests.support import agents

FOLDER = PROJECT / "docs" / "protocols"
SECONDS = 180
_LONG_QUOTE = re.compile(r"[`\"“](?![A-Z]+ /)([^`\"”\n]*)[`\"”]")
"""A quoted text; the place of an id, such as `POST /v1/responses request input[].id`, is none."""
_MOST = 40
"""Characters of a value that is published."""


AGENTS = {name: subject for name, subject in SUBJECTS.items() if subject.agent not in (agents.AIDER, agents.CONTINUE)}
"""Those whose protocols are published."""


def main(argv: Sequence[str] = ()) -> int:
    """Write the protocols of all agents, or of those that are named, and the comparison of Codex's two versions."""
    chosen = {name: one for name, one in AGENTS.items() if not argv or name in argv or one.agent.name in argv}
    if not chosen:
        raise UserError(f"no agent {', '.join(argv)}", f"agents are: {', '.join(AGENTS)}")
    os.environ["PROBE_TARGETS"] = str(TARGETS)
    with tempfile.TemporaryDirectory(prefix="probe-protocols-") as scratch:
        runs = {}
        for name, one in chosen.items():
            say(f"recording {name} …")
            runs[name] = record(one, Path(scratch) / name)
            _describe(name, runs[name], Path(scratch))
        old, new = str(agents.CODEX_OLD), str(agents.CODEX)
        if old in runs and new in runs:
            _compare(old, new, runs)
    return 0


def _describe(name: str, run: Path, scratch: Path) -> None:
    made = scratch / f"{name}-protocol"
    _run("probe.protocol", f"--run={run}", f"--output={made}", "--shareable")
    for ending in ("md", "json"):
        text = (made / f"protocol.{ending}").read_text()
        # The Markdown is what readers compare; indented, the JSON would be four times as large.
        text = msgspec.json.format(text, indent=0) + "\n" if ending == "json" else text
        (FOLDER / f"{name}.{ending}").write_text(text)
        _check(FOLDER / f"{name}.{ending}")


def _compare(old: str, new: str, runs: dict[str, Path]) -> None:
    file = FOLDER / f"{old}-to-{new.rpartition('-')[2]}.md"
    _run("probe.compare", str(runs[old]), str(runs[new]), "--shareable", f"--markdown={file}")
    file.chmod(0o644)
    _check(file)


def _check(file: Path) -> None:
    """Print what may be a text of the vendor's: the maintainer reads all of it before it is committed."""
    long = [text for text in _LONG_QUOTE.findall(file.read_text()) if len(text.split()) > 4 and len(text) > _MOST]
    for text in dict.fromkeys(long):
        say(f"WARNING: {file.name}: {text}")
    say(f"{file}: {file.stat().st_size:,} bytes")


def _run(module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if ended.returncode:
        raise UserError(f"{module} failed with {ended.returncode}", ended.stderr[-1500:], code=1)
