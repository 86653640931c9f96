"""The Anthropic Messages API as a renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.anthropic_messages import merging, replay, request
from probe.renderers.anthropic_messages.answer import message_answer
from probe.renderers.anthropic_messages.batches import response_blocks
from probe.renderers.anthropic_messages.canonical import canonical
from probe.renderers.anthropic_messages.stream import Reader
from probe.renderers.api import Answer, Api, Asked, ItemField, Kind, StreamReader
from probe.renderers.blocks import Block
from probe.renderers.deltas import Deltas
from probe.renderers.errors import error_blocks
from probe.renderers.json_reader import Json


class AnthropicMessages(Api):
    """The Messages API, at its own addresses and at those of Vertex AI."""

    name = "anthropic_messages"
    deltas: Deltas | None = merging.DELTAS

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model, by its address."""
        return request.is_call(method, path)

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return the items of a call's body; None when it is no call's."""
        # Other APIs post single messages to paths that end alike.
        return request.LAYOUT.items(body) if "messages" in body.members and not request.is_count(path) else None

    def asked(self, path: str, body: Json) -> Asked:
        """Return what a call asks for."""
        return request.asked(body)

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        """Yield the blocks of one item."""
        return request.item_blocks(kind, name, value)

    def canonical(self, kind: Kind, value: Any) -> Any:
        """Return an item as it is compared with items of other requests."""
        return canonical(kind, value)

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        """Return the blocks of a body that is no call's; None when it is none of this API's."""
        return request.request_blocks(body)

    def stream(self) -> StreamReader:
        """Return a new reader of a streamed answer."""
        return Reader()

    # Called for each event: without a function of its own.
    merge_key = staticmethod(merging.merge_key)
    with_text = staticmethod(merging.with_text)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is; None when it is none of this API's."""
        if found := message_answer(body):
            return found
        errors = error_blocks(body, status)
        return Answer(after=tuple(errors)) if errors else None

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Return the blocks of a body that answers no call; None when it is none of this API's."""
        found = response_blocks(body)
        if found is None and (answer := self.answer(path, body, status)):
            found = answer.blocks
        return found

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it."""
        return replay.error_answer(status, message)

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call; None where a model call belongs."""
        return replay.side_answer(method, path)
