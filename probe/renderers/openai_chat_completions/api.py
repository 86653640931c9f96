"""The Chat Completions API as the contract of renderers asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api, Asked, ItemField, Kind, StreamReader
from probe.renderers.blocks import Block
from probe.renderers.errors import error_blocks
from probe.renderers.json_reader import Json
from probe.renderers.openai_chat_completions import answer, canonical, items, merging, replay, request, stream, tools


class OpenAIChatCompletions(Api):
    """One POST for each call, with all messages in it; the answer is one object or a stream of chunks."""

    name = "openai_chat_completions"

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model."""
        return method == "POST" and path.rstrip("/").endswith("/chat/completions")

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return settings, messages and tools."""
        return request.LAYOUT.items(body) if "messages" in body.members else None

    def asked(self, path: str, body: Json) -> Asked:
        """Return what a call asks for."""
        return request.asked(body)

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        """Yield the blocks of one item."""
        if kind is Kind.MESSAGE:
            return [items.message(value)]
        return tools.tool_blocks(value) if kind is Kind.TOOL else request.LAYOUT.setting_blocks(name, value)

    def canonical(self, kind: Kind, value: Any) -> Any:
        """Return an item without what moves from call to call."""
        return canonical.canonical(kind, value)

    def stream(self) -> StreamReader:
        """Return a new reader of a streamed answer."""
        return stream.ChatStream()

    def merge_key(self, event: dict[str, Any]) -> tuple[Any, str] | None:
        """Return what is equal in chunks that carry consecutive pieces of one text, and this chunk's piece."""
        return merging.merge_key(event)

    def with_text(self, event: dict[str, Any], text: str) -> dict[str, Any]:
        """Return a chunk with another piece of text."""
        return merging.with_text(event, text)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is, an error included."""
        return answer.whole_answer(body, status)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Yield the blocks of an error; what else answers no call is none of this API's."""
        return error_blocks(body, status) or None

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it."""
        return replay.error_answer(status, message)

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call."""
        return None if self.is_call(method, path) else replay.side_answer(path)
