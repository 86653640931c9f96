"""The Chat Completions API as the contract of renderers asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api, ItemField, Kind
from probe.renderers.blocks import Block
from probe.renderers.errors import error_blocks, openai_context_error, openai_error, openai_quota_error
from probe.renderers.json_reader import Json
from probe.renderers.openai_chat_completions import answer, canonical, items, merging, request, stream, tools


class OpenAIChatCompletions(Api):
    """One POST for each call, with all messages in it; the answer is one object or a stream of chunks."""

    name = "openai_chat_completions"
    asked = staticmethod(request.asked)
    canonical = staticmethod(canonical.canonical)
    stream = staticmethod(stream.ChatStream)
    merge_key = staticmethod(merging.merge_key)
    with_text = staticmethod(merging.with_text)
    has_content = staticmethod(merging.has_content)
    error_answer = staticmethod(openai_error)
    context_error = staticmethod(openai_context_error)
    quota_error = staticmethod(openai_quota_error)

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model."""
        return method == "POST" and path.rstrip("/").endswith("/chat/completions")

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return settings, messages and tools."""
        return request.LAYOUT.items(body) if "messages" in body.members else None

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        """Yield the blocks of one item."""
        if kind is Kind.MESSAGE:
            return [items.message(value)]
        return tools.tool_blocks(value) if kind is Kind.TOOL else request.LAYOUT.setting_blocks(name, value)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is, an error included."""
        return answer.whole_answer(body, status)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Yield the blocks of an error; what else answers no call is none of this API's."""
        return error_blocks(body, status) or None

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call."""
        listed: Any = {"object": "list", "data": []} if path.rstrip("/").endswith("/models") else {}
        return None if self.is_call(method, path) else listed
