"""Detect an upstream that does not answer, before an agent retries for minutes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from probe.addon.connect_errors import error_in_words
from probe.record.files import is_plain
from probe.settings.settings import Settings

SECONDS = 2.0
"""Resolving an unknown name takes many times longer; the run does not wait for that."""
_PROXY_SECONDS = 5.0
_FAILURES = 2


def address_of(url: str) -> tuple[str, int]:
    """Return the host and the port of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def unreachable(url: str, seconds: float = _PROXY_SECONDS) -> str | None:
    """Return why a server cannot be reached; None when it accepts a connection."""
    try:
        with socket.create_connection(address_of(url), timeout=seconds):
            return None
    except TimeoutError:
        return "timed out"
    except OSError as error:
        return error_in_words(error.errno, str(error.strerror or error))


def unreachable_upstreams(settings: Settings) -> dict[str, str]:
    """Connect to each listener's upstream without sending anything; return the reasons of those that fail.

    Not in a replay, and not behind an upstream proxy, which is checked when the recording starts.
    """
    routes = {} if settings.replay else settings.routes
    asked = {name: route.upstream for name, route in routes.items() if route.upstream and not route.upstream_proxy}
    reasons: dict[str, str] = {}

    def connect(name: str, url: str) -> None:
        if reason := unreachable(url, SECONDS):
            reasons[name] = reason

    # Daemons, because a look-up cannot be cancelled.
    threads = {name: threading.Thread(target=connect, args=(name, url), daemon=True) for name, url in asked.items()}
    for thread in threads.values():
        thread.start()
    for name, thread in threads.items():
        thread.join(SECONDS)
        if thread.is_alive():
            reasons[name] = f"no answer within {SECONDS:g} seconds"
    return reasons


class FirstAnswers:
    """Watches a recording until its first answer, or until it is clear that there will be none."""

    def __init__(self, traffic: Path) -> None:
        self._traffic = traffic
        self._read = 0
        self._size = 0
        self._failures = 0
        self._over = False

    def failure(self) -> str | None:
        """Return once why the first exchanges got no answer; None before and afterwards."""
        for record in () if self._over else self._new_records():
            if record.get("response") or str(record.get("error")).startswith("the agent "):
                self._over = bool(record.get("response"))
                continue
            self._failures += 1
            if self._failures == _FAILURES:
                self._over = True
                return str(record.get("error"))
        return None

    def _new_records(self) -> Iterator[dict[str, object]]:
        """Yield records written since the last call; an incomplete line is read later."""
        try:
            # The agent may have replaced it.
            if not is_plain(self._traffic) or self._traffic.stat().st_size == self._size:
                return
            self._size = self._traffic.stat().st_size
            with self._traffic.open("rb") as file:
                file.seek(self._read)
                lines = file.read().splitlines(keepends=True)
        except OSError:
            return
        for line in lines:
            if not line.endswith(b"\n"):
                return
            self._read += len(line)
            with suppress(ValueError, RecursionError):
                record = json.loads(line)
                if isinstance(record, dict):
                    yield record
            if self._over:
                return
