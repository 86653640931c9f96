"""Show headers and queries as text, credentials never among them."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.addon.redaction.credential_names import HEADERS
from probe.record.exchange import Exchange, Headers
from probe.renderers.urls import split_url

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
    url = exchange.request.url
    return split_url(url).query if exchange.schema else _redacted_query(url)


@lru_cache(maxsize=64)
def _redacted_query(url: str) -> str:
    """Return the query of a URL of a file from elsewhere."""
    query = split_url(url).query
    if _HARMLESS.fullmatch(query):
        return query
    from probe.addon.redaction.redactor import Redactor  # Here, since its patterns take a while to load.

    return split_url(Redactor(b"").url(url)).query


def _shown(name: str, value: str, *, redacted: bool) -> str:
    if name.lower() not in CREDENTIALS or (redacted and _REDACTED in value):
        return value
    return f"{_REDACTED}]"
