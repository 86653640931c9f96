"""Bedrock's InvokeModel as a renderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from probe.renderers.anthropic_messages.api import AnthropicMessages
from probe.renderers.api import Asked, ItemField, Kind
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
    stream = staticmethod(Reader)

    def is_call(self, method: str, path: str) -> bool:
        return method == "POST" and path.rstrip("/").endswith(_CALLS)

    def items(self, path: str, body: Json) -> Iterable[ItemField] | None:
        # Bedrock requires this field for models of Anthropic's; other makers have bodies of their own.
        if "anthropic_version" in body.members:
            return super().items(path, body)
        return [ItemField(Kind.SETTING, name, name, value) for name, value in body.members.items()] or None

    def asked(self, path: str, body: Json) -> Asked:
        return replace(super().asked(path, body), model=model_of(path))

    def request_blocks(self, path: str, body: Any) -> Iterable[Block] | None:
        return None

    def split(self, path: str, body: str | bytes | Json) -> Stream | None:
        if isinstance(body, Json):
            return None
        return split_frames(body, events_of) or super().split(path, body)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block] | None:
        return binary_blocks(body) if isinstance(body, bytes) else super().response_blocks(path, body, status)

    def error_answer(self, status: int, message: str) -> dict[str, Any]:
        return {"message": message}

    def error_event(self, status: int, message: str) -> tuple[str, Any]:
        """Return the exception with which a stream fails."""
        return "throttlingException" if status == 429 else "internalServerException", {"message": message}

    def side_answer(self, method: str, path: str) -> Any | None:
        return None if self.is_call(method, path) else {}
