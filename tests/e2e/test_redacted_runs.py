"""A redacted copy of what a real agent did can be verified, compared with its original, and replayed to that agent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from probe.record.manifest import Manifest
from tests.e2e.test_codex import against, environment
from tests.support.loops import plant
from tests.support.provider import provider_running
from tests.support.running import Running

PROMPT = "List the files for Alice Xylander <alice.x@acme-corp.io> on xylbox.lan (192.168.7.31)"
PERSONAL = ("alicexy", "alice", "xylander", "acme-corp", "xylbox", "192.168.7.31")


def work_folder(root: Path) -> Path:
    (root / "home" / "alicexy").mkdir(parents=True)
    return plant(root / "home" / "alicexy" / "falcon")


def script(folder: Path, name: str, *words: str, env: Mapping[str, str] | None = None) -> str:
    """Run a script to its end; return what it printed."""
    with Running(folder, f"probe.{name}", *words, env=env) as run:
        assert run.wait() == 0, run.stdout + run.stderr
        return run.stdout


def assert_only_redacted(folder: Path, recording: Path, copy: Path) -> None:
    """Check that a copy is whole, that nothing planted is in it, and that it differs by nothing but pseudonyms."""
    assert "a redacted copy of " in script(folder, "verify", "--run", str(copy))
    for file in copy.iterdir():
        text = file.read_text().lower()
        # The agent's own words may have an author of an example.
        assert [one for one in PERSONAL if one in text] == [], file
    script(folder, "analyze", "--run", str(copy))
    compared = folder / "changes.md"
    script(folder, "compare", str(recording), str(copy), "--markdown", str(compared))
    # The prompt is the only place at which the original has something personal that is no slot.
    found = [line for line in script(folder, "compare", str(recording), str(copy)).splitlines() if "  " in line]
    assert [
        line for line in found if "the prompt is" not in line and "name-" not in line and "facade" not in line
    ] == []


@pytest.mark.slow
def test_the_demo_does_the_same_on_its_redacted_recording(tmp_path: Path) -> None:
    work = work_folder(tmp_path)
    words = ["--target", "demo", "--prompt", PROMPT, "--cwd", str(work)]
    with Running(tmp_path, "probe.capture", *words) as run:
        assert run.wait() == 0, run.stderr
        recording = run.run_folder()
    copy = Path(script(tmp_path, "redact", str(recording)).strip())
    assert_only_redacted(tmp_path, recording, copy)
    again = tmp_path / "again"
    again.mkdir()
    assert "OK   " in script(again, "replay_check", "--run", str(copy))


@pytest.mark.agents
@pytest.mark.timeout(300)
def test_codex_does_the_same_on_its_redacted_recording(tmp_path: Path, codex_binary: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    env = environment(codex_binary)
    with (
        provider_running() as provider,
        Running(
            first, "probe.capture", *against(provider), "--prompt", PROMPT, "--cwd", str(work_folder(first)), env=env
        ) as run,
    ):
        assert run.wait() == 0, run.stderr
        recording = run.run_folder()
    copy = Path(script(first, "redact", str(recording)).strip())
    redaction = Manifest.read(copy).facts.redaction
    assert redaction is not None
    assert redaction.replaced.keys() >= {"email", "folder", "host", "id", "name", "IP address"}
    assert_only_redacted(first, recording, copy)
    work = plant(first / "home" / "alicexy" / "copy")
    assert "OK   " in script(again, "replay_check", "--run", str(copy), "--cwd", str(work), env=env)
    archive = script(first, "share", str(copy))
    done = subprocess.run([sys.executable, "-m", "zipfile", "-t", archive.strip()], capture_output=True, timeout=60)
    assert done.returncode == 0
