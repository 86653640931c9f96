"""Every API's own arithmetic of tokens comes to the same sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from probe.renderers import usage
from probe.renderers.blocks import Usage


def told(given: int | None, output: int | None, total: int | None, **more: Any) -> Usage:
    """Make the usage that is expected."""
    return Usage(input=given, output=output, total=total, **more)


RESPONSES: dict[str, tuple[dict[str, Any], Usage]] = {
    "input has the cache in it, output the reasoning": (
        {
            "input_tokens": 1290,
            "input_tokens_details": {"cached_tokens": 1152, "cache_write_tokens": 100},
            "output_tokens": 61,
            "output_tokens_details": {"reasoning_tokens": 24},
            "total_tokens": 1351,
        },
        told(1290, 61, 1351, cache_read=1152, cache_write=100, reasoning=24),
    ),
    "a zero that is told is a zero": (
        {"input_tokens": 0, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 0, "total_tokens": 0},
        told(0, 0, 0, cache_read=0),
    ),
    "no details": (
        {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7, "input_tokens_details": None},
        told(5, 2, 7),
    ),
    "nothing": ({}, told(None, None, None)),
    "what are no numbers": (
        {"input_tokens": "5", "output_tokens": True, "total_tokens": 10**400, "output_tokens_details": [1]},
        told(None, None, None),
    ),
}
CHAT: dict[str, tuple[dict[str, Any], Usage]] = {
    "OpenAI": (
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 192, "rejected_prediction_tokens": 0},
        },
        told(2006, 300, 2306, cache_read=1920, reasoning=192),
    ),
    "DeepSeek: the prompt is the sum of hits and misses": (
        {
            "prompt_tokens": 120,
            "completion_tokens": 30,
            "total_tokens": 150,
            "prompt_cache_hit_tokens": 64,
            "prompt_cache_miss_tokens": 56,
        },
        told(120, 30, 150, cache_read=64),
    ),
    "OpenRouter, with what it charged": (
        {
            "prompt_tokens": 194,
            "completion_tokens": 2,
            "total_tokens": 196,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 100},
            "cost": 0.00095,
            "cost_details": {"upstream_inference_cost": None},
        },
        told(194, 2, 196, cache_read=0, cache_write=100, cost=0.00095),
    ),
    "OpenRouter by the user's own key at the upstream": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 2,
            "total_tokens": 12,
            "is_byok": True,
            "cost": 0.25,
            "cost_details": {"upstream_inference_cost": 0.5},
        },
        told(10, 2, 12, cost=0.75),
    ),
    "OpenRouter's upstream cost is in its own price": (
        {"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.25, "cost_details": {"upstream_inference_cost": 0.25}},
        told(10, 2, None, cost=0.25),
    ),
    "xAI: the output leaves the reasoning out": (
        {
            "prompt_tokens": 37,
            "completion_tokens": 530,
            "total_tokens": 800,
            "completion_tokens_details": {"reasoning_tokens": 233},
        },
        told(37, 763, 800, reasoning=233),
    ),
    "Moonshot": (
        {"prompt_tokens": 19, "completion_tokens": 13, "total_tokens": 32, "cached_tokens": 12},
        told(19, 13, 32, cache_read=12),
    ),
    "LiteLLM in front of another API": (
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "cache_read_input_tokens": 1000,
            "cache_creation_input_tokens": 50,
        },
        told(2006, 300, 2306, cache_read=1000, cache_write=50),
    ),
    "a cost that is none": ({"prompt_tokens": 1, "cost": float("inf")}, told(1, None, None)),
}
ANTHROPIC: dict[str, tuple[dict[str, Any], Usage]] = {
    "input leaves the cache out": (
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 110,
            "cache_read_input_tokens": 1000,
            "output_tokens": 7,
        },
        told(1113, 7, 1120, cache_read=1000, cache_write=110),
    ),
    "writes by how long they are kept": (
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 110,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 100},
            "cache_read_input_tokens": 0,
            "output_tokens": 7,
        },
        told(113, 7, 120, cache_read=0, cache_write=110, cache_write_1h=100),
    ),
    "writes that are told by how long they are kept alone": (
        {
            "input_tokens": 3,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 100},
            "output_tokens": 7,
        },
        told(113, 7, 120, cache_write=110, cache_write_1h=100),
    ),
    "no cache": (
        {
            "input_tokens": 25,
            "cache_creation_input_tokens": None,
            "cache_read_input_tokens": None,
            "cache_creation": None,
            "output_tokens": 1,
            "service_tier": "standard",
        },
        told(25, 1, 26),
    ),
    "thinking is within the output": (
        {"input_tokens": 25, "output_tokens": 90, "output_tokens_details": {"thinking_tokens": 64}},
        told(25, 90, 115, reasoning=64),
    ),
    "the output alone, as a stream tells it": ({"output_tokens": 15}, told(None, 15, None)),
    "the cache alone": (
        {"cache_read_input_tokens": 7, "output_tokens": 1},
        told(None, 1, None, cache_read=7),
    ),
}
GEMINI: dict[str, tuple[dict[str, Any], Usage]] = {
    "thoughts are beside the candidates": (
        {
            "promptTokenCount": 1000,
            "cachedContentTokenCount": 800,
            "candidatesTokenCount": 40,
            "thoughtsTokenCount": 60,
            "totalTokenCount": 1100,
        },
        told(1000, 100, 1100, cache_read=800, reasoning=60),
    ),
    "the tools' own prompts are beside the prompt": (
        {
            "promptTokenCount": 100,
            "toolUsePromptTokenCount": 20,
            "candidatesTokenCount": 5,
            "totalTokenCount": 125,
        },
        told(120, 5, 125),
    ),
    "a zero is left out, and the total tells that it was one": (
        {"promptTokenCount": 100, "totalTokenCount": 100},
        told(100, 0, 100),
    ),
    "thoughts alone": (
        {"promptTokenCount": 100, "thoughtsTokenCount": 9, "totalTokenCount": 109},
        told(100, 9, 109, reasoning=9),
    ),
    "no total": ({"promptTokenCount": 100}, told(100, None, None)),
    "a total that is too small": ({"promptTokenCount": 100, "totalTokenCount": 90}, told(100, None, 90)),
}
OLLAMA: dict[str, tuple[dict[str, Any], Usage]] = {
    "the total is the sum of both": ({"prompt_eval_count": 210, "eval_count": 41}, told(210, 41, 251)),
    "no count of the prompt": ({"eval_count": 41}, told(None, 41, None)),
}
CASES = {
    f"{map_usage.__name__}: {name}": (map_usage, *case)
    for map_usage, cases in (
        (usage.openai_responses, RESPONSES),
        (usage.openai_chat_completions, CHAT),
        (usage.anthropic_messages, ANTHROPIC),
        (usage.gemini_generate_content, GEMINI),
        (usage.ollama, OLLAMA),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize(("map_usage", "given", "expected"), CASES.values(), ids=CASES.keys())
def test_usage_is_mapped(map_usage: Callable[[usage.Counts], Usage], given: dict[str, Any], expected: Usage) -> None:
    assert map_usage(usage.Counts(given)) == expected


@pytest.mark.parametrize(("map_usage", "given", "expected"), CASES.values(), ids=CASES.keys())
def test_the_parts_are_within_the_sums(
    map_usage: Callable[[usage.Counts], Usage], given: dict[str, Any], expected: Usage
) -> None:
    found = map_usage(usage.Counts(given))
    if found.input is not None:
        assert (found.cache_read or 0) + (found.cache_write or 0) <= found.input
        assert (found.cache_write_1h or 0) <= (found.cache_write or 0)
    if found.output is not None:
        assert (found.reasoning or 0) <= found.output


@pytest.mark.parametrize("map_usage", dict.fromkeys(case[0] for case in CASES.values()), ids=lambda one: one.__name__)
def test_what_is_not_told_is_not_known(map_usage: Callable[[usage.Counts], Usage]) -> None:
    assert map_usage(usage.Counts({})) == told(None, None, None)


LEFT: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "all was read": (usage.openai_responses, {"input_tokens": 5, "input_tokens_details": {"cached_tokens": 2}}, {}),
    "a name that is known elsewhere": (
        usage.openai_responses,
        {"input_tokens": 5, "cached_tokens": 3, "input_tokens_details": {"input_tokens": 4}},
        {"cached_tokens": 3, "input_tokens_details": {"input_tokens": 4}},
    ),
    "what is no number": (usage.anthropic_messages, {"input_tokens": "5"}, {"input_tokens": "5"}),
    "another provider's name for the same number": (
        usage.openai_chat_completions,
        {"prompt_tokens_details": {"cached_tokens": 7}, "prompt_cache_hit_tokens": 7},
        {},
    ),
    "another provider's name for another number": (
        usage.openai_chat_completions,
        {"prompt_tokens_details": {"cached_tokens": 7}, "prompt_cache_hit_tokens": 8},
        {"prompt_cache_hit_tokens": 8},
    ),
    "a part of a sum": (usage.gemini_generate_content, {"toolUsePromptTokenCount": 4}, {"toolUsePromptTokenCount": 4}),
    "zeros and what is empty": (usage.ollama, {"a": 0, "b": {}, "c": {"d": None}}, {}),
}


@pytest.mark.parametrize(("map_usage", "given", "left"), LEFT.values(), ids=LEFT.keys())
def test_what_was_not_read_is_left(
    map_usage: Callable[[usage.Counts], Usage], given: dict[str, Any], left: dict[str, Any]
) -> None:
    counts = usage.Counts(given)
    map_usage(counts)
    assert counts.left() == left
