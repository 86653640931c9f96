"""The Gemini API's generateContent, as Google AI, Vertex and Code Assist speak it."""

from __future__ import annotations

from probe.renderers.gemini_generate_content.api import GeminiGenerateContent

API = GeminiGenerateContent()
