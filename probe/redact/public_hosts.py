"""Hosts that everybody uses: the APIs of models. The name of any other upstream says whose it is."""

from __future__ import annotations

_HOSTS = """
openai.com chatgpt.com anthropic.com claude.ai claude.com googleapis.com google.com x.ai mistral.ai
deepseek.com groq.com openrouter.ai cohere.com cohere.ai perplexity.ai together.xyz together.ai fireworks.ai
moonshot.ai moonshot.cn aliyuncs.com z.ai bigmodel.cn huggingface.co github.com githubcopilot.com
githubusercontent.com amazonaws.com cerebras.ai sambanova.ai nvidia.com ollama.com opencode.ai models.dev
kimi.com vercel.sh cursor.sh sourcegraph.com statsig.com sentry.io datadoghq.com
example.com example.org example.net
"""
_PUBLIC = tuple(_HOSTS.split())
_LOOPBACK = ("127.", "localhost", "[::1]", "::1", "0.0.0.0")


def is_public(host: str) -> bool:
    """Check whether a host, without port, is one that everybody uses, or this machine itself."""
    name = host.lower().rstrip(".")
    # AWS names private things below its own name (`vpce-….amazonaws.com`).
    return name.startswith(_LOOPBACK) or (
        "vpce-" not in name and any(name == one or name.endswith(f".{one}") for one in _PUBLIC)
    )
