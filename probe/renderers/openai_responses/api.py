"""The OpenAI Responses API as a renderer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from probe.renderers.api import Answer, Api, Asked, ItemField, Kind
from probe.renderers.blocks import Block
from probe.renderers.deltas import Deltas
from probe.renderers.json_reader import Json
from probe.renderers.openai_responses import answer, canonical, merging, replay, request, stream


class OpenAIResponses(Api):
    """https://platform.openai.com/docs/api-reference/responses"""

    name = "openai_responses"
    deltas: Deltas | None = merging.READER

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model; the path alone decides for a WebSocket's messages."""
        return method == "POST" and path.rstrip("/").endswith("/responses")

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return settings, instructions, input items and tools."""
        return request.items(body)

    def asked(self, path: str, body: Json) -> Asked:
        """Return what a call asks for."""
        return request.asked(body)

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        """Yield the blocks of one item."""
        return request.item_blocks(kind, name, value)

    def canonical(self, kind: Kind, value: Any) -> Any:
        """Return an item without what differs between an answer and the input that repeats it."""
        return canonical.canonical(value) if kind is Kind.MESSAGE else value

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        """Yield the blocks of a request with the fields of a call that is none: a compaction, a steering message."""
        return request.request_blocks(body)

    def stream(self) -> stream.Reader:
        """Return a reader of a streamed answer, or of the messages of a WebSocket turn."""
        return stream.Reader()

    # Called for each event: without a function of its own.
    merge_key = staticmethod(merging.merge_key)

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

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it in an HTTP answer."""
        return replay.error_answer(status, message)

    def error_message(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it in a WebSocket message."""
        return replay.error_message(status, message)

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call; None where a model call belongs."""
        return None if self.is_call(method, path) else replay.side_answer(path)

    def warm_up_messages(self) -> Sequence[str]:
        """Return the shortest answer to a warm-up."""
        return replay.warm_up_messages()
