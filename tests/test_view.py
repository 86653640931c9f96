"""`view` opens a run's page: made where it is missing, named where no browser can show it."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from probe.cli.browser import no_browser
from probe.places import PROJECT
from probe.record.manifest import Manifest
from probe.wire.ports import free_ports
from tests.live.recording import Recording
from tests.support.running import Running

BROWSER = """#!/bin/sh
echo "$1" >> "$0.log"
"""
DEMO = ["probe.pipeline", "--target", "demo", "--prompt", "Write a prime checker"]


class Opened:
    """A browser that notes what it is to open."""

    def __init__(self, folder: Path) -> None:
        self._program = folder / "browser"
        self._program.write_text(BROWSER)
        self._program.chmod(stat.S_IRWXU)
        self.env = {"BROWSER": str(self._program)}

    @property
    def addresses(self) -> list[str]:
        """Return what it opened so far."""
        log = Path(f"{self._program}.log")
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return the folder of a run that has ended, with no page."""
    with Running(tmp_path, "probe.capture", *DEMO[1:]) as running:
        assert running.wait() == 0, running.stderr
        return running.run_folder()


@pytest.mark.slow
def test_the_page_is_made_once_opened_and_named(tmp_path: Path, run: Path) -> None:
    opened, page = Opened(tmp_path), run / "report.html"
    for made in (1, 2):
        with Running(tmp_path, "probe.view", env=opened.env) as running:
            assert running.wait() == 0, running.stderr
            assert running.stdout == f"{page}\n"
            assert ("analyze --html: up to date" in running.stderr) == (made == 2)
        assert opened.addresses == [page.as_uri()] * made
    with Running(tmp_path, "probe.view", "--run", f"demo/{run.name}", "--target", "demo", env=opened.env) as running:
        assert running.wait() == 0, running.stderr
    with (run / "traffic.jsonl").open("ab") as file:
        file.write((run / "traffic.jsonl").read_bytes().splitlines(keepends=True)[0])
    with Running(tmp_path, "probe.view", env=opened.env) as running:
        assert running.wait() == 0, running.stderr
        assert "up to date" not in running.stderr


@pytest.mark.slow
def test_without_a_display_the_page_is_named_and_nothing_is_started(tmp_path: Path, run: Path) -> None:
    with Running(tmp_path, "probe.view", env={"SSH_CONNECTION": "a b"}) as running:
        assert running.wait() == 0
        assert running.stdout == f"{run / 'report.html'}\n"
        assert "note: no browser was opened: this is an SSH session; open the page by hand" in running.stderr


@pytest.mark.slow
def test_a_run_under_way_has_a_page_of_what_there_is_and_live_is_named(tmp_path: Path, run: Path) -> None:
    Manifest.read(run).update(ended=None, pid=os.getpid())
    opened = Opened(tmp_path)
    with Running(tmp_path, "probe.view", env=opened.env) as running:
        assert running.wait() == 0, running.stderr
        assert f"note: run demo/{run.name} is still being recorded; to follow it: " in running.stderr
        assert f" --run demo/{run.name} --live" in running.stderr
    assert opened.addresses == [(run / "report.html").as_uri()]


@pytest.mark.slow
def test_a_pipeline_opens_the_page_at_its_end_if_it_is_asked_to(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    with Running(tmp_path, *DEMO, "--view", env=opened.env) as running:
        assert running.wait() == 0, running.stderr
        page = running.run_folder() / "report.html"
        assert running.stdout.splitlines()[-1] == f"page: {page}"
    assert opened.addresses == [page.as_uri()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "8080"], "--port is the port of --live"),
        (["--live", "--port", "model"], "--port model: not a port"),
        (["--run", "nonsense"], "no run 'nonsense'"),
        (["--", "codex"], "unexpected arguments: codex"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, words: list[str], said: str) -> None:
    with Running(tmp_path, "probe.view", *words) as running:
        assert running.wait() == 2
        assert said in running.stderr


@pytest.mark.parametrize(
    ("environ", "platform", "reason"),
    [
        ({"DISPLAY": ":0"}, "linux", None),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", None),
        ({}, "darwin", None),
        ({"BROWSER": "firefox", "SSH_TTY": "/dev/pts/1"}, "linux", None),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "a b"}, "linux", None),
        ({}, "linux", "there is no display"),
        ({"SSH_TTY": "/dev/pts/1"}, "linux", "this is an SSH session"),
        ({"SSH_CONNECTION": "a b"}, "darwin", "this is an SSH session"),
    ],
)
def test_a_browser_is_opened_only_where_its_user_sees_it(
    environ: dict[str, str], platform: str, reason: str | None
) -> None:
    assert no_browser(environ, platform) == reason


def _status(address: str) -> int:
    async def get() -> int:
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return answer.status

    return asyncio.run(get())


def test_a_live_page_is_served_until_ctrl_c_and_again_at_the_same_address(tmp_path: Path) -> None:
    recording, opened = Recording(tmp_path / "data"), Opened(tmp_path)
    (port,) = free_ports(1)
    task = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "view", "--live", "--port", str(port)]
    for served in (1, 2):
        with Running(tmp_path, command=task, env=opened.env) as running:
            running.until(lambda count=served: len(opened.addresses) == count, "the browser")  # type: ignore[misc]
            address = running.stdout.strip()
            assert address.startswith(f"http://127.0.0.1:{port}/")
            assert _status(address) == 200
            begin = time.monotonic()
            running.send(signal.SIGTERM)
            assert running.wait() == 143
            assert time.monotonic() - begin < 5
            running.until_nothing_runs()
    assert set(opened.addresses) == {address}
    recording.end()
