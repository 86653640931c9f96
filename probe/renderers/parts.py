"""Tell what the messages of every API have: media, and fields that nothing else tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from probe.renderers.blocks import Block, Image, Settings, Text


def rest(fields: dict[str, Any], *used: str) -> Iterator[Block]:
    """Tell the fields that nothing else tells, so that none is dropped; empty ones say nothing."""
    told = ((name, value) for name, value in fields.items() if name not in used)
    pairs = tuple((name, value) for name, value in told if value not in (None, []))
    if pairs:
        yield Settings(pairs=pairs)


def counts_left(usage: dict[str, Any], *used: str) -> Iterator[Block]:
    """Tell the counts of a usage, at any depth, that the one model of usage has no place for; zeros say nothing."""
    yield from rest(_left(usage, used))


def _left(usage: dict[str, Any], used: tuple[str, ...]) -> dict[str, Any]:
    nested = {name: _left(value, used) if isinstance(value, dict) else value for name, value in usage.items()}
    return {name: value for name, value in nested.items() if name not in used and value not in (None, 0, {}, [])}


def media(kind: str, data: str, source: str | None = None) -> Image:
    """Tell bytes given as a data URL or base64, or a URL that refers to them."""
    head, comma, encoded = data.partition(",")
    if data.startswith("data:") and comma:
        kind_of_data = head[5:].split(";")[0]
        return Image(kind=kind, media_type=kind_of_data, size=_decoded(encoded), source=source)
    if "://" in data[:40]:
        return Image(kind=kind, source=data)
    return Image(kind=kind, size=_decoded(data), source=source)


def _decoded(encoded: str) -> int:
    """Give how many bytes a base64 text stands for."""
    return len(encoded) * 3 // 4 - encoded[-2:].count("=")


def each_part(
    content: Any, tell: Callable[[Any, str | None], Iterator[Block]], label: str | None = None
) -> Iterator[Block]:
    """Tell a message's content, a string or a list of parts; `label` stands over its texts, `tell` tells a part."""
    match content:
        case None:
            return
        case str():
            yield Text(text=content, label=label)
        case list():
            for part in content:
                yield from tell(part, label)
        case _:
            yield from tell(content, label)
