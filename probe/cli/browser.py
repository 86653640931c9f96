"""Open the user's browser, where there is one."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping

from probe.cli.edge import say


def open_in_browser(address: str) -> None:
    """Open an address in the browser, or print why that is not possible."""
    reason = no_browser(os.environ, sys.platform)
    if reason is None and not webbrowser.open(address):
        reason = "no browser was found"
    if reason:
        say(f"note: no browser was opened: {reason}; open the page by hand, or name a browser in BROWSER")


def no_browser(environ: Mapping[str, str], platform: str) -> str | None:
    """Return why no browser can show a page to this user; None where one can.

    Without a display, Python would start a browser of the terminal's, such as lynx, or one on another person's screen.
    """
    if environ.get("BROWSER"):
        return None
    has_display = bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    if not has_display and (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")):
        return "this is an SSH session"
    if not has_display and platform not in ("darwin", "win32"):
        return "there is no display"
    return None
