"""Cut URLs into parts, odd ones too."""

from typing import NamedTuple
from urllib.parse import urlsplit


class Url(NamedTuple):
    """The parts of a URL that a report tells."""

    origin: str
    """Scheme and host; empty where it names none."""
    path: str
    query: str


def split_url(url: str) -> Url:
    """Cut a URL; one that is none counts as a path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return Url("", url, "")
    return Url(f"{parts.scheme}://{parts.netloc}" if parts.netloc else "", parts.path or "/", parts.query)
