"""The OpenAI Responses API as a renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api
from probe.renderers.blocks import Block
from probe.renderers.deltas import Deltas
from probe.renderers.errors import openai_context_error, openai_error, openai_quota_error
from probe.renderers.json_reader import Json
from probe.renderers.openai_responses import answer, canonical, merging, replay, request, stream


class OpenAIResponses(Api):
    """https://platform.openai.com/docs/api-reference/responses"""

    name = "openai_responses"
    deltas: Deltas | None = merging.READER
    items = staticmethod(request.items)
    asked = staticmethod(request.asked)
    item_blocks = staticmethod(request.item_blocks)
    request_blocks = staticmethod(request.request_blocks)
    canonical = staticmethod(canonical.canonical)
    stream = staticmethod(stream.Reader)
    merge_key = staticmethod(merging.merge_key)
    has_content = staticmethod(merging.has_content)
    error_answer = staticmethod(openai_error)
    error_message = staticmethod(replay.error_message)
    error_event = staticmethod(replay.error_event)
    context_error = staticmethod(openai_context_error)
    quota_error = staticmethod(openai_quota_error)
    warm_up_messages = staticmethod(replay.warm_up_messages)

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model; the path alone decides for a WebSocket's messages."""
        return method == "POST" and path.rstrip("/").endswith("/responses")

    def with_text(self, event: dict[str, Any], text: str) -> dict[str, Any]:
        """Return a delta event with another text."""
        return {**event, "delta": text}

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a JSON body is, or its error."""
        return answer.whole_answer(body, status)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Yield the blocks of an answer to a request that is no call: a stored response, a compaction."""
        found = answer.whole_answer(body, status)
        return None if found is None else found.blocks

    def begins_call(self, message: Json) -> bool:
        """Check whether a client's message is a `response.create`."""
        return bool(message.get("type") == "response.create")

    def lane(self, message: Json) -> str | None:
        """Return the `stream_id` of a message: only a client that wants several answers at once sends one."""
        lane = request.member(message, "stream_id")
        return lane if isinstance(lane, str) else None

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call; None where a model call belongs."""
        return None if self.is_call(method, path) else replay.side_answer(path)
