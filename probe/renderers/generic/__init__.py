"""Render any API: JSON, text and forms as they are, streams with their event counts, JSON-RPC message by message."""

from __future__ import annotations

from probe.renderers.generic.body import format_request_body, format_response_body, request_blocks, response_blocks

__all__ = ["format_request_body", "format_response_body", "request_blocks", "response_blocks"]
