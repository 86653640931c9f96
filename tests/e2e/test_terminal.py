"""An interactive agent has the user's real terminal to itself."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from probe.places import PROJECT

SECONDS = 60.0

AGENT = """
import fcntl, os, select, signal, struct, sys, termios, tty
def size():
    return struct.unpack("hh", fcntl.ioctl(1, termios.TIOCGWINSZ, bytes(4)))
def say(text):
    os.write(1, text.encode() + b"\\n")
signal.signal(signal.SIGWINCH, lambda *_: say("resized %d %d" % size()))
signal.signal(signal.SIGINT, lambda *_: say("interrupted"))
print("terminal", *map(os.isatty, range(3)), flush=True)
while True:
    # A signal that comes just before a read blocks would wait for it.
    if not select.select([0], [], [], 0.1)[0]:
        continue
    line = os.read(0, 1000).decode()
    if not line:
        break
    word = line.strip()
    if word == "quit":
        sys.exit(5)
    if word == "crash":
        tty.setraw(0)
        os.kill(os.getpid(), signal.SIGKILL)
    print("heard", word, flush=True)
"""


class Terminal:
    """A command on a terminal of its own, typed at and read from."""

    def __init__(self, folder: Path, *command: str) -> None:
        env = {"HOME": str(folder), "PATH": os.environ["PATH"], "PROBE_DATA_DIR": str(folder / "data"), "TERM": "xterm"}
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(command[0], command, env)
        self.text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._fd, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("hhhh", rows, columns, 0, 0))

    def echoes(self) -> bool:
        """Check whether the terminal shows what is typed, as a shell expects it."""
        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)

    def until(self, text: str, times: int = 1) -> None:
        """Read until a text was shown so many times."""
        end = time.monotonic() + SECONDS
        while self.text.count(text) < times:
            assert self._read(end - time.monotonic()), f"{text!r} never came:\n{self.text}"

    def wait(self) -> int:
        """Read to the end and give the exit code."""
        end = time.monotonic() + SECONDS
        while self._read(end - time.monotonic()):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, seconds: float) -> bool:
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return False
        try:
            data = os.read(self._fd, 4096)
        except OSError:
            # Linux answers so when the last process has left the terminal.
            return False
        self.text += data.decode().replace("\r", "")
        return bool(data)


SCRIPTS = {
    "the script": [sys.executable, "-m", "probe.capture"],
    "the task": [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "capture"],
    "the pipeline": [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "pipeline"],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_agent_has_the_terminal_its_size_and_its_ctrl_c(tmp_path: Path, script: list[str]) -> None:
    with Terminal(tmp_path, *script, "--target", "codex", "--", sys.executable, "-c", AGENT) as terminal:
        terminal.until("terminal True True True")
        terminal.resize(40, 111)
        terminal.until("resized 40 111")
        terminal.type("\x03")
        terminal.until("interrupted")
        terminal.type("hello\n")
        terminal.until("heard hello")
        terminal.type("\x03")
        terminal.until("interrupted", times=2)
        shown = terminal.text.split("terminal True True True")[1]
        terminal.type("quit\n")
        assert terminal.wait() == 5
    # Nothing of ours stands between what the agent shows; the rest is the terminal's echo.
    assert [line for line in shown.splitlines() if line] == [
        "resized 40 111",
        "^Cinterrupted",
        "hello",
        "heard hello",
        "^Cinterrupted",
    ]


def test_the_terminal_is_put_right_after_an_agent_that_crashed_in_raw_mode(tmp_path: Path) -> None:
    words = [*SCRIPTS["the script"], "--target", "codex", "--", sys.executable, "-c", AGENT]
    with Terminal(tmp_path, *words) as terminal:
        terminal.until("terminal True True True")
        assert terminal.echoes()
        terminal.type("crash\n")
        terminal.until("exit code 137")
        assert terminal.echoes()
        assert terminal.wait() == 137
