"""Which provider a call goes to, by the conventions' names of providers."""

from __future__ import annotations

from urllib.parse import urlsplit

from probe.exports import gen_ai_names as names

_HOSTS = {
    "api.openai.com": "openai",
    "chatgpt.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "api.anthropic.com": "anthropic",
    "amazonaws.com": "aws.bedrock",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "googleapis.com": "gcp.gemini",
    "api.x.ai": "x_ai",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.perplexity.ai": "perplexity",
    "api.cohere.com": "cohere",
}
"""By the end of the host's name; the longer before the shorter."""
_APIS = {
    "anthropic_messages": "anthropic",
    "bedrock_converse": "aws.bedrock",
    "bedrock_invoke": "aws.bedrock",
    "gemini_generate_content": "gcp.gemini",
    "ollama": "ollama",
    "openai_chat_completions": "openai",
    "openai_responses": "openai",
}
"""Whose form of telemetry fits an API, where the host says nothing: a gateway, a local model."""


def provider_of(origin: str, api: str) -> str:
    """Return the provider by its host, else by the API; the API's own name where nobody is known for it."""
    host = host_of(origin)[0] or ""
    for end, provider in _HOSTS.items():
        # Vertex' hosts begin with a region and a dash.
        if host == end or host.endswith(("." + end, "-" + end)):
            return provider
    return _APIS.get(api, api)


def operation_of(api: str) -> str:
    """Return the conventions' word for a call of an API."""
    return names.GENERATE_CONTENT if api == "gemini_generate_content" else names.CHAT


def host_of(origin: str) -> tuple[str | None, int | None]:
    """Return host and port of a URL; None where it names none."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(parts.scheme)
        return parts.hostname, port
    except ValueError:
        return None, None
