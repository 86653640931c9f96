"""The npm packages that check and drive the page, and others, installed from the registry into a cache folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from probe.wire.agent_versions import INSTALL_SECONDS, locked

PACKAGES = Path(__file__).parent / "page_tools.json"
"""Name and version of each package, as `dependencies` of a package.json."""


@cache
def modules(packages: Path = PACKAGES) -> Path:
    """Return the folder `node_modules` with all packages, installing them if needed. Raises RuntimeError."""
    text = packages.read_bytes()
    name = f"{packages.stem.replace('_', '-')}-{sha256(text).hexdigest()[:12]}"
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agent-probe" / name
    with locked(folder):
        if not (folder / ".installed").exists():
            shutil.copyfile(packages, folder / "package.json")
            command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(folder)]
            ended = subprocess.run(command, timeout=INSTALL_SECONDS, capture_output=True, text=True, check=False)
            if ended.returncode:
                raise RuntimeError(f"{' '.join(command)} failed:\n{ended.stdout}{ended.stderr}")
            (folder / ".installed").touch()
    return folder / "node_modules"


def main() -> int:
    """Install all of them and print where they are: `python -m tests.support.page_tools`."""
    print(modules(), list(json.loads(PACKAGES.read_bytes())["dependencies"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
