"""The APIs that a new target may name by a word."""

from __future__ import annotations

from typing import NamedTuple


class Api(NamedTuple):
    """What is usual for agents of one API."""

    upstream: str
    base_url: str
    """The variable, and the path behind the address."""
    key: str


APIS = {
    "openai": Api("https://api.openai.com", "OPENAI_BASE_URL/v1", "OPENAI_API_KEY"),
    "anthropic": Api("https://api.anthropic.com", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"),
    "gemini": Api("https://generativelanguage.googleapis.com", "GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY"),
}
