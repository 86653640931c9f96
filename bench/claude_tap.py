"""claude-tap, another recorder, in its own venv in the cache folder: it is not a dependency of agent-probe."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "0.1.146"
"""Always the same, so that figures of several machines can be compared."""
_INSTALL_SECONDS = 300.0


class NotInstalledError(Exception):
    """claude-tap cannot be had here; the text says why."""


def installed() -> Path:
    """Return the Python of a venv that holds claude-tap, made on first use. Raises NotInstalledError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agent-probe"
    name = f"claude-tap-{VERSION}-python-{sys.version_info.major}.{sys.version_info.minor}"
    venv, python = cache / name, cache / name / "bin" / "python"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / f"{name}.lock").open("w") as lock:
            # Two benchmarks may come here at once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _works(python):
                shutil.rmtree(venv, ignore_errors=True)
                _install(venv, python)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise NotInstalledError(said[-1] if said else str(error)) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(str(error)) from error
    return python


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    return subprocess.run([python, "-c", "import claude_tap.cli"], capture_output=True, timeout=60).returncode == 0


def _install(venv: Path, python: Path) -> None:
    uv = shutil.which("uv")
    make = [uv, "venv", "--python", sys.executable, str(venv)] if uv else [sys.executable, "-m", "venv", str(venv)]
    pip = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    for command in (make, [*pip, f"claude-tap=={VERSION}"]):
        subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_SECONDS, stdin=subprocess.DEVNULL)
