"""The items of a request, and what it asks for."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import Asked, Layout
from probe.renderers.json_reader import Json

LAYOUT = Layout(
    messages=("messages",),
    tools=("tools", "functions"),
    settings=frozenset(
        {
            *("audio", "frequency_penalty", "function_call", "logit_bias", "logprobs", "max_completion_tokens"),
            *("max_tokens", "metadata", "modalities", "model", "moderation", "n", "parallel_tool_calls", "prediction"),
            *("presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
            *("reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store"),
            *("stream", "stream_options", "temperature", "tool_choice", "top_logprobs", "top_p", "user", "verbosity"),
            "web_search_options",
            # Azure; OpenRouter; xAI; then Qwen, vLLM, DeepSeek and other servers.
            "data_sources",
            *("models", "plugins", "preset", "provider", "reasoning", "route", "session_id", "transforms", "usage"),
            "search_parameters",
            *("cache_control", "chat_template_kwargs", "enable_thinking", "include_reasoning", "min_p", "random_seed"),
            *("reasoning_format", "reasoning_split", "repetition_penalty", "safe_prompt", "thinking"),
            *("thinking_budget", "tool_stream", "top_a", "top_k"),
        }
    ),
)


def asked(path: str, body: Json) -> Asked:
    """Return what a call asks for."""
    model = body.get("model")
    limits = (body.get(name) for name in ("max_completion_tokens", "max_tokens"))
    return Asked(
        model=model if isinstance(model, str) else None,
        most_output=next((limit for limit in limits if type(limit) is int), None),
        schema_fields=_schema_fields(body.get("response_format")),
    )


def _schema_fields(wanted: Any) -> tuple[str, ...] | None:
    match wanted:
        case {"type": "json_schema", "json_schema": {"schema": {"properties": dict(properties)}}}:
            return tuple(properties)
        case {"type": "json_schema" | "json_object"}:
            return ()
    return None
