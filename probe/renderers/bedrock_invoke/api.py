"""Bedrock's InvokeModel as a renderer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from probe.renderers.anthropic_messages.api import AnthropicMessages
from probe.renderers.api import Asked, Item, StreamReader
from probe.renderers.aws_frames import binary_blocks, model_of, split_frames
from probe.renderers.bedrock_invoke.stream import Reader, events_of
from probe.renderers.blocks import Block
from probe.renderers.events import Stream
from probe.renderers.json_reader import Json

_CALLS = ("/invoke", "/invoke-with-response-stream")


class BedrockInvoke(AnthropicMessages):
    """Anthropic's Messages API at the addresses of Bedrock."""

    name = "bedrock_invoke"
    reads_bytes = True

    def is_call(self, method: str, path: str) -> bool:
        """Check whether a request calls the model, by its address."""
        return method == "POST" and path.rstrip("/").endswith(_CALLS)

    def items(self, path: str, body: Json) -> Iterable[Item] | None:
        """Return the items of a call's body; None when it is no call's."""
        # Bedrock asks for this field in every request for a model of Anthropic's.
        return super().items(path, body) if "anthropic_version" in body.members else None

    def asked(self, path: str, body: Json) -> Asked:
        """Return what a call asks for."""
        return replace(super().asked(path, body), model=model_of(path))

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        """Return the blocks of a body that is no call's; None when it is none of this API's."""
        return None

    def stream(self) -> StreamReader:
        """Return a new reader of a streamed answer."""
        return Reader()

    def split(self, path: str, body: str | bytes | Json) -> Stream | None:
        """Return the events of a body; None where it is no stream."""
        if isinstance(body, Json):
            return None
        return split_frames(body, events_of) or super().split(path, body)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        """Return the blocks of a body that answers no call; None when it is none of this API's."""
        return binary_blocks(body) if isinstance(body, bytes) else super().response_blocks(path, body, status)

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        """Return an error as the API writes it."""
        return {"message": message}

    def side_answer(self, method: str, path: str) -> Any | None:
        """Return a plausible empty answer to a request that is no model call; None where a model call belongs."""
        return None if self.is_call(method, path) else {}
