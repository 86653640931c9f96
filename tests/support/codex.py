"""The real codex binaries, installed from their registry into a cache folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

VERSIONS = ("0.98.0", "0.169.0")
"""The last that speaks HTTP alone, and one that tries a WebSocket first."""
INSTALL_SECONDS = 300


def variable(version: str) -> str:
    """Give the environment variable that may name a binary that is installed already."""
    return "PROBE_CODEX_" + version.replace(".", "_")


def binary(version: str) -> Path | None:
    """Give the path of a codex of this version, installing it if needed; None where npm is missing."""
    named = os.environ.get(variable(version))
    if named:
        return Path(named)
    if shutil.which("npm") is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agent-probe" / f"codex-{version}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        # Several test runs may come here at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = cache / "node_modules" / ".bin" / "codex"
        if not found.exists():
            command = ["npm", "install", "--no-save", "--prefix", str(cache), f"@openai/codex@{version}"]
            subprocess.run(command, check=True, timeout=INSTALL_SECONDS, stdout=subprocess.DEVNULL)
    return found
