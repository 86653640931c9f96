"""Ollama's own API: chats and single prompts, answered in lines of JSON.

https://docs.ollama.com/api/generate
"""

from __future__ import annotations

from probe.renderers.ollama.api import Ollama

API = Ollama()
