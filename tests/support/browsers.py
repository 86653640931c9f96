"""Real browsers for tests: Chromium and Firefox of the machine, headless, by one small set of commands."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.page_tools import modules

PROGRAMS = {"chrome": ("chromium", "chromium-browser", "google-chrome"), "firefox": ("firefox-esr", "firefox")}
"""Programs of each browser, by the name that puppeteer has for it."""
_SECONDS = 90.0
"""How long one command may take."""
_BRIDGE = Path(__file__).with_name("browser_bridge.mjs")


class BrowserError(Exception):
    """A command that a browser could not do, with its reason."""


def program(browser: str) -> str | None:
    """Return the path of a browser; None where the machine has none."""
    return next(filter(None, map(shutil.which, PROGRAMS[browser])), None)


def missing(name: str) -> str | None:
    """Return what a browser cannot be driven without; None when all is there."""
    if not program(name):
        return f"no browser: {' or '.join(PROGRAMS[name])} is not installed"
    return None if shutil.which("npm") and shutil.which("node") else "npm and node are not installed"


class Browser:
    """A running browser."""

    def __init__(self, name: str) -> None:
        """Start it. Raises BrowserError."""
        found = program(name)
        if reason := missing(name):
            raise BrowserError(reason)
        self.name = name
        self._process = subprocess.Popen(
            ["node", str(_BRIDGE), str(modules()), name, str(found)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        started = self._answer()
        self.version: str = started["version"]
        self.pid: int = started["pid"]
        self.endpoint: str = started["endpoint"]
        """Where it takes commands; a Chromium serves its own DevTools there too."""

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def _answer(self) -> Any:
        try:
            line = self._answers.get(timeout=_SECONDS)
        except queue.Empty:
            raise BrowserError(f"no answer within {_SECONDS:.0f} s") from None
        if not line:
            raise BrowserError("the browser ended")
        return json.loads(line)

    def call(self, name: str, page: int | None, *args: Any, **named: Any) -> Any:
        """Have a command done, and return its value. Raises BrowserError."""
        assert self._process.stdin
        command = {"name": name, "page": page, "args": named if page is None else args}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise BrowserError(f"{name} {' '.join(map(str, args))[:300]}: {answer['error']}")
        return answer["value"]

    def open(self, url: str, *, width: int = 1400, height: int = 900, dark: bool | None = None) -> Tab:
        """Open a page in a new tab; `dark` is what the page is told the user prefers (Chromium only)."""
        tab = Tab(self, self.call("open", None, width=width, height=height, dark=dark))
        tab.goto(url)
        return tab

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Tab:
    """One page in a browser."""

    def __init__(self, browser: Browser, number: int) -> None:
        self.browser = browser
        self._number = number

    def _call(self, name: str, *args: Any) -> Any:
        return self.browser.call(name, self._number, *args)

    def goto(self, url: str) -> None:
        """Load a page."""
        self._call("goto", url)

    def reload(self) -> None:
        """Load the page again."""
        self._call("reload")

    def js(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, which may be a promise."""
        return self._call("evaluate", expression)

    def wait(self, expression: str, seconds: float = 20) -> None:
        """Wait until a JavaScript expression is true. Raises BrowserError."""
        self._call("wait", expression, int(seconds * 1000))

    def text(self, selector: str = "body") -> str:
        """Return the text that a reader sees in an element."""
        return str(self.js(f"document.querySelector({json.dumps(selector)}).innerText"))

    def click(self, selector: str) -> None:
        """Click on the first element that fits a selector, waiting for it."""
        self._call("click", selector)

    def press(self, key: str) -> None:
        """Press a key, with others held: `Control+f`."""
        self._call("press", key)

    def type(self, text: str) -> None:
        """Type a text."""
        self._call("type", text)

    def wheel(self, pixels: int) -> None:
        """Scroll down by the mouse's wheel."""
        self._call("wheel", pixels)

    def hover(self, selector: str) -> None:
        """Move the mouse over an element."""
        self._call("hover", selector)

    def screenshot(self, path: Path) -> None:
        """Write what is seen to a PNG file."""
        self._call("screenshot", str(path))

    def media(self, name: str, value: str) -> None:
        """Set a media feature, such as `prefers-color-scheme` (Chromium only)."""
        self._call("media", name, value)

    def print_to(self, path: Path) -> None:
        """Write the page to a PDF file, as it is printed."""
        self._call("print", str(path))

    @property
    def log(self) -> list[str]:
        """Return what the page wrote to the console, and its errors."""
        return list(self._call("log"))

    @property
    def requests(self) -> list[str]:
        """Return the addresses that the page asked for."""
        return list(self._call("requests"))

    def close(self) -> None:
        """Close the tab."""
        self._call("close")


@contextmanager
def running(name: str) -> Iterator[Browser]:
    """Run a browser as long as the block lasts. Raises BrowserError."""
    browser = Browser(name)
    try:
        yield browser
    finally:
        browser.close()
