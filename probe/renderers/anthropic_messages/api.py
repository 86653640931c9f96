"""The Anthropic Messages API as a renderer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from probe.renderers.anthropic_messages import replay, request
from probe.renderers.anthropic_messages.answer import message_answer
from probe.renderers.anthropic_messages.batches import response_blocks
from probe.renderers.anthropic_messages.canonical import canonical
from probe.renderers.anthropic_messages.stream import Reader, merge_key, pieces, with_text
from probe.renderers.api import Answer, Api, Asked, Item, Kind, StreamReader
from probe.renderers.blocks import Block
from probe.renderers.errors import error_blocks
from probe.renderers.json_reader import Json


class AnthropicMessages(Api):
    """The Messages API, at its own addresses and at those of Vertex AI."""

    name = "anthropic_messages"

    def is_call(self, method: str, path: str) -> bool:
        return request.is_call(method, path)

    def items(self, path: str, body: Json) -> Iterable[Item] | None:
        # Other APIs post single messages to paths that end alike.
        return request.LAYOUT.items(body) if "messages" in body.members and not request.is_count(path) else None

    def asked(self, path: str, body: Json) -> Asked:
        return request.asked(body)

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        return request.item_blocks(kind, name, value)

    def canonical(self, kind: Kind, value: Any) -> Any:
        return canonical(kind, value)

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        return request.request_blocks(body)

    def stream(self) -> StreamReader:
        return Reader()

    def merge_key(self, event: dict[str, Any]) -> tuple[Any, str] | None:
        return merge_key(event)

    def pieces(self, events: list[dict[str, Any]]) -> tuple[Sequence[Any], Sequence[str]] | None:
        return pieces(events)

    def with_text(self, event: dict[str, Any], text: str) -> dict[str, Any]:
        return with_text(event, text)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        if found := message_answer(body):
            return found
        errors = error_blocks(body, status)
        return Answer(after=tuple(errors)) if errors else None

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        found = response_blocks(body)
        if found is None and (answer := self.answer(path, body, status)):
            found = answer.blocks
        return found

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        return replay.error_answer(status, message)

    def side_answer(self, method: str, path: str) -> Any | None:
        return replay.side_answer(method, path)
