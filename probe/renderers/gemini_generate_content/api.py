"""The Gemini API as the contract of renderers asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api, ItemField, Kind
from probe.renderers.blocks import Block
from probe.renderers.gemini_generate_content import (
    answer,
    canonical,
    content,
    replay,
    request,
    splitting,
    stream,
    tools,
)
from probe.renderers.json_reader import Json


class GeminiGenerateContent(Api):
    """One POST for each call; its path names the model, and the answer is one object, a stream or an array."""

    name = "gemini_generate_content"
    asked = staticmethod(request.asked)
    canonical = staticmethod(canonical.canonical)
    split = staticmethod(splitting.split)
    has_content = staticmethod(stream.has_content)
    stream = staticmethod(stream.GeminiStream)
    error_answer = staticmethod(replay.error_answer)
    context_error = staticmethod(replay.context_error)

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model."""
        return method == "POST" and path.rstrip("/").endswith((":generateContent", ":streamGenerateContent"))

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return settings, the system instruction, contents and tools, also those that Code Assist wraps."""
        return request.items(body)

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        """Yield the blocks of one item."""
        match kind:
            case Kind.MESSAGE:
                return [content.message(value)]
            case Kind.TOOL:
                return tools.tool_blocks(value)
            case Kind.INSTRUCTIONS:
                return request.instructions(value)
            case Kind.SETTING:
                return request.setting_blocks(name, value)

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        """Yield the blocks of another call with contents, such as countTokens."""
        return request.request_blocks(self, path, body)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is, an error included."""
        return answer.whole_answer(body, status)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Yield the blocks of counted tokens, or of an error."""
        return answer.response_blocks(body, status)

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call."""
        return None if self.is_call(method, path) else replay.side_answer(path)
