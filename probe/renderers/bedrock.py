"""Render Anthropic messages in the envelope of AWS Bedrock."""

from __future__ import annotations

from probe.renderers.generic import format_request_body, format_response_body, request_blocks, response_blocks

__all__ = ["format_request_body", "format_response_body", "request_blocks", "response_blocks"]
