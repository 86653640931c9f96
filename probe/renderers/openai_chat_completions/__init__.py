"""Render the OpenAI Chat Completions API, and what the many servers that speak it add to it."""

from __future__ import annotations

from probe.renderers.openai_chat_completions.request import format_request_body, request_blocks
from probe.renderers.openai_chat_completions.response import format_response_body, response_blocks
from probe.renderers.openai_chat_completions.turns import error_answer, is_complete, side_answer, turns

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
