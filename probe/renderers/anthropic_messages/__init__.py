"""The Anthropic Messages API, with its token counts and batches."""

from __future__ import annotations

from probe.renderers.anthropic_messages.api import AnthropicMessages

API = AnthropicMessages()
