"""Distinguish what an author of a client sets, what the connection sets, and credentials."""

from __future__ import annotations

from probe.protocol.values import Value

_CONNECTION = frozenset(
    {
        "accept-encoding", "connection", "content-length", "host", "keep-alive", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    }
)  # fmt: skip
_CREDENTIALS = frozenset({"authorization", "api-key", "x-api-key", "x-goog-api-key"})
_SECRET = "⟨secret⟩"


def is_of_connection(header: str) -> bool:
    """Check whether a header is set by what sends a request; `sec-…` are a browser's or a WebSocket's."""
    return header in _CONNECTION or header.startswith("sec-")


def is_credential(name: str, value: Value) -> bool:
    """Check whether a header, or a parameter of a query, is a credential."""
    texts = (value.slot, value.constant, *value.enum, *value.examples)
    return name in _CREDENTIALS or any(isinstance(text, str) and _SECRET in text for text in texts)
