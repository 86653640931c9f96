"""Ollama's API as the contract of renderers asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api, Asked, ItemField, Kind, StreamReader
from probe.renderers.blocks import Block
from probe.renderers.events import Stream
from probe.renderers.json_reader import Json
from probe.renderers.ollama import answer, canonical, merging, replay, request, splitting, stream

_CALLS = ("/api/chat", "/api/generate")


class Ollama(Api):
    """One POST for each call; the answer is one object, or a stream of objects, one a line."""

    name = "ollama"

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model."""
        return method == "POST" and path.rstrip("/").endswith(_CALLS)

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return settings, the system prompt, messages and tools; others use these paths too, without a model."""
        return request.items(body) if "model" in body.members else None

    def asked(self, path: str, body: Json) -> Asked:
        """Return what a call asks for."""
        return request.asked(body)

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        """Yield the blocks of one item."""
        return request.item_blocks(kind, name, value)

    def canonical(self, kind: Kind, value: Any) -> Any:
        """Return an item without what moves from call to call."""
        return canonical.canonical(value) if kind is Kind.MESSAGE else value

    def stream(self) -> StreamReader:
        """Return a new reader of a streamed answer."""
        return stream.OllamaStream()

    def merge_key(self, event: dict[str, Any]) -> tuple[Any, str] | None:
        """Return what is equal in lines that carry consecutive pieces of one text, and this line's piece."""
        return merging.merge_key(event)

    def with_text(self, event: dict[str, Any], text: str) -> dict[str, Any]:
        """Return a line with another piece of text."""
        return merging.with_text(event, text)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is, an error included."""
        return answer.whole_answer(body, status)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Yield the blocks of an error; what else answers no call is none of this API's."""
        return answer.errors_in(body, status) or None

    def split(self, path: str, body: str | bytes | Json) -> Stream | None:
        """Return the lines of a streamed answer."""
        return splitting.split(body)

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it."""
        return replay.error_answer(message)

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call."""
        return None if self.is_call(method, path) else replay.side_answer(path)
