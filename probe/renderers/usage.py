"""One model of token usage for all APIs: each one's own arithmetic, mapped in this one place.

In `Usage`, input has what was read from and written to the cache in it, and output has the reasoning in it.
"""

from __future__ import annotations

from typing import Any

from probe.renderers.blocks import Usage


def openai_responses(usage: dict[str, Any]) -> Usage:
    """Map the usage of a Responses answer: input includes the cache, output the reasoning.

    https://platform.openai.com/docs/api-reference/responses/object
    """
    given, made = usage.get("input_tokens_details"), usage.get("output_tokens_details")
    return Usage(
        input=_number(usage, "input_tokens"),
        output=_number(usage, "output_tokens"),
        total=_number(usage, "total_tokens"),
        cache_read=_number(given, "cached_tokens"),
        cache_write=_number(given, "cache_write_tokens"),
        reasoning=_number(made, "reasoning_tokens"),
    )


def openai_chat_completions(usage: dict[str, Any]) -> Usage:
    """Map the usage of a chat completion: the same sums under other names.

    https://platform.openai.com/docs/api-reference/chat/object
    """
    given, made = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    return Usage(
        input=_number(usage, "prompt_tokens"),
        output=_number(usage, "completion_tokens"),
        total=_number(usage, "total_tokens"),
        cache_read=_number(given, "cached_tokens"),
        cache_write=_number(given, "cache_write_tokens"),
        reasoning=_number(made, "reasoning_tokens"),
    )


def anthropic_messages(usage: dict[str, Any]) -> Usage:
    """Map the usage of a message: `input_tokens` leaves out what was read from and written to the cache.

    https://docs.anthropic.com/en/api/messages
    """
    fresh, output = _number(usage, "input_tokens"), _number(usage, "output_tokens")
    read, written = _number(usage, "cache_read_input_tokens"), _number(usage, "cache_creation_input_tokens")
    given = None if fresh is None else fresh + (read or 0) + (written or 0)
    return Usage(
        input=given,
        output=output,
        total=None if given is None or output is None else given + output,
        cache_read=read,
        cache_write=written,
        reasoning=_number(usage.get("output_tokens_details"), "thinking_tokens"),
    )


def gemini_generate_content(usage: dict[str, Any]) -> Usage:
    """Map `usageMetadata`: the prompt includes the cache and not the tools' own prompts; candidates leave out thoughts.

    https://ai.google.dev/api/generate-content#UsageMetadata
    """
    prompt, tools = _number(usage, "promptTokenCount"), _number(usage, "toolUsePromptTokenCount")
    made, thoughts = _number(usage, "candidatesTokenCount"), _number(usage, "thoughtsTokenCount")
    return Usage(
        input=_sum(prompt, tools),
        output=_sum(made, thoughts),
        total=_number(usage, "totalTokenCount"),
        cache_read=_number(usage, "cachedContentTokenCount"),
        reasoning=thoughts,
    )


def _sum(*numbers: int | None) -> int | None:
    """Add what is known; None when nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _number(fields: Any, name: str) -> int | None:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
