"""Map the token counts of every API to one model of usage.

In `Usage`, input includes what was read from and written to the cache, and output includes the reasoning.
"""

from __future__ import annotations

import math
from typing import Any

from probe.renderers.blocks import Usage

_LARGEST = 1 << 63
"""JSON may hold numbers of thousands of digits, which no sum could be written with."""


class Counts:
    """An object of counts that remembers which of them were read: what is left is not understood."""

    def __init__(self, values: Any) -> None:
        self._values: dict[str, Any] = values if isinstance(values, dict) else {}
        self._inner: dict[str, Counts] = {}
        self._read: set[str] = set()

    def inner(self, name: str) -> Counts:
        """Return the counts within a member; none where it is no object."""
        return self._inner.setdefault(name, Counts(self._values.get(name)))

    def number(self, name: str) -> int | None:
        """Return a count; None where it is not there, or no number."""
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= _LARGEST:
            return None
        self._read.add(name)
        return value

    def part(self, name: str) -> int | None:
        """Return a count that only goes into a sum, so that it is left to be shown by itself too."""
        return Counts(self._values).number(name)

    def dollars(self, name: str) -> float | None:
        """Return a price; None where it is not there, or none."""
        value = self._values.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
            return None
        self._read.add(name)
        return float(value)

    def get(self, name: str) -> Any:
        """Return a member as it is, without counting it as read."""
        return self._values.get(name)

    def left(self) -> dict[str, Any]:
        """Return what was not read, but for zeros and what is empty: they say nothing."""
        left = {
            name: self.inner(name).left() if isinstance(value, dict) else value
            for name, value in self._values.items()
            if name not in self._read
        }
        return {name: value for name, value in left.items() if value not in (None, 0, {}, [])}


def openai_responses(usage: Counts) -> Usage:
    """Map the usage of a Responses answer: input includes the cache, output the reasoning.

    https://platform.openai.com/docs/api-reference/responses/object
    """
    given, made = usage.inner("input_tokens_details"), usage.inner("output_tokens_details")
    return Usage(
        input=usage.number("input_tokens"),
        output=usage.number("output_tokens"),
        total=usage.number("total_tokens"),
        cache_read=given.number("cached_tokens"),
        cache_write=given.number("cache_write_tokens"),
        reasoning=made.number("reasoning_tokens"),
        cost=_dollars(usage),
    )


def openai_chat_completions(usage: Counts) -> Usage:
    """Map the usage of a chat completion: the same sums under other names, and what gateways add or spell otherwise.

    https://platform.openai.com/docs/api-reference/chat/object
    """
    given, made = usage.inner("prompt_tokens_details"), usage.inner("completion_tokens_details")
    total, prompt = usage.number("total_tokens"), usage.number("prompt_tokens")
    reasoning = _first((made, "reasoning_tokens"), (usage, "reasoning_tokens"))
    return Usage(
        input=prompt,
        output=_with_reasoning(usage.number("completion_tokens"), reasoning, total, prompt),
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


def anthropic_messages(usage: Counts) -> Usage:
    """Map the usage of a message: `input_tokens` leaves out what was read from and written to the cache.

    https://docs.anthropic.com/en/api/messages
    """
    fresh, output = usage.number("input_tokens"), usage.number("output_tokens")
    read, kept = usage.number("cache_read_input_tokens"), usage.inner("cache_creation")
    hour = kept.part("ephemeral_1h_input_tokens")
    written = usage.number("cache_creation_input_tokens")
    if written is None:
        written = _sum(hour, kept.part("ephemeral_5m_input_tokens"))
    given = None if fresh is None else fresh + (read or 0) + (written or 0)
    return Usage(
        input=given,
        output=output,
        total=None if given is None or output is None else given + output,
        cache_read=read,
        cache_write=written,
        reasoning=usage.inner("output_tokens_details").number("thinking_tokens"),
        cache_write_1h=hour,
    )


def bedrock_converse(usage: Counts) -> Usage:
    """Map the usage of a Converse answer: `inputTokens` leaves out what was read from and written to the cache.

    https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    """
    fresh, output = usage.number("inputTokens"), usage.number("outputTokens")
    read, written = usage.number("cacheReadInputTokens"), usage.number("cacheWriteInputTokens")
    given = None if fresh is None else fresh + (read or 0) + (written or 0)
    total = None if given is None or output is None else given + output
    return Usage(
        input=given,
        output=output,
        total=usage.number("totalTokens") or total,
        cache_read=read,
        cache_write=written,
    )


def gemini_generate_content(usage: Counts) -> Usage:
    """Map `usageMetadata`: the prompt includes the cache and not the tools' own prompts; candidates leave out thoughts.

    https://ai.google.dev/api/generate-content#UsageMetadata
    """
    prompt, tools = usage.number("promptTokenCount"), usage.part("toolUsePromptTokenCount")
    made, thoughts = usage.number("candidatesTokenCount"), usage.number("thoughtsTokenCount")
    given, total = _sum(prompt, tools), usage.number("totalTokenCount")
    output = _sum(made, thoughts)
    if output is None and given is not None and total is not None and total >= given:
        # A count of 0 is left out; the total shows that it was 0.
        output = total - given
    return Usage(
        input=given,
        output=output,
        total=total,
        cache_read=usage.number("cachedContentTokenCount"),
        reasoning=thoughts,
    )


def ollama(usage: Counts) -> Usage:
    """Map the counts of an Ollama answer: the output includes the thinking, and the cache is not reported.

    https://docs.ollama.com/api/generate
    """
    given, output = usage.number("prompt_eval_count"), usage.number("eval_count")
    return Usage(input=given, output=output, total=None if given is None or output is None else given + output)


def _with_reasoning(output: int | None, reasoning: int | None, total: int | None, given: int | None) -> int | None:
    """Add the reasoning where the total shows that the output excludes it, as xAI's does."""
    if output is None or reasoning is None or total is None or given is None:
        return output
    return output + reasoning if total == given + output + reasoning else output


def _dollars(usage: Counts) -> float | None:
    """Return what OpenRouter charged (a credit is a dollar), and what the upstream did by the user's own key."""
    cost = usage.dollars("cost")
    upstream = usage.inner("cost_details").dollars("upstream_inference_cost") if usage.get("is_byok") else None
    return None if cost is None and upstream is None else (cost or 0.0) + (upstream or 0.0)


def _first(*places: tuple[Counts, str]) -> int | None:
    """Return the first number that is there; the others are read too where they say the same."""
    found = None
    for counts, name in places:
        if found is None or counts.get(name) == found:
            found = counts.number(name)
    return found


def _sum(*numbers: int | None) -> int | None:
    """Add what is known; None when nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
