"""Map the token counts of every API to one model of usage.

In `Usage`, input includes what was read from and written to the cache, and output includes the reasoning.
"""

from __future__ import annotations

import math
from typing import Any

from probe.renderers.blocks import Usage

LARGEST = 1 << 63
"""JSON may hold numbers of thousands of digits, which no sum could be written with."""


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
        cost=_dollars(usage),
    )


def openai_chat_completions(usage: dict[str, Any]) -> Usage:
    """Map the usage of a chat completion: the same sums under other names, and what gateways add or spell otherwise.

    https://platform.openai.com/docs/api-reference/chat/object
    """
    given, made = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    total, prompt = _number(usage, "total_tokens"), _number(usage, "prompt_tokens")
    reasoning = _first((made, "reasoning_tokens"), (usage, "reasoning_tokens"))
    return Usage(
        input=prompt,
        output=_with_reasoning(_number(usage, "completion_tokens"), reasoning, total, prompt),
        total=total,
        # DeepSeek, Moonshot and LiteLLM; all of them within prompt_tokens too.
        cache_read=_first(
            (given, "cached_tokens"),
            (usage, "prompt_cache_hit_tokens"),
            (usage, "cached_tokens"),
            (usage, "cache_read_input_tokens"),
        ),
        cache_write=_first(
            (given, "cache_write_tokens"), (given, "cache_creation_tokens"), (usage, "cache_creation_input_tokens")
        ),
        reasoning=reasoning,
        cost=_dollars(usage),
    )


def anthropic_messages(usage: dict[str, Any]) -> Usage:
    """Map the usage of a message: `input_tokens` leaves out what was read from and written to the cache.

    https://docs.anthropic.com/en/api/messages
    """
    fresh, output = _number(usage, "input_tokens"), _number(usage, "output_tokens")
    read, kept = _number(usage, "cache_read_input_tokens"), usage.get("cache_creation")
    hour = _number(kept, "ephemeral_1h_input_tokens")
    written = _number(usage, "cache_creation_input_tokens")
    if written is None:
        written = _sum(hour, _number(kept, "ephemeral_5m_input_tokens"))
    given = None if fresh is None else fresh + (read or 0) + (written or 0)
    return Usage(
        input=given,
        output=output,
        total=None if given is None or output is None else given + output,
        cache_read=read,
        cache_write=written,
        reasoning=_number(usage.get("output_tokens_details"), "thinking_tokens"),
        cache_write_1h=hour,
    )


def bedrock_converse(usage: dict[str, Any]) -> Usage:
    """Map the usage of a Converse answer: `inputTokens` leaves out what was read from and written to the cache.

    https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    """
    fresh, output = _number(usage, "inputTokens"), _number(usage, "outputTokens")
    read, written = _number(usage, "cacheReadInputTokens"), _number(usage, "cacheWriteInputTokens")
    given = None if fresh is None else fresh + (read or 0) + (written or 0)
    total = None if given is None or output is None else given + output
    return Usage(
        input=given,
        output=output,
        total=_number(usage, "totalTokens") or total,
        cache_read=read,
        cache_write=written,
    )


def gemini_generate_content(usage: dict[str, Any]) -> Usage:
    """Map `usageMetadata`: the prompt includes the cache and not the tools' own prompts; candidates leave out thoughts.

    https://ai.google.dev/api/generate-content#UsageMetadata
    """
    prompt, tools = _number(usage, "promptTokenCount"), _number(usage, "toolUsePromptTokenCount")
    made, thoughts = _number(usage, "candidatesTokenCount"), _number(usage, "thoughtsTokenCount")
    given, total = _sum(prompt, tools), _number(usage, "totalTokenCount")
    output = _sum(made, thoughts)
    if output is None and given is not None and total is not None and total >= given:
        # A count of 0 is left out; the total shows that it was 0.
        output = total - given
    return Usage(
        input=given,
        output=output,
        total=total,
        cache_read=_number(usage, "cachedContentTokenCount"),
        reasoning=thoughts,
    )


def ollama(usage: dict[str, Any]) -> Usage:
    """Map the counts of an Ollama answer: the output includes the thinking, and the cache is not reported.

    https://docs.ollama.com/api/generate
    """
    given, output = _number(usage, "prompt_eval_count"), _number(usage, "eval_count")
    return Usage(input=given, output=output, total=None if given is None or output is None else given + output)


def _with_reasoning(output: int | None, reasoning: int | None, total: int | None, given: int | None) -> int | None:
    """Add the reasoning where the total shows that the output excludes it, as xAI's does."""
    if output is None or reasoning is None or total is None or given is None:
        return output
    return output + reasoning if total == given + output + reasoning else output


def _dollars(usage: dict[str, Any]) -> float | None:
    """Return what OpenRouter charged (a credit is a dollar), and what the upstream did by the user's own key."""
    cost, details = usage.get("cost"), usage.get("cost_details")
    upstream = details.get("upstream_inference_cost") if isinstance(details, dict) and usage.get("is_byok") else None
    amounts = [float(part) for part in (cost, upstream) if isinstance(part, int | float) and not isinstance(part, bool)]
    return sum(amounts) if amounts and all(0 <= part < math.inf for part in amounts) else None


def _first(*places: tuple[Any, str]) -> int | None:
    """Return the first number that is present."""
    return next((number for fields, name in places if (number := _number(fields, name)) is not None), None)


def _sum(*numbers: int | None) -> int | None:
    """Add what is known; None when nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _number(fields: Any, name: str) -> int | None:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST else None
