"""Ollama's API as the contract of renderers asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api, ItemField
from probe.renderers.blocks import Block
from probe.renderers.json_reader import Json
from probe.renderers.ollama import answer, canonical, merging, request, splitting, stream

_CALLS = ("/api/chat", "/api/generate")


class Ollama(Api):
    """One POST for each call; the answer is one object, or a stream of objects, one a line."""

    name = "ollama"
    streams_by_default = True
    asked = staticmethod(request.asked)
    item_blocks = staticmethod(request.item_blocks)
    canonical = staticmethod(canonical.canonical)
    split = staticmethod(splitting.split)
    stream = staticmethod(stream.OllamaStream)
    merge_key = staticmethod(merging.merge_key)
    with_text = staticmethod(merging.with_text)

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model."""
        return method == "POST" and path.rstrip("/").endswith(_CALLS)

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return settings, the system prompt, messages and tools; others use these paths too, without a model."""
        return request.items(body) if "model" in body.members else None

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is, an error included."""
        return answer.whole_answer(body, status)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Yield the blocks of an error; what else answers no call is none of this API's."""
        return answer.errors_in(body, status) or None

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it."""
        return {"error": message}

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call."""
        listed: Any = {"models": []} if path.rstrip("/").endswith(("/api/tags", "/api/ps")) else {}
        return None if self.is_call(method, path) else listed
