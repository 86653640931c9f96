"""The Anthropic Messages API as a renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.anthropic_messages import merging, replay, request
from probe.renderers.anthropic_messages.answer import message_answer
from probe.renderers.anthropic_messages.batches import response_blocks
from probe.renderers.anthropic_messages.canonical import canonical
from probe.renderers.anthropic_messages.stream import Reader
from probe.renderers.api import Answer, Api, ItemField
from probe.renderers.blocks import Block
from probe.renderers.deltas import Deltas
from probe.renderers.errors import error_blocks
from probe.renderers.json_reader import Json


class AnthropicMessages(Api):
    """The Messages API, at its own addresses and at those of Vertex AI."""

    name = "anthropic_messages"
    deltas: Deltas | None = merging.DELTAS

    is_call = staticmethod(request.is_call)
    asked = staticmethod(request.asked)
    item_blocks = staticmethod(request.item_blocks)
    canonical = staticmethod(canonical)
    stream = staticmethod(Reader)
    merge_key = staticmethod(merging.merge_key)
    with_text = staticmethod(merging.with_text)
    has_content = staticmethod(merging.has_content)
    error_answer = staticmethod(replay.error_answer)
    error_event = staticmethod(replay.error_event)
    side_answer = staticmethod(replay.side_answer)

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return the items of a call's body; None when it is no call's."""
        # Other APIs post single messages to paths that end alike.
        return request.LAYOUT.items(body) if "messages" in body.members and not request.is_count(path) else None

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is; None when it is none of this API's."""
        if found := message_answer(body):
            return found
        errors = error_blocks(body, status)
        return Answer(after=tuple(errors)) if errors else None

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        """Return the blocks of a body that is no call's; None when it is none of this API's."""
        return request.request_blocks(body)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Return the blocks of a body that answers no call; None when it is none of this API's."""
        found = response_blocks(body)
        if found is None and (answer := self.answer(path, body, status)):
            found = answer.blocks
        return found
