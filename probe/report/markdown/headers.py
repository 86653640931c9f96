"""Show headers and queries as text, credentials never among them."""

from __future__ import annotations

from probe.addon.redaction.credential_names import HEADERS
from probe.addon.redaction.redactor import Redactor
from probe.record.exchange import Exchange, Headers
from probe.renderers.urls import split_url

CREDENTIALS = HEADERS | {"cookie", "set-cookie"}
"""Headers that are credentials whatever they hold; files from elsewhere may have them in the clear."""
_REDACTED = "[REDACTED"


def header_lines(headers: Headers, *, redacted: bool) -> str:
    """Give headers one a line; `redacted` when the record was written by a redactor, whose marks then stay."""
    lines = [
        f"{name}: {_shown(name, value, redacted=redacted)}"
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    # A line end within a header would show as one header more.
    return "\n".join(line.replace("\n", "␊") for line in lines)


def query_of(exchange: Exchange) -> str:
    """Give the query of an exchange's URL."""
    url = exchange.request.url
    return split_url(url if exchange.schema else Redactor(b"").url(url)).query


def _shown(name: str, value: str, *, redacted: bool) -> str:
    if name.lower() not in CREDENTIALS or (redacted and _REDACTED in value):
        return value
    return f"{_REDACTED}]"
