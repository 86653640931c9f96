"""Render the Gemini API's generateContent, as Google AI, Vertex and Code Assist speak it."""

from __future__ import annotations

from probe.renderers.gemini_generate_content.request import format_request_body, request_blocks, turn_blocks
from probe.renderers.gemini_generate_content.response import format_response_body, response_blocks
from probe.renderers.gemini_generate_content.turns import error_answer, is_complete, side_answer, turns

__all__ = [
    "error_answer",
    "format_request_body",
    "format_response_body",
    "is_complete",
    "request_blocks",
    "response_blocks",
    "side_answer",
    "turn_blocks",
    "turns",
]
