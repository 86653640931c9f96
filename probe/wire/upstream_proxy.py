"""Check whether a server accepts connections."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

SECONDS = 5.0


def unreachable(url: str, seconds: float = SECONDS) -> str | None:
    """Return why a server cannot be reached; None when it accepts a connection."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    try:
        with socket.create_connection(address, timeout=seconds):
            return None
    except OSError as error:
        return f"{address[0]}:{address[1]}: {error.strerror or error}"
