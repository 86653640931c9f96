"""Record the bundled samples anew, with real agents against a local provider.

    python -m tests.support.samples tool-loop=/path/to/codex-0.98.0 tool-loop-websocket=/path/to/codex-0.169.0 demo

Read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from probe.places import PROJECT
from probe.record.files import file_sha256
from probe.record.manifest import Manifest
from tests.support.own_words import in_own_words
from tests.support.provider import provider_running

PROMPTS = {"codex": "List the files", "demo": "Write a prime checker"}
WORKSPACE = Path("/tmp/project")
"""Where the agent works; the record holds its path."""
_OTHER_ANSWERS = "The answers came from a local test provider"
_OTHER_TEXTS = "; instructions and tool descriptions were replaced by words of agent-probe's own"
_PRIVATE = ("platform", "pid", "folder", "folders", "timezone", "utc_offset")


def main() -> int:
    """Record each sample that is named on the command line."""
    for word in sys.argv[1:]:
        name, _, binary = word.partition("=")
        if name == "demo":
            record("demo", "sample", None)
        else:
            record("codex", name, Path(binary))
    return 0


def record(target: str, name: str, binary: Path | None) -> None:
    """Record one sample into data/<target>/<name>, with its golden report."""
    with tempfile.TemporaryDirectory() as home, _provider(target) as provider:
        folder = Path(home) / "run"
        _capture(target, folder, Path(home), binary, provider.port)
        _tidy(folder, target, name)
        sample = PROJECT / "data" / target / name
        shutil.rmtree(sample, ignore_errors=True)
        shutil.copytree(folder, sample)
    report(target, name)


def report(target: str, name: str) -> None:
    """Write a sample's golden report."""
    sample = PROJECT / "data" / target / name
    command = [sys.executable, "-m", "probe.analyze", "--run", str(sample), "--output", str(sample / "report.md")]
    subprocess.run(command, check=True, timeout=60)
    # Its form has golden files of its own.
    (sample / "summary.json").unlink()
    for file in sample.iterdir():
        file.chmod(0o644)


def _provider(target: str) -> AbstractContextManager[Any]:
    if target == "demo":
        from tests.support.demo_provider import DemoProvider

        return DemoProvider.running()
    return provider_running(pause=0.02)


def _capture(target: str, folder: Path, home: Path, binary: Path | None, port: int) -> None:
    shutil.rmtree(WORKSPACE, ignore_errors=True)
    WORKSPACE.mkdir()
    (WORKSPACE / "notes.txt").write_text("A file to be listed.\n")
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "CODEX_API_KEY": "placeholder-key", "TERM": "xterm"}
    if binary:
        env["PATH"] = f"{binary.parent}:{env['PATH']}"
    listeners = ["model", "backend"] if target == "codex" else ["model"]
    upstreams = [f"--upstream={listener}=http://127.0.0.1:{port}" for listener in listeners]
    command = [sys.executable, "-m", "probe.capture", "--target", target, *upstreams, "--cwd", str(WORKSPACE)]
    command += ["--data-dir", str(home / "data"), "--output-dir", str(folder), "--prompt", PROMPTS[target]]
    # The demo is a replay of its sample, unless told otherwise.
    command += ["--replay="] if target == "demo" else []
    subprocess.run(command, env=env, check=True, timeout=120, stdin=subprocess.DEVNULL)


def _tidy(folder: Path, target: str, name: str) -> None:
    """Take out of the run what is not the project's: a vendor's texts, this machine's paths."""
    traffic = folder / "traffic.jsonl"
    records = [json.loads(line) for line in traffic.read_text().splitlines()]
    if target != "demo":
        records = [in_own_words(one, PROMPTS[target]) for one in records]
    lines = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in records]
    traffic.write_text("".join(f"{line}\n" for line in lines))
    (folder / "proxy.log").unlink(missing_ok=True)
    manifest = Manifest.read(folder)
    kept = {key: value for key, value in manifest.data.items() if key not in _PRIVATE}
    kept["settings"] = {key: one for key, one in kept["settings"].items() if not str(one["value"]).startswith("/")}
    digest = file_sha256(traffic)
    kept["notes"] = [_OTHER_ANSWERS + ("" if target == "demo" else _OTHER_TEXTS)]
    kept |= {"run": name, "bundled": True, "traffic_sha256": digest}
    kept["command"] = [Path(kept["command"][0]).name, *kept["command"][1:]]
    kept["steps"]["capture"]["outputs"] = {"traffic.jsonl": digest}
    Manifest(folder, {}).update(**kept)


if __name__ == "__main__":
    sys.exit(main())
