"""Render the OpenAI Responses API, over HTTP and over WebSocket."""

from __future__ import annotations

from probe.renderers.openai_responses.api import OpenAIResponses

API = OpenAIResponses()
