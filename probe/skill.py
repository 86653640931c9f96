"""Install the skill by which coding agents answer questions about runs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import printable, run, say
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.places import DOCS

SKILL = DOCS / "skill" / "SKILL.md"
_OWN = "<!-- Written by `probe skill install`"
_HASH = re.compile(re.escape(_OWN) + r"( \(sha256 ([0-9a-f]{64})\))")
"""What a file that was installed has: the hash of the rest of its text, by which a change of the user's shows."""
_FOLDERS = {
    "claude-code": ("CLAUDE_CONFIG_DIR", "~/.claude"),
    "codex": ("CODEX_HOME", "~/.codex"),
}
"""For each agent, the variable that names its folder, and where that is without."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.skill`."""
    arguments, rest = parse("skill", sys.argv[1:] if argv is None else argv)
    words = [*arguments.words, *rest]
    if words != ["install"]:
        problem = f"skill does not know {' '.join(words)!r}" if words else "skill needs a word: install"
        meant = did_you_mean(" ".join(words), ["install"])
        raise UserError(problem, f"{meant}for example: invoke skill install --agent claude-code")
    if arguments.dir and arguments.agent:
        raise UserError("--dir and --agent both say where", "give one of them")
    text = _with_hash(SKILL.read_text(encoding="utf-8"))
    for folder in [Path(arguments.dir).expanduser()] if arguments.dir else _folders(arguments.agent, os.environ):
        print(printable(str(_install(text, folder / "agent-probe" / SKILL.name, force=arguments.force))))
    say("an agent reads it when it starts: ask it, for example, what the latest recorded run did")
    return 0


def _folders(agent: str | None, environ: Mapping[str, str]) -> list[Path]:
    """Return the folders of skills of an agent, or of all that were used here. Raises UserError."""
    if agent is not None and agent not in _FOLDERS:
        hint = did_you_mean(agent, _FOLDERS) + f"agents are: {', '.join(_FOLDERS)}; --dir names any other folder"
        raise UserError(f"no skill can be installed for {agent!r}", hint)
    homes = {name: Path(environ.get(variable) or usual).expanduser() for name, (variable, usual) in _FOLDERS.items()}
    chosen = {name: home for name, home in homes.items() if name == agent or (agent is None and home.is_dir())}
    if not chosen:
        looked = " nor ".join(map(str, homes.values()))
        raise UserError(f"no agent has a folder here: neither {looked}", "name one: --agent claude-code")
    for name in [one for one in homes if agent is None and one not in chosen]:
        say(f"not written for {name}: there is no folder {homes[name]}; --agent {name} makes it")
    return [home / "skills" for home in chosen.values()]


def _with_hash(text: str) -> str:
    """Return the text of the skill with its hash in the line that says who wrote it."""
    return text.replace(_OWN, f"{_OWN} (sha256 {sha256(text.encode()).hexdigest()})")


def _is_unchanged(text: str) -> bool:
    """Check whether a file is as some version wrote it."""
    found = _HASH.search(text)
    return found is not None and found[2] == sha256(text.replace(found[1], "", 1).encode()).hexdigest()


def _install(text: str, path: Path, *, force: bool) -> Path:
    """Write the skill. Raises UserError where a file is there that is not as it was written."""
    try:
        there = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        if not force and there is not None and not _is_unchanged(there):
            who = "it was changed since" if _OWN in there else "agent-probe did not write it"
            raise UserError(f"{path} is there already, and {who}", "--force replaces it")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}", "name another folder with --dir") from error
    return path


if __name__ == "__main__":
    sys.exit(run(main))
