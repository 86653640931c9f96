"""The OpenAI Chat Completions API, and what the many servers that speak it add to it."""

from __future__ import annotations

from probe.renderers.openai_chat_completions.api import OpenAIChatCompletions

API = OpenAIChatCompletions()
