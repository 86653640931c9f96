"""What a content block is rendered with, and the fields that only the API can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from probe.renderers.blocks import Block, Encrypted
from probe.renderers.fields import Fields


class Context(NamedTuple):
    """Where a content block is."""

    content_blocks: Callable[[Any, str | None], Iterator[Block]]
    """Renders content within the block; a label goes over its texts."""
    label: str | None = None
    finished: bool = True
    """False when the stream ended before the block did."""


RenderPart = Callable[[Fields, Context], Iterator[Block]]
"""Yields one kind of content block; what it leaves is unknown, or a cache breakpoint."""


def encrypted(part: Fields, *names: str) -> Iterator[Block]:
    """Take fields that only the API can read, and yield how long they are."""
    for name in names:
        if text := part.text(name):
            yield Encrypted(what=name, characters=len(text))
