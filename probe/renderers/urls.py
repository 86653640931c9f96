"""Split URLs, invalid ones too."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit


class Url(NamedTuple):
    """The parts of a URL that a report shows."""

    origin: str
    """Scheme and host; empty where it names none."""
    path: str
    query: str


def split_url(url: str) -> Url:
    """Split a URL; an invalid one counts as a path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return Url("", url, "")
    return Url(f"{parts.scheme}://{parts.netloc}" if parts.netloc else "", parts.path or "/", parts.query)
