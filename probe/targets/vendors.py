"""Whose a variable is: what is meant for one vendor must never be handed to another."""

from __future__ import annotations

_VENDORS = {
    "anthropic": ("ANTHROPIC", "CLAUDE"),
    "aws": ("AWS", "BEDROCK"),
    "azure": ("AZURE",),
    "google": ("GEMINI", "GOOGLE", "VERTEX", "CODE_ASSIST"),
    "openai": ("OPENAI", "CODEX", "CHATGPT"),
    **{name: (name.upper(),) for name in ("cohere", "deepseek", "groq", "mistral", "openrouter", "perplexity", "xai")},
}
"""By the words that the names of their variables begin with."""


def vendor_of(variable: str) -> str | None:
    """Return the vendor that a variable is named after; None for other names."""
    # ANTHROPIC_BEDROCK_BASE_URL and AWS_BEARER_TOKEN_BEDROCK are not Anthropic's own.
    if "BEDROCK" in variable.split("_"):
        return "aws"
    named = (vendor for vendor, words in _VENDORS.items() if variable.startswith(tuple(f"{word}_" for word in words)))
    return next(named, None)
