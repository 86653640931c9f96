"""Bedrock's Converse as a renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Answer, Api, ItemField
from probe.renderers.aws_frames import binary_blocks, split_frames
from probe.renderers.bedrock_converse import merging, request
from probe.renderers.bedrock_converse.answer import whole_answer
from probe.renderers.bedrock_converse.stream import Reader, events_of
from probe.renderers.blocks import Block
from probe.renderers.errors import error_blocks
from probe.renderers.events import Stream
from probe.renderers.json_reader import Json

_CALLS = ("/converse", "/converse-stream")


class BedrockConverse(Api):
    """The Converse API."""

    name = "bedrock_converse"
    reads_bytes = True
    asked = staticmethod(request.asked)
    item_blocks = staticmethod(request.item_blocks)
    canonical = staticmethod(request.canonical)
    stream = staticmethod(Reader)
    merge_key = staticmethod(merging.merge_key)
    with_text = staticmethod(merging.with_text)
    has_content = staticmethod(merging.has_content)

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model, by its address."""
        return method == "POST" and path.rstrip("/").endswith(_CALLS)

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        """Return the items of a call's body; None when it is no call's."""
        return request.items(body) if "messages" in body.members else None

    def split(self, path: str, body: str | bytes | Json) -> Stream | None:
        """Return the events of a body; None where it is no stream."""
        return None if isinstance(body, Json) else split_frames(body, events_of)

    def answer(self, path: str, body: Any, status: int | None) -> Answer | None:
        """Return the answer that a whole body is; None when it is none of this API's."""
        if found := whole_answer(body):
            return found
        errors = error_blocks(body, status)
        return Answer(after=tuple(errors)) if errors else None

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Return the blocks of a body that answers no call; None when it is none of this API's."""
        if isinstance(body, bytes):
            return binary_blocks(body)
        answer = self.answer(path, body, status)
        return answer.blocks if answer else None

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it."""
        return {"message": message}

    def error_event(self, status: int, message: str) -> tuple[str, Any]:
        """Return the exception with which a stream fails."""
        return "throttlingException" if status == 429 else "internalServerException", {"message": message}
