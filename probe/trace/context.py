"""What the bytes of a request are: instructions, tools, the user's words, results of tools."""

from __future__ import annotations

from enum import StrEnum


class ContextKind(StrEnum):
    """What a part of a request is to its reader."""

    INSTRUCTIONS = "instructions"
    TOOLS = "tools"
    """Definitions of tools."""
    USER = "user"
    """Words of the user, or the task of a sub-agent."""
    INJECTED = "injected"
    """What the agent's harness put among the user's words."""
    ASSISTANT = "assistant"
    """What the model said before."""
    REASONING = "reasoning"
    TOOL_CALLS = "tool_calls"
    TOOL_RESULTS = "tool_results"
    MEDIA = "media"
    SETTINGS = "settings"
    OTHER = "other"
