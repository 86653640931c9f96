"""Render the OpenAI Responses API, over HTTP and over WebSocket."""

from __future__ import annotations

from probe.renderers.openai_responses.request import format_request_body, request_blocks, turn_blocks
from probe.renderers.openai_responses.response import format_response_body, response_blocks
from probe.renderers.openai_responses.turns import (
    error_answer,
    error_message,
    is_complete,
    side_answer,
    turns,
    warm_up_messages,
)

__all__ = [
    "error_answer",
    "error_message",
    "format_request_body",
    "format_response_body",
    "is_complete",
    "request_blocks",
    "response_blocks",
    "side_answer",
    "turn_blocks",
    "turns",
    "warm_up_messages",
]
