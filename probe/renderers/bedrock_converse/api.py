"""Bedrock's Converse as a renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api, Asked, Item, Kind, StreamReader
from probe.renderers.aws_frames import binary_blocks, split_frames
from probe.renderers.bedrock_converse import request
from probe.renderers.bedrock_converse.answer import whole_answer
from probe.renderers.bedrock_converse.stream import Reader, events_of, merge_key, with_text
from probe.renderers.blocks import Block
from probe.renderers.errors import error_blocks
from probe.renderers.events import Stream
from probe.renderers.json_reader import Json

_CALLS = ("/converse", "/converse-stream")


class BedrockConverse(Api):
    """The Converse API."""

    name = "bedrock_converse"
    reads_bytes = True

    def is_call(self, method: str, path: str) -> bool:
        return method == "POST" and path.rstrip("/").endswith(_CALLS)

    def items(self, path: str, body: Json) -> Iterable[Item] | None:
        return request.items(body) if "messages" in body.members else None

    def asked(self, path: str, body: Json) -> Asked:
        return request.asked(path, body)

    def item_blocks(self, kind: Kind, name: str, value: Any) -> Iterable[Block]:
        return request.item_blocks(kind, name, value)

    def canonical(self, kind: Kind, value: Any) -> Any:
        return request.canonical(kind, value)

    def stream(self) -> StreamReader:
        return Reader()

    def merge_key(self, event: dict[str, Any]) -> tuple[Any, str] | None:
        return merge_key(event)

    def with_text(self, event: dict[str, Any], text: str) -> dict[str, Any]:
        return with_text(event, text)

    def split(self, path: str, body: str | bytes | Json) -> Stream | None:
        return None if isinstance(body, Json) else split_frames(body, events_of)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        if found := whole_answer(body):
            return found
        errors = error_blocks(body, status)
        return Answer(after=tuple(errors)) if errors else None

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        if isinstance(body, bytes):
            return binary_blocks(body)
        answer = self.answer(path, body, status)
        return answer.blocks if answer else None

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        return {"message": message}
