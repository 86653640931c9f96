"""The renderer of bodies whose API is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.renderers.api import Api
from probe.renderers.blocks import Block
from probe.renderers.generic.bodies import request_blocks, response_blocks
from probe.renderers.generic.stream import Reader


class Generic(Api):
    """Shows whatever it is given; it knows no calls of a model."""

    name = "generic"
    every_post = True
    stream = staticmethod(Reader)

    def request_blocks(self, path: str, body: Any) -> Iterable[Block]:
        """Return the blocks of a body that is no call's; None when it is none of this API's."""
        return request_blocks(body)

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block]:
        """Return the blocks of a body that answers no call; None when it is none of this API's."""
        return response_blocks(body)
