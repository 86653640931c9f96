"""A disk that is full costs the agent nothing, and the record says what is missing."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.addon.journal import FOLDER
from probe.addon.open_exchange import DISK_FULL
from probe.places import PROJECT
from tests.support.running import Running
from tests.support.upstream import Handler, Upstream, upstream_running

pytestmark = pytest.mark.slow

SIZE = 8 << 20
"""Of the file system."""
PIECE = bytes(range(32, 127)) * 690
PIECES = 300
"""Of the answer: more than twice what the disk takes."""

AGENT = """
import hashlib, os, urllib.request
answer = urllib.request.urlopen(os.environ["OPENAI_BASE_URL"] + "/large", timeout=60)
print(hashlib.file_digest(answer, "sha256").hexdigest(), flush=True)
"""


def large(handler: Handler) -> None:
    handler.stream("text/plain")
    for _ in range(PIECES):
        handler.chunk(PIECE)
    handler.chunk(b"")


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with upstream_running({"/v1/large": large}) as server:
        yield server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of a few megabytes; only root may make one."""
    folder = tmp_path / "data"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip(f"no file system can be made here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=20)


def test_what_fits_is_kept_and_what_does_not_is_counted(tmp_path: Path, small_disk: Path, upstream: Upstream) -> None:
    url = f"http://127.0.0.1:{upstream.server_port}"
    options = ["--target", "codex", "--upstream", f"model={url}", "--upstream", f"backend={url}"]
    with Running(tmp_path, "probe.capture", *options, "--", sys.executable, "-c", AGENT) as running:
        assert running.wait() == 1
        assert running.stdout.split()[0] == hashlib.sha256(PIECE * PIECES).hexdigest()
        assert "No space left on device" in running.stderr
        assert "without sending a request" not in running.stderr
        folder = running.run_folder()
        assert list((folder / FOLDER).iterdir())

    # With room again, the next command makes the record of what was kept.
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True, timeout=20)
    verify = [sys.executable, "-m", "probe.verify", "--run", str(folder)]
    verified = subprocess.run(verify, capture_output=True, text=True, timeout=60, cwd=PROJECT)
    assert verified.returncode == 1
    (record,) = running.records()
    response = record["response"]
    assert record["error"] == DISK_FULL
    kept = response["body"].encode()
    assert (PIECE * PIECES).startswith(kept)
    assert len(kept) > SIZE / 2
    assert response["lost"] == len(PIECE) * PIECES - len(kept)
    assert response["sha256"] == hashlib.sha256(kept).hexdigest()
    assert f"{response['lost']} bytes could not be kept" in verified.stdout
    assert not (folder / FOLDER).exists()
