"""Render the Anthropic Messages API, with its token counts and batches."""

from __future__ import annotations

from probe.renderers.anthropic_messages.request import format_request_body, request_blocks
from probe.renderers.anthropic_messages.response import format_response_body, response_blocks
from probe.renderers.anthropic_messages.turns import error_answer, is_complete, side_answer, turns

__all__ = [
    "error_answer",
    "format_request_body",
    "format_response_body",
    "is_complete",
    "request_blocks",
    "response_blocks",
    "side_answer",
    "turns",
]
