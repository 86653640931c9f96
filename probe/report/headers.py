"""Show headers and URLs as text, credentials never among them."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.addon.redaction.credential_names import HEADERS
from probe.record.exchange import Exchange, Headers
from probe.renderers.urls import split_url
from probe.report.plain_text import without_tags

CREDENTIALS = HEADERS | {"cookie", "set-cookie"}
"""Headers that are credentials whatever they hold; files from elsewhere may have them in the clear."""
_HARMLESS = re.compile(r"(?:[A-Za-z_-]{1,20}=(?:true|false)(?:&|$))*")
_REDACTED = "[REDACTED"


def header_lines(headers: Headers, *, redacted: bool) -> str:
    """Return headers one a line; `redacted` when the record was written by a redactor, whose marks then stay."""
    lines = [
        f"{name}: {_shown(name, value, redacted=redacted)}"
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    # A line end within a header would show as one header more.
    return "\n".join(line.replace("\n", "␊") for line in lines)


def query_of(exchange: Exchange) -> str:
    """Return the query of an exchange's URL."""
    return split_url(shown_url(exchange.request.url, redacted=exchange.schema > 0)).query


def shown_url(url: str, *, redacted: bool) -> str:
    """Return a URL without credentials; `redacted` when the record was written by a redactor."""
    return without_tags(url if redacted else _redacted(url))


@lru_cache(maxsize=64)
def _redacted(url: str) -> str:
    """Return a URL of a file from elsewhere."""
    if _HARMLESS.fullmatch(split_url(url).query):
        return url
    from probe.addon.redaction.redactor import Redactor  # Here, since its patterns take a while to load.

    return Redactor(b"").url(url)


def _shown(name: str, value: str, *, redacted: bool) -> str:
    if name.lower() not in CREDENTIALS or (redacted and _REDACTED in value):
        return value
    return f"{_REDACTED}]"
